package io.openexec.audit;

import io.openexec.audit.DatabaseAudit.Log;
import io.openexec.audit.Snapshot.Rows;
import io.openexec.ledger.Hashing;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TreeHead;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.receipt.JwkSet;
import io.openexec.receipt.OpenedReceipt;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The receipts, and the log that they are the leaves of: each is verified once, in its place. */
final class LedgerPass {
  private static final String LEAVES =
      "SELECT l.leaf_index, l.jti, "
          + ReceiptRow.COLUMNS
          + " FROM leaves l LEFT JOIN receipts r ON r.jti = l.jti ORDER BY l.leaf_index";

  private static final String WAITING =
      "SELECT u.jti, u.leaf_hash, "
          + ReceiptRow.COLUMNS
          + ", (SELECT COUNT(*) FROM leaves l WHERE l.jti = u.jti)"
          + " FROM unsequenced u LEFT JOIN receipts r ON r.jti = u.jti ORDER BY u.jti";

  private static final String LOST =
      """
      SELECT r.jti FROM receipts r
      WHERE NOT EXISTS (SELECT 1 FROM leaves l WHERE l.jti = r.jti)
        AND NOT EXISTS (SELECT 1 FROM unsequenced u WHERE u.jti = r.jti)
      ORDER BY r.jti LIMIT 1
      """;

  private static final String CHECKPOINTS =
      "SELECT tree_size, note FROM checkpoints ORDER BY tree_size";

  private static final String TILE = "SELECT hashes FROM tiles WHERE level = ? AND tile_index = ?";

  private static final String TILE_IDS =
      "SELECT level, tile_index FROM tiles ORDER BY level, tile_index";

  private final Snapshot snapshot;
  private final Keys keys;
  private final Report report;
  private final Progress progress;
  private final Unpublished unpublished;
  private long ofExecutions;
  private long unopened;

  LedgerPass(Snapshot snapshot, Keys keys, Report report, Progress progress) {
    this.snapshot = snapshot;
    this.keys = keys;
    this.report = report;
    this.progress = progress;
    this.unpublished = new Unpublished(keys, report);
  }

  /**
   * Runs it.
   *
   * @return how many receipts tell of an execution's outcome that is, or was, on record
   */
  long run(Log log, JwkSet receiptKeys) throws SQLException, Misfit {
    TileCheck tiles = new TileCheck(log.size(), this::tile);
    StreamedTree tree = new StreamedTree(tiles);
    long covered;
    try (Rows checkpoints = snapshot.rows(CHECKPOINTS)) {
      Published published = new Published(checkpoints.row, log);
      KnownHeads known = new KnownHeads(keys, log.key());
      published.pass(tree);
      known.pass(tree);
      snapshot.each(
          LEAVES,
          row -> {
            Instant issued = leaf(row, tree, log, receiptKeys);
            published.pass(tree);
            known.pass(tree);
            unpublished.leaf(issued, published.covered == tree.size());
          });
      Misfit.unlessEqual("ledger: tree_size, by the leaves", tree.size(), log.size());
      Misfit.unlessEqual("ledger: root, by the leaves", tree.root().base64(), log.root());
      published.end(tree.size());
      known.end(tree.size());
      report.count("checkpoints", published.checked);
      report.count("kept checkpoints", known.count());
      covered = published.covered;
    }
    report.count("leaves", tree.size());
    report.count("tiles", tiles.checked());
    noOtherTiles(tree.size());
    waiting(log, receiptKeys);
    unpublished.end(tree.size() - covered);
    if (unopened > 0) {
      report.trust(
          unopened + " denials have nothing that opens them: it was too long to be kept, or wiped");
    }
    return ofExecutions;
  }

  private Instant leaf(ResultSet row, StreamedTree tree, Log log, JwkSet receiptKeys)
      throws SQLException, Misfit {
    Misfit.unlessEqual("leaves: the next leaf_index", tree.size(), row.getLong(1));
    String leaf = "leaf " + tree.size();
    if (tree.size() >= log.size()) {
      throw new Misfit("ledger: tree_size", "more than " + tree.size(), "" + log.size());
    }
    ReceiptRow receipt = ReceiptRow.of(row, 3);
    if (receipt == null) {
      throw new Misfit(
          leaf, "the receipt " + Misfit.shown(row.getString(2)), "no receipt of that id");
    }
    Instant issued = verify(receipt, log, receiptKeys);
    tree.add(hash(receipt));
    progress.at("leaves", tree.size());
    return issued;
  }

  private Instant verify(ReceiptRow row, Log log, JwkSet receiptKeys) throws Misfit {
    OpenedReceipt receipt = row.verify(receiptKeys, log.origin());
    report.count("receipts", 1);
    if (row.execution() != null && !receipt.status().equals(ReceiptRow.CONFLICT)) {
      ofExecutions++;
    }
    // Other receipts have to be opened whole.
    unopened += receipt.concealed() > 0 ? 1 : 0;
    return receipt.issuedAt();
  }

  private static NodeHash hash(ReceiptRow receipt) {
    return Hashing.leaf(receipt.evidence().getBytes(StandardCharsets.UTF_8));
  }

  private byte[] tile(TileId id) throws Misfit {
    try {
      return snapshot
          .find(TILE, row -> row.getBytes(1), id.level(), id.index())
          .orElseThrow(() -> new Misfit(id.path(), "a tile", "none"));
    } catch (SQLException e) {
      throw new Unreadable("the tile " + id + " cannot be read: " + e.getMessage());
    }
  }

  /** Each that the tree has was found; so there is another one if there are more. */
  private void noOtherTiles(long size) throws SQLException, Misfit {
    snapshot.each(
        TILE_IDS,
        row -> {
          int level = row.getInt(1);
          long index = row.getLong(2);
          long hashes = level < 0 || level > TileId.MAX_LEVEL ? 0 : size >> (8 * level);
          if (index < 0 || index * 256 >= hashes) {
            throw new Misfit(
                "tiles", "none beyond " + size + " leaves", "level " + level + ", index " + index);
          }
        });
  }

  private void waiting(Log log, JwkSet receiptKeys) throws SQLException, Misfit {
    snapshot.each(
        WAITING,
        row -> {
          String name = "unsequenced " + Misfit.shown(row.getString(1));
          ReceiptRow receipt = ReceiptRow.of(row, 3);
          if (receipt == null) {
            throw new Misfit(name, "a receipt", "none of that id");
          }
          unpublished.waiting(verify(receipt, log, receiptKeys));
          if (!Arrays.equals(hash(receipt).bytes(), row.getBytes(2))) {
            throw new Misfit(
                name + ": leaf_hash",
                hash(receipt).hex(),
                HexFormat.of().formatHex(row.getBytes(2)));
          }
          Misfit.unlessEqual(name + ": leaves that it is already", 0, row.getLong(8));
          report.count("receipts that wait for the ledger", 1);
        });
    snapshot.each(
        LOST,
        row -> {
          throw new Misfit(
              "receipt " + Misfit.shown(row.getString(1)),
              "a leaf, or one that waits to be",
              "neither");
        });
  }

  /** The checkpoints on record, in the order of their sizes, beside the leaves. */
  private static final class Published {
    private final ResultSet row;
    private final Log log;
    private boolean more;
    private long checked;
    private long covered;

    Published(ResultSet row, Log log) throws SQLException {
      this.row = row;
      this.log = log;
      this.more = row.next();
    }

    void pass(StreamedTree tree) throws SQLException, Misfit {
      while (more && row.getLong(1) <= tree.size()) {
        String name = "checkpoint of size " + row.getLong(1);
        VerifiedCheckpoint stored =
            KnownHeads.open(name, String.valueOf(row.getString(2)), log.key(), List.of());
        // It is served as it stands: what somebody else wrote below it would pass for ours.
        int signatures = stored.note().signatures().size();
        if (signatures != 1) {
          throw new Misfit(name, "one signature, the log's", signatures + " signatures");
        }
        TreeHead head = stored.head();
        Misfit.unlessEqual(name + ": size in its note", row.getLong(1), head.size());
        Misfit.unlessEqual(name + ": size, at its place", tree.size(), head.size());
        Misfit.unlessEqual(name + ": root", tree.root().base64(), head.root().base64());
        covered = head.size();
        checked++;
        more = row.next();
      }
    }

    void end(long size) throws SQLException, Misfit {
      if (more) {
        throw new Misfit(
            "checkpoint of size " + row.getLong(1), "no more than " + size + " leaves", "more");
      }
    }
  }
}
