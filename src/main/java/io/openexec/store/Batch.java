package io.openexec.store;

import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.Outcome;
import io.openexec.execution.State;
import io.openexec.store.ExecutionTable.NewOutcome;
import io.openexec.store.ExecutionTable.Row;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writes that share a commit, sorted so that those of a kind go to the database together: what
 * costs time there is going, not writing.
 */
final class Batch {
  private static final Logger LOG = LoggerFactory.getLogger(Batch.class);

  private final List<Write.OfRow> rows = new ArrayList<>();
  private final List<Write.OfOutcome> outcomes = new ArrayList<>();
  private final List<Write.Other<?>> others = new ArrayList<>();

  Batch(List<Write<?>> writes) {
    for (Write<?> write : writes) {
      if (write instanceof Write.OfRow row) {
        rows.add(row);
      } else if (write instanceof Write.OfOutcome outcome) {
        outcomes.add(outcome);
      } else {
        others.add((Write.Other<?>) write);
      }
    }
    // Always in this order: see ExecutionTable.insert.
    rows.sort(Comparator.comparing(Write.OfRow::id));
    outcomes.sort(Comparator.comparing(Write.OfOutcome::id));
  }

  /**
   * Writes all of it on one connection, and commits nothing.
   *
   * @throws SQLException if the transaction is lost
   */
  void write(ExecutionTable table, Fence fence) throws SQLException {
    insert(table, fence);
    complete(table);
    for (Write.Other<?> other : others) {
      writeAlone(table, other);
    }
  }

  private void insert(ExecutionTable table, Fence fence) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    List<Insert> results = table.insert(rows.stream().map(write -> write.row).toList());
    Map<UUID, Boolean> leases = new HashMap<>();
    boolean tookBack = false;
    for (int i = 0; i < results.size(); i++) {
      Write.OfRow write = rows.get(i);
      if (results.get(i) != Insert.INSERTED
          || write.row.execution().state() != State.RUNNING
          || holds(write, table, fence, leases)) {
        write.came(results.get(i));
      } else {
        table.delete(write.row.reservation());
        write.failedAlone(new SQLException("the lease of this process has run out"));
        tookBack = true;
      }
    }
    for (int i = 0; i < results.size() && tookBack; i++) {
      if (results.get(i) == Insert.APPROVAL_USED) {
        // Perhaps by one of those, and then it is not.
        rows.get(i).failedAlone(new SQLException("whether its approval is used is not known"));
      }
    }
  }

  /**
   * After the inserts, so that one which finds its nonce used locks nothing: a replay is no write.
   */
  private static boolean holds(
      Write.OfRow row, ExecutionTable table, Fence fence, Map<UUID, Boolean> leases)
      throws SQLException {
    UUID owner = row.row.reservation().attempt().owner();
    Boolean known = leases.get(owner);
    if (known == null) {
      known = fence.holds(table.connection(), owner);
      leases.put(owner, known);
    }
    return known;
  }

  private void complete(ExecutionTable table) throws SQLException {
    if (outcomes.isEmpty()) {
      return;
    }
    boolean[] ended = table.complete(outcomes.stream().map(write -> write.outcome).toList());
    for (int i = 0; i < ended.length; i++) {
      Write.OfOutcome write = outcomes.get(i);
      if (ended[i]) {
        write.came(write.outcome.ended());
      } else {
        completeLate(table, write);
      }
    }
  }

  /** An outcome whose execution is not running any more, or was never this attempt's. */
  private static void completeLate(ExecutionTable table, Write.OfOutcome write)
      throws SQLException {
    Optional<Row> row = table.lock(write.id());
    if (row.isPresent()) {
      write.came(completeLate(table, row.get(), write.outcome));
    } else {
      // As after a failover to a server that has not got it. Its neighbours have nothing to do with
      // that.
      LOG.error("what {} executed is on record no more", write.outcome.attempt());
      write.failedAlone(new SQLException("no such execution"));
    }
  }

  private static Execution completeLate(ExecutionTable table, Row row, NewOutcome late)
      throws SQLException {
    UUID id = late.ended().id();
    Execution current = row.execution();
    Outcome outcome = ExecutionTable.outcomeOf(late.ended());
    if (!row.attempt().equals(late.attempt()) || outcome.state() == State.UNKNOWN) {
      return table.find(id).orElseThrow();
    }
    if (current.state() == State.UNKNOWN) {
      table.supersede(row, outcome.because(Outcome.LATE_OUTCOME));
      return table.find(id).orElseThrow();
    }
    if (!current.agreesWith(outcome)) {
      LOG.warn("a late outcome of {} contradicts how it was settled", late.attempt());
      table.rememberConflict(row, outcome);
    }
    return table.find(id).orElseThrow();
  }

  /** Runs a write in a savepoint; throws only if the whole transaction is lost. */
  private static void writeAlone(ExecutionTable table, Write.Other<?> write) throws SQLException {
    Savepoint before = table.connection().setSavepoint();
    try {
      write.on(table);
      table.connection().releaseSavepoint(before);
    } catch (SQLException | RuntimeException e) {
      table.connection().rollback(before);
      write.failedAlone(e);
    }
  }
}
