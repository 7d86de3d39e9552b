package io.openexec.store;

import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.StoreUnavailable;
import io.openexec.store.ExecutionTable.NewOutcome;
import io.openexec.store.ExecutionTable.NewRow;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Something to be written, and the future of whoever waits for it. What it came to is known while
 * the transaction is open, and told when it is committed.
 */
abstract sealed class Write<T> {
  private final CompletableFuture<T> done = new CompletableFuture<>();
  private @Nullable T result;
  private @Nullable Exception failure;

  /** Returns what completes when the write is durable. */
  final CompletableFuture<T> done() {
    return done;
  }

  final void came(T to) {
    result = to;
    failure = null;
  }

  /** Says that this write failed and was undone, and its neighbours were not. */
  final void failedAlone(Exception e) {
    failure = e;
  }

  final void committed() {
    if (failure != null) {
      done.completeExceptionally(StoreUnavailable.undone("this write failed", failure));
    } else {
      done.complete(result);
    }
  }

  final void failed(Throwable e) {
    done.completeExceptionally(e);
  }

  /** A new row with its approvals. */
  static final class OfRow extends Write<Insert> {
    final NewRow row;

    OfRow(NewRow row) {
      this.row = row;
    }

    UUID id() {
      return row.execution().id();
    }
  }

  /** The outcome of a reservation. */
  static final class OfOutcome extends Write<Execution> {
    final NewOutcome outcome;

    OfOutcome(NewOutcome outcome) {
      this.outcome = outcome;
    }

    UUID id() {
      return outcome.ended().id();
    }
  }

  /** Anything else: rare, and so with a savepoint of its own. */
  static final class Other<T> extends Write<T> {
    private final Statements<T> statements;

    Other(Statements<T> statements) {
      this.statements = statements;
    }

    void on(ExecutionTable table) throws SQLException {
      came(statements.on(table));
    }
  }

  /** Some statements on the tables, within the transaction. */
  @FunctionalInterface
  interface Statements<T> {
    T on(ExecutionTable table) throws SQLException;
  }
}
