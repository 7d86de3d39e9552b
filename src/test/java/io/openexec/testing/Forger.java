package io.openexec.testing;

import io.openexec.ledger.Appender;
import io.openexec.ledger.Appender.Appended;
import io.openexec.ledger.Checkpoint;
import io.openexec.ledger.Hashing;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.NoteSigner;
import io.openexec.ledger.Tile;
import io.openexec.ledger.TreeHead;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.Jws;
import io.openexec.receipt.Receipt;
import io.openexec.signature.SigningKey;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Somebody who can write the database, knows how all of it is made, and perhaps has keys. */
public final class Forger {
  private final TestDatabase database;

  public Forger(TestDatabase database) {
    this.database = database;
  }

  public void execute(String... statements) {
    for (String sql : statements) {
      database.execute(sql);
    }
  }

  private void update(String sql, Object... parameters) {
    try (Connection connection = database.connect();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Signs the receipt of a leaf again, after something in what it says was replaced. */
  public void resign(long leaf, SigningKey key, String what, String by) {
    String[] row =
        database
            .rows(
                "SELECT r.jti, r.evidence FROM receipts r JOIN leaves l ON l.jti = r.jti"
                    + " WHERE leaf_index = "
                    + leaf)
            .get(0)
            .split("\\|", -1);
    byte[] payload = Base64.getUrlDecoder().decode(row[1].split("\\.", -1)[1]);
    String changed = new String(payload, StandardCharsets.UTF_8).replace(what, by);
    update(
        "UPDATE receipts SET evidence = ? WHERE jti = ?",
        new Jws.Signer(Receipt.TYPE, key).sign(changed.getBytes(StandardCharsets.UTF_8)),
        row[0]);
  }

  /** Puts a key on record. */
  public void addReceiptKey(SigningKey key) {
    update(
        "INSERT INTO receipt_keys (kid, public_key, first_used_at) VALUES (?, ?, 0)",
        key.verificationKey().thumbprint(),
        base64Url(key.verificationKey().raw()));
  }

  private List<NodeHash> leaves() {
    List<NodeHash> hashes = new ArrayList<>();
    for (String evidence :
        database.rows(
            "SELECT evidence FROM leaves l JOIN receipts r ON r.jti = l.jti ORDER BY leaf_index")) {
      hashes.add(Hashing.leaf(evidence.getBytes(StandardCharsets.US_ASCII)));
    }
    return hashes;
  }

  private static Appended tree(List<NodeHash> leaves) {
    return Appender.append(id -> Optional.empty(), TreeHead.EMPTY, leaves);
  }

  /** Computes the tiles and the ledger's state anew, from the leaves. */
  public void rebuildTree() {
    Appended tree = tree(leaves());
    execute("DELETE FROM tiles");
    for (Tile tile : tree.tiles()) {
      update(
          "INSERT INTO tiles (level, tile_index, hashes) VALUES (?, ?, ?)",
          tile.id().level(),
          tile.id().index(),
          tile.hashes().bytes());
    }
    update(
        "UPDATE ledger SET tree_size = ?, root = ?",
        tree.head().size(),
        tree.head().root().base64());
  }

  /** Signs every checkpoint on record anew, of the leaves as they are; those beyond them go. */
  public void resignCheckpoints(SigningKey key) {
    List<NodeHash> leaves = leaves();
    execute("DELETE FROM checkpoints WHERE tree_size > " + leaves.size());
    for (String size : database.rows("SELECT tree_size FROM checkpoints")) {
      update(
          "UPDATE checkpoints SET note = ? WHERE tree_size = ?",
          checkpoint(leaves.subList(0, Integer.parseInt(size)), key),
          Long.parseLong(size));
    }
  }

  private String checkpoint(List<NodeHash> leaves, SigningKey key) {
    String origin = database.rows("SELECT origin FROM ledger").get(0);
    TreeHead head = leaves.isEmpty() ? TreeHead.EMPTY : tree(leaves).head();
    return new String(
        new NoteSigner(origin, key).sign(new Checkpoint(origin, head).text()).encode(),
        StandardCharsets.UTF_8);
  }

  /** Reserves an execution now that nobody approved, unless these approvals do. */
  public void reserve(
      String nonce, String action, String payload, String approvals, List<String> ids) {
    reserve(Instant.now(), nonce, action, payload, approvals, ids);
  }

  /** As above, at that moment by its record. */
  public void reserve(
      Instant at, String nonce, String action, String payload, String approvals, List<String> ids) {
    String execution = ExecutionId.of(Approver.TENANT, nonce).toString();
    update(
        "INSERT INTO executions (id, tenant, nonce, action, action_hash, payload, state, approvals,"
            + " owner, attempt, created_at, changed_at)"
            + " VALUES (?, ?, ?, ?, ?, ?, 'running', ?, 'o', 1, ?, 0)",
        execution,
        Approver.TENANT,
        CanonicalJson.quoted(nonce),
        action,
        Approver.hash(action, payload),
        payload,
        approvals,
        at.toEpochMilli());
    for (String id : ids) {
      update("INSERT INTO approvals VALUES (?, ?, ?)", Approver.TENANT, id, execution);
    }
  }

  /** Puts the last leaf back into the queue. */
  public void unsequenceTheLast() {
    unsequence(leaves().size() - 1);
  }

  /** Puts a leaf back into the queue; those after it move up. */
  public void unsequence(long leaf) {
    String[] row =
        database
            .rows(
                "SELECT r.jti, r.evidence FROM receipts r JOIN leaves l ON l.jti = r.jti"
                    + " WHERE leaf_index = "
                    + leaf)
            .get(0)
            .split("\\|", -1);
    update("DELETE FROM leaves WHERE jti = ?", row[0]);
    update("UPDATE leaves SET leaf_index = leaf_index - 1 WHERE leaf_index > ?", leaf);
    update(
        "INSERT INTO unsequenced (jti, leaf_hash) VALUES (?, ?)",
        row[0],
        Hashing.leaf(row[1].getBytes(StandardCharsets.US_ASCII)).bytes());
    rebuildTree();
    execute("DELETE FROM checkpoints WHERE tree_size > (SELECT tree_size FROM ledger)");
  }
}
