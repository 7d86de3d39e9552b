package io.openexec.audit;

import io.openexec.ledger.SignatureType;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.JwkSet;
import io.openexec.signature.VerificationKey;
import io.openexec.store.DatabaseUrl;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Recomputes what a database has on record: every receipt, the executions and approvals that they
 * speak of, the log that they are the leaves of. It reads one snapshot, in passes that take as much
 * memory for millions of rows as for ten.
 */
public final class DatabaseAudit {
  private static final String LOG = "SELECT origin, public_key, tree_size, root FROM ledger";

  /** What is one by its table's key; an index that is gone keeps nobody from a second one. */
  private static final List<String> UNIQUE =
      List.of(
          "receipts(jti)",
          "leaves(jti)",
          "executions(id)",
          "unsequenced(jti)",
          "checkpoints(tree_size)",
          "approvals(tenant, approval_id)",
          "outcome_history(execution_id, seq)",
          "taken_over_executions(nonce)");

  private final Snapshot snapshot;
  private final Keys keys;
  private final Report report = new Report();
  private final Progress progress;

  private DatabaseAudit(Snapshot snapshot, Keys keys, Progress progress) {
    this.snapshot = snapshot;
    this.keys = keys;
    this.progress = progress;
  }

  /**
   * Whose log it is.
   *
   * @param key verifies its checkpoints
   * @param size by the state on record
   * @param root by the state on record, in base64
   */
  record Log(VerifierKey key, long size, String root) {
    String origin() {
      return key.name();
    }
  }

  /**
   * Audits a database, which a service may be writing.
   *
   * @throws Unreadable if it cannot be read, or is none with evidence
   */
  public static Report of(DatabaseUrl url, Keys keys, Progress progress) {
    try (Snapshot snapshot = Snapshot.open(url)) {
      return new DatabaseAudit(snapshot, keys, progress).run(url instanceof DatabaseUrl.Postgres);
    } catch (SQLException | IOException e) {
      throw new Unreadable("the database " + url.shown() + " cannot be audited: " + e.getMessage());
    }
  }

  private Report run(boolean leases) throws SQLException {
    try {
      Log log = log();
      JwkSet receiptKeys = receiptKeys();
      unique();
      long ofExecutions = new LedgerPass(snapshot, keys, report, progress).run(log, receiptKeys);
      new RecordPass(snapshot, keys, report, progress).run(ofExecutions);
      new HistoryPass(snapshot, report).run();
      new RunningPass(snapshot, report).run(leases);
      new TakenOverPass(snapshot, report).run();
    } catch (Misfit e) {
      report.end(e);
    }
    return report;
  }

  private Log log() throws SQLException, Misfit {
    List<Log> rows = new ArrayList<>();
    snapshot.each(LOG, row -> rows.add(log(row)));
    Misfit.unlessEqual("ledger: rows", 1, rows.size());
    return rows.get(0);
  }

  private Log log(ResultSet row) throws SQLException, Misfit {
    String text = row.getString(2);
    VerifierKey onRecord;
    try {
      onRecord =
          new VerifierKey(
              row.getString(1),
              SignatureType.ED25519,
              VerificationKey.ofRaw(Base64.getUrlDecoder().decode(text)));
    } catch (IllegalArgumentException e) {
      throw new Misfit("ledger: origin and key", "those of a log", String.valueOf(e.getMessage()));
    }
    if (keys.ledger().isPresent()) {
      Misfit.unlessEqual("ledger: key", keys.ledger().get().text(), onRecord.text());
    } else {
      report.trust("the ledger's key is the one on record, " + onRecord);
    }
    return new Log(onRecord, row.getLong(3), row.getString(4));
  }

  private JwkSet receiptKeys() throws SQLException, Misfit {
    List<VerificationKey> onRecord = new ArrayList<>();
    snapshot.each(
        "SELECT kid, public_key FROM receipt_keys ORDER BY kid", row -> onRecord.add(key(row)));
    report.count("receipt keys", onRecord.size());
    Optional<JwkSet> given = keys.receipts();
    if (given.isEmpty()) {
      report.trust("the receipt keys are the " + onRecord.size() + " on record");
    }
    for (VerificationKey key : onRecord) {
      if (given.isPresent() && given.get().key(key.thumbprint()).isEmpty()) {
        throw new Misfit(
            "receipt_keys", "none but trusted keys", "another one, " + key.thumbprint());
      }
    }
    // Who trusts more keys than are on record: receipts of those could not be verified by others.
    return JwkSet.of(onRecord);
  }

  private static VerificationKey key(ResultSet row) throws SQLException, Misfit {
    String kid = row.getString(1);
    VerificationKey key;
    try {
      key = VerificationKey.ofRaw(Base64.getUrlDecoder().decode(row.getString(2)));
    } catch (IllegalArgumentException e) {
      throw new Misfit(
          "receipt key " + Misfit.shown(kid), "an Ed25519 key", String.valueOf(e.getMessage()));
    }
    Misfit.unlessEqual("receipt_keys: kid", key.thumbprint(), kid);
    return key;
  }

  private void unique() throws SQLException, Misfit {
    for (String key : UNIQUE) {
      String table = key.substring(0, key.indexOf('('));
      String columns = key.substring(key.indexOf('(') + 1, key.length() - 1);
      snapshot.each(
          "SELECT "
              + columns
              + ", COUNT(*) FROM "
              + table
              + " GROUP BY "
              + columns
              + " HAVING COUNT(*) > 1 LIMIT 1",
          row -> {
            throw new Misfit(key, "each once", Misfit.shown(row.getString(1)) + " several times");
          });
    }
  }
}
