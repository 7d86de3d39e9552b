package io.openexec.audit;

import io.openexec.audit.Claims.OutcomeRow;
import io.openexec.audit.Snapshot.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the history keeps: of executions that there are, in sequence, and for each outcome that came
 * too late a receipt that says so. Superseded outcomes are checked with their executions.
 */
final class HistoryPass {
  private static final String HISTORY =
      """
      SELECT h.execution_id, h.seq, e.id, h.kind,
        (SELECT COUNT(*) FROM outcome_history o
         WHERE o.execution_id = h.execution_id AND o.seq < h.seq)
      FROM outcome_history h LEFT JOIN executions e ON e.id = h.execution_id
      ORDER BY h.execution_id, h.seq
      """;

  private static final String CONFLICTS =
      "SELECT "
          + ExecutionRow.COLUMNS
          + ", h.state, h.reason, h.result, h.receipt, h.changed_at"
          + " FROM outcome_history h JOIN executions e ON e.id = h.execution_id"
          + " WHERE h.kind = 'conflict' ORDER BY h.execution_id, h.seq";

  // All but the latest one of an execution, and what others supersede.
  private static final String RECEIPTS =
      "SELECT "
          + ReceiptRow.COLUMNS
          + " FROM receipts r LEFT JOIN executions e ON e.id = r.execution_id"
          + " WHERE r.execution_id IS NOT NULL"
          + " AND (e.receipt_id IS NULL OR e.receipt_id <> r.jti)"
          + " AND r.jti NOT IN (SELECT s.prev FROM receipts s WHERE s.prev IS NOT NULL)"
          + " ORDER BY r.execution_id, r.jti";

  private final Snapshot snapshot;
  private final Report report;
  private @Nullable String contradicted;

  HistoryPass(Snapshot snapshot, Report report) {
    this.snapshot = snapshot;
    this.report = report;
  }

  /** An outcome that contradicts what is on record. */
  private record Conflict(ExecutionRow execution, OutcomeRow outcome, long at) {
    String name() {
      return execution.name() + ", conflicting outcome";
    }
  }

  void run() throws SQLException, Misfit {
    snapshot.each(HISTORY, this::row);
    try (Rows conflicts = snapshot.rows(CONFLICTS);
        Rows receipts = snapshot.rows(RECEIPTS)) {
      Conflict conflict = conflict(conflicts.row);
      ReceiptRow receipt = receipt(receipts.row);
      while (conflict != null || receipt != null) {
        String id = conflict == null ? null : conflict.execution.id();
        String of = receipt == null ? null : receipt.execution();
        if (id == null || !id.equals(of)) {
          throw unpaired(conflict, receipt);
        }
        List<Conflict> ofOne = new ArrayList<>();
        for (; conflict != null && conflict.execution.id().equals(id); ) {
          conflict.outcome.checkHash(conflict.name(), id);
          ofOne.add(conflict);
          conflict = conflict(conflicts.row);
        }
        for (; receipt != null && id.equals(receipt.execution()); ) {
          pair(receipt, ofOne);
          receipt = receipt(receipts.row);
        }
        if (!ofOne.isEmpty()) {
          throw unpaired(ofOne.get(0), null);
        }
      }
    }
  }

  private void row(ResultSet row) throws SQLException, Misfit {
    String name = "outcome_history " + Misfit.shown(row.getString(1)) + ", " + row.getLong(2);
    if (row.getString(3) == null) {
      throw new Misfit(name, "an execution", "none of that id");
    }
    Misfit.unlessEqual(name + ": seq", row.getLong(5), row.getLong(2));
    String kind = String.valueOf(row.getString(4));
    if (!kind.equals("superseded") && !kind.equals("conflict")) {
      throw new Misfit(name + ": kind", "superseded or conflict", Misfit.shown(kind));
    }
    // What is contradicted is settled, and stays.
    if (kind.equals("superseded") && row.getString(1).equals(contradicted)) {
      throw new Misfit(name, "no superseded outcome after a conflict", "one");
    }
    contradicted = kind.equals("conflict") ? row.getString(1) : null;
    report.count(kind.equals("conflict") ? "conflicting outcomes" : "superseded outcomes", 1);
  }

  private static @Nullable Conflict conflict(ResultSet row) throws SQLException {
    if (!row.next()) {
      return null;
    }
    int next = ExecutionRow.WIDTH + 1;
    return new Conflict(
        ExecutionRow.of(row),
        new OutcomeRow(
            row.getString(next),
            row.getString(next + 1),
            row.getString(next + 2),
            row.getString(next + 3)),
        row.getLong(next + 4));
  }

  private static @Nullable ReceiptRow receipt(ResultSet row) throws SQLException {
    return row.next() ? ReceiptRow.of(row, 1) : null;
  }

  /** Takes the outcome that a receipt tells of from those that are left. */
  private static void pair(ReceiptRow receipt, List<Conflict> left) throws Misfit {
    Misfit first = null;
    for (Conflict conflict : left) {
      try {
        Claims.check(receipt, receipt.open(), conflict.execution, conflict.outcome);
        // By it the service finds the receipt. RFC 9562, section 5.7: the first 48 bits are the
        // time.
        long issued = UUID.fromString(receipt.jti()).getMostSignificantBits() >>> 16;
        Misfit.unlessEqual(conflict.name() + ": changed_at", issued, conflict.at);
        left.remove(conflict);
        return;
      } catch (Misfit e) {
        first = first == null ? e : first;
      }
    }
    throw first == null ? unpaired(null, receipt) : first;
  }

  private static Misfit unpaired(@Nullable Conflict conflict, @Nullable ReceiptRow receipt) {
    boolean noReceipt =
        receipt == null
            || (conflict != null
                && conflict.execution.id().compareTo(String.valueOf(receipt.execution())) < 0);
    return conflict != null && noReceipt
        ? new Misfit(conflict.name(), "a receipt that tells of it", "none")
        : new Misfit(
            receipt == null ? "outcome_history" : receipt.name(),
            "a conflicting outcome in outcome_history",
            "none");
  }
}
