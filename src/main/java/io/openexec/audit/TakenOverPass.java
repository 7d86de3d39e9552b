package io.openexec.audit;

import io.openexec.receipt.ReceiptHash;
import java.sql.SQLException;

/**
 * What was taken over from OpenExec 0.1.10, which signed nothing: its hashes are recomputed, and
 * that is all that there is.
 */
final class TakenOverPass {
  private static final String ROWS =
      """
      SELECT t.nonce, t.id, t.state, t.reason, t.result, t.receipt, e.id
      FROM taken_over_executions t LEFT JOIN executions e ON e.id = t.id
      ORDER BY t.nonce
      """;

  private final Snapshot snapshot;
  private final Report report;

  TakenOverPass(Snapshot snapshot, Report report) {
    this.snapshot = snapshot;
    this.report = report;
  }

  void run() throws SQLException, Misfit {
    long[] rows = {0};
    snapshot.each(
        ROWS,
        row -> {
          String name = "taken over " + Misfit.shown(row.getString(1));
          String result = row.getString(5);
          // One that cannot be answered keeps the hash over a result that is no longer there.
          if (result != null) {
            Misfit.unlessEqual(
                name + ": receipt hash",
                ReceiptHash.ofText(row.getString(2), result).hex(),
                row.getString(6));
          }
          Misfit.unlessEqual(name + ": an execution of the same id", null, row.getString(7));
          rows[0]++;
        });
    report.count("taken over executions", rows[0]);
    if (rows[0] > 0) {
      report.trust(rows[0] + " executions were taken over from 0.1.10, which signed nothing");
    }
  }
}
