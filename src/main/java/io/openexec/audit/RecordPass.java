package io.openexec.audit;

import io.openexec.audit.Claims.OutcomeRow;
import io.openexec.receipt.OpenedReceipt;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The executions: each against its receipts, its history and its approvals. */
final class RecordPass {
  private static final String EXECUTIONS =
      "SELECT "
          + ExecutionRow.COLUMNS
          + ", "
          + ReceiptRow.COLUMNS
          + ", (SELECT COUNT(*) FROM outcome_history h"
          + " WHERE h.execution_id = e.id AND h.kind = 'superseded')"
          + " FROM executions e LEFT JOIN receipts r ON r.jti = e.receipt_id ORDER BY e.id";

  private static final String RECEIPT =
      "SELECT " + ReceiptRow.COLUMNS + " FROM receipts r WHERE r.jti = ?";

  private static final String OF_EXECUTIONS =
      "SELECT "
          + ReceiptRow.COLUMNS
          + " FROM receipts r WHERE r.execution_id IS NOT NULL ORDER BY r.jti";

  private static final String LATEST = "SELECT receipt_id FROM executions WHERE id = ?";

  private static final String SUPERSEDED =
      "SELECT state, reason, result, receipt FROM outcome_history"
          + " WHERE execution_id = ? AND kind = 'superseded' ORDER BY seq LIMIT 1 OFFSET ?";

  // An outcome is superseded once or twice; what is on record is not for this to trust.
  private static final int MOST_RECEIPTS = 1_000;

  private final Snapshot snapshot;
  private final Report report;
  private final Progress progress;
  private final ApprovalCheck approvals;
  private long inChains;

  RecordPass(Snapshot snapshot, Keys keys, Report report, Progress progress) {
    this.snapshot = snapshot;
    this.report = report;
    this.progress = progress;
    this.approvals = new ApprovalCheck(snapshot, keys, report, progress);
  }

  /**
   * Runs it.
   *
   * @param ofExecutions how many receipts have to be found from the executions
   */
  void run(long ofExecutions) throws SQLException, Misfit {
    long[] seen = {0};
    snapshot.each(
        EXECUTIONS,
        row -> {
          ExecutionRow execution = ExecutionRow.of(row);
          execution.check();
          int next = ExecutionRow.WIDTH + 1;
          ReceiptRow latest = ReceiptRow.of(row, next);
          if (!execution.isRunning()) {
            checkReceipts(execution, latest, row.getLong(next + 5));
          } else {
            Misfit.unlessEqual(
                execution.name() + ", which runs: superseded outcomes", 0, row.getLong(next + 5));
          }
          approvals.check(execution);
          report.count("executions", 1);
          progress.at("executions", ++seen[0]);
        });
    if (inChains != ofExecutions) {
      nameTheOneWithoutAnExecution();
    }
    approvals.end();
  }

  private void checkReceipts(ExecutionRow execution, @Nullable ReceiptRow latest, long superseded)
      throws SQLException, Misfit {
    List<ReceiptRow> chain = chain(execution, latest);
    checkOnRecord(chain.get(0), execution, execution.outcome());
    Misfit.unlessEqual(
        execution.name() + ": superseded outcomes in its history, by its receipts",
        chain.size() - 1L,
        superseded);
    List<ReceiptRow> earlier = new ArrayList<>(chain.subList(1, chain.size()));
    Collections.reverse(earlier);
    for (int i = 0; i < earlier.size(); i++) {
      OutcomeRow outcome = superseded(execution, i);
      outcome.checkHash(execution.name() + ", superseded outcome " + i, execution.id());
      checkOnRecord(earlier.get(i), execution, outcome);
    }
    inChains += chain.size();
  }

  private static void checkOnRecord(ReceiptRow row, ExecutionRow execution, OutcomeRow outcome)
      throws Misfit {
    OpenedReceipt receipt = row.open();
    if (receipt.status().equals(ReceiptRow.CONFLICT)) {
      throw new Misfit(row.name(), "one of an outcome that is, or was, on record", "a conflict");
    }
    Claims.check(row, receipt, execution, outcome);
  }

  private OutcomeRow superseded(ExecutionRow execution, int number) throws SQLException, Misfit {
    return snapshot
        .find(
            SUPERSEDED,
            row ->
                new OutcomeRow(
                    row.getString(1), row.getString(2), row.getString(3), row.getString(4)),
            execution.id(),
            number)
        .orElseThrow(() -> new Misfit(execution.name(), "a superseded outcome", "none"));
  }

  /** Returns the receipts of an execution's outcomes, the latest first. */
  private List<ReceiptRow> chain(ExecutionRow execution, @Nullable ReceiptRow latest)
      throws SQLException, Misfit {
    List<ReceiptRow> chain = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    String id = execution.receiptId();
    ReceiptRow receipt = latest;
    while (true) {
      if (receipt == null) {
        throw new Misfit(execution.name(), "its receipt " + Misfit.shown(id), "none of that id");
      }
      Misfit.unlessEqual(
          receipt.name() + ": the execution that it is of", execution.id(), receipt.execution());
      if (!ids.add(receipt.jti()) || ids.size() > MOST_RECEIPTS) {
        throw new Misfit(execution.name(), "receipts with a first one", "none in the chain");
      }
      chain.add(receipt);
      id = receipt.prev();
      if (id == null) {
        return chain;
      }
      receipt = receipt(id).orElse(null);
    }
  }

  private Optional<ReceiptRow> receipt(String jti) throws SQLException, Misfit {
    return snapshot.find(
        RECEIPT,
        row -> {
          ReceiptRow found = ReceiptRow.of(row, 1);
          if (found == null) {
            throw new Misfit("receipts", "an id in each row", "none");
          }
          return found;
        },
        jti);
  }

  /** Some receipt tells of an execution that does not lead to it. */
  private void nameTheOneWithoutAnExecution() throws SQLException, Misfit {
    snapshot.each(
        OF_EXECUTIONS,
        row -> {
          ReceiptRow receipt = ReceiptRow.of(row, 1);
          if (receipt != null
              && !receipt.open().status().equals(ReceiptRow.CONFLICT)
              && !isReached(receipt)) {
            throw new Misfit(
                receipt.name(),
                "the execution " + Misfit.shown(receipt.execution()) + ", which leads to it",
                "none that does");
          }
        });
    throw new Misfit("receipts of executions", "as many as executions lead to", "another number");
  }

  private boolean isReached(ReceiptRow receipt) throws SQLException, Misfit {
    Optional<String> next =
        snapshot.find(
            LATEST, row -> String.valueOf(row.getString(1)), String.valueOf(receipt.execution()));
    for (int i = 0; i < MOST_RECEIPTS && next.isPresent(); i++) {
      if (next.get().equals(receipt.jti())) {
        return true;
      }
      next = receipt(next.get()).map(ReceiptRow::prev);
    }
    return false;
  }
}
