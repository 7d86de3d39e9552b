package io.openexec.store;

import io.openexec.ledger.NodeHash;
import io.openexec.ledger.Tile;
import io.openexec.ledger.TileHashes;
import io.openexec.ledger.TileRefused;
import io.openexec.ledger.TreeHead;
import io.openexec.store.LedgerReader.Standing;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** The log, on one connection: its state, its queue, its tiles, its checkpoints. */
final class LedgerTable {
  private static final String HEAD = "SELECT tree_size, root FROM ledger WHERE id = 1";

  private static final String ADVANCE =
      "UPDATE ledger SET tree_size = ?, root = ? WHERE id = 1 AND tree_size = ? AND root = ?";

  private static final String QUEUE = "SELECT jti, leaf_hash FROM unsequenced ORDER BY jti LIMIT ?";

  private static final String PUT_TILE =
      """
      INSERT INTO tiles (level, tile_index, hashes) VALUES (?, ?, ?)
      ON CONFLICT (level, tile_index) DO UPDATE SET hashes = excluded.hashes
      """;

  private static final String TILE = "SELECT hashes FROM tiles WHERE level = ? AND tile_index = ?";

  private static final String ADD_CHECKPOINT =
      """
      INSERT INTO checkpoints (tree_size, note, signed_at) VALUES (?, ?, ?)
      ON CONFLICT DO NOTHING
      """;

  private static final String LATEST =
      "SELECT tree_size, note FROM checkpoints ORDER BY tree_size DESC LIMIT 1";

  private static final String STANDING =
      """
      SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM unsequenced LIMIT ?) waiting), tree_size, signed_at
      FROM checkpoints ORDER BY tree_size DESC LIMIT 1
      """;

  private static final String INDEX = "SELECT leaf_index FROM leaves WHERE jti = ?";

  private static final String ENTRIES =
      """
      SELECT receipts.evidence FROM leaves JOIN receipts ON receipts.jti = leaves.jti
      WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index
      """;

  private final PreparedStatements statements;
  private final Dialect dialect;

  LedgerTable(PreparedStatements statements, Dialect dialect) {
    this.statements = statements;
    this.dialect = dialect;
  }

  /** A receipt that is not in the log yet. */
  record Waiting(UUID receipt, NodeHash leaf) {}

  /** A checkpoint as it was signed. */
  record Published(long size, String note) {}

  TreeHead head() throws SQLException {
    return head(HEAD).orElseThrow(() -> new SQLException("the ledger's row is gone"));
  }

  /**
   * Compares and sets the state.
   *
   * @return whether it was {@code from}, and nobody else is about to change it
   */
  boolean advance(TreeHead from, TreeHead to) throws SQLException {
    // Never waits: whoever holds the row may be paused, and this transaction is shared.
    if (head(HEAD + dialect.skippingLocked()).isEmpty()) {
      return false;
    }
    PreparedStatement update = statements.get(ADVANCE);
    update.setLong(1, to.size());
    update.setString(2, to.root().base64());
    update.setLong(3, from.size());
    update.setString(4, from.root().base64());
    return update.executeUpdate() == 1;
  }

  private Optional<TreeHead> head(String sql) throws SQLException {
    try (ResultSet row = statements.get(sql).executeQuery()) {
      return row.next()
          ? Optional.of(new TreeHead(row.getLong(1), NodeHash.parseBase64(row.getString(2))))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new SQLException("the ledger's state on record is none", e);
    }
  }

  /** Returns the first of those that wait. */
  List<Waiting> queue(int atMost) throws SQLException {
    PreparedStatement select = statements.get(QUEUE);
    select.setInt(1, atMost);
    List<Waiting> queue = new ArrayList<>();
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        queue.add(new Waiting(UUID.fromString(row.getString(1)), NodeHash.of(row.getBytes(2))));
      }
    }
    return queue;
  }

  /**
   * Makes leaves of those that wait, in this order.
   *
   * @param first the index of the first
   */
  void sequence(long first, List<Waiting> waiting) throws SQLException {
    StringBuilder ids = new StringBuilder("[");
    for (Waiting one : waiting) {
      ids.append(ids.length() > 1 ? "," : "").append('"').append(one.receipt()).append('"');
    }
    String array = ids.append(']').toString();
    PreparedStatement delete = statements.get(dialect.dequeue());
    delete.setString(1, array);
    requireAll(delete.executeUpdate(), waiting.size());
    PreparedStatement insert = statements.get(dialect.addLeaves());
    insert.setLong(1, first);
    insert.setString(2, array);
    requireAll(insert.executeUpdate(), waiting.size());
  }

  private static void requireAll(int changed, int expected) throws SQLException {
    if (changed != expected) {
      throw new SQLException(changed + " receipts were sequenced instead of " + expected);
    }
  }

  void put(List<Tile> tiles) throws SQLException {
    PreparedStatement upsert = statements.get(PUT_TILE);
    for (Tile tile : tiles) {
      upsert.setInt(1, tile.id().level());
      upsert.setLong(2, tile.id().index());
      upsert.setBytes(3, tile.hashes().bytes());
      upsert.addBatch();
    }
    PreparedStatements.executeBatch(upsert);
  }

  Optional<TileHashes> tile(int level, long index) throws SQLException {
    PreparedStatement select = statements.get(TILE);
    select.setInt(1, level);
    select.setLong(2, index);
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(TileHashes.parse(row.getBytes(1))) : Optional.empty();
    } catch (TileRefused e) {
      throw new SQLException("a tile on record is none", e);
    }
  }

  /** Adds a checkpoint; one of the same size is the same, for it is signed deterministically. */
  void add(Published checkpoint, long now) throws SQLException {
    PreparedStatement insert = statements.get(ADD_CHECKPOINT);
    insert.setLong(1, checkpoint.size());
    insert.setString(2, checkpoint.note());
    insert.setLong(3, now);
    insert.executeUpdate();
  }

  Optional<Published> latest() throws SQLException {
    try (ResultSet row = statements.get(LATEST).executeQuery()) {
      return row.next()
          ? Optional.of(new Published(row.getLong(1), row.getString(2)))
          : Optional.empty();
    }
  }

  /**
   * Returns how far the log is, if it has a checkpoint.
   *
   * @param atMost how many of those that wait are counted
   */
  Optional<Standing> standing(int atMost) throws SQLException {
    PreparedStatement select = statements.get(STANDING);
    select.setInt(1, atMost);
    try (ResultSet row = select.executeQuery()) {
      return row.next()
          ? Optional.of(
              new Standing(row.getLong(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3))))
          : Optional.empty();
    }
  }

  /** Returns which leaf a receipt is. */
  OptionalLong index(UUID receipt) throws SQLException {
    PreparedStatement select = statements.get(INDEX);
    select.setString(1, receipt.toString());
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
    }
  }

  /** Returns the data of leaves, in order. */
  List<byte[]> entries(long first, int count) throws SQLException {
    PreparedStatement select = statements.get(ENTRIES);
    select.setLong(1, first);
    select.setLong(2, first + count);
    List<byte[]> entries = new ArrayList<>(count);
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        entries.add(row.getString(1).getBytes(StandardCharsets.US_ASCII));
      }
    }
    return entries;
  }
}
