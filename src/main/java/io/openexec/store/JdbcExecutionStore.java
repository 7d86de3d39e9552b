package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore;
import io.openexec.execution.Outcome;
import io.openexec.execution.State;
import io.openexec.execution.StoreUnavailable;
import io.openexec.receipt.Hash;
import io.openexec.store.ExecutionTable.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The record in SQL. All writes go through one {@link GroupCommit}; reads have their own
 * connections.
 */
public final class JdbcExecutionStore implements ExecutionStore {
  private static final Logger LOG = LoggerFactory.getLogger(JdbcExecutionStore.class);

  private final HikariDataSource pool;
  private final GroupCommit writer;
  private final Clock clock;
  private final @Nullable FileLock lock;

  JdbcExecutionStore(
      HikariDataSource pool, GroupCommit writer, Clock clock, @Nullable FileLock lock) {
    this.pool = pool;
    this.writer = writer;
    this.clock = clock;
    this.lock = lock;
  }

  @Override
  public Optional<Execution> find(UUID id) throws StoreUnavailable {
    try (Connection connection = pool.getConnection()) {
      return new ExecutionTable(connection, clock).find(id).map(Row::execution);
    } catch (SQLException e) {
      throw new StoreUnavailable("cannot read", e);
    }
  }

  @Override
  public Insert reserve(VerifiedRequest request, Attempt attempt) throws StoreUnavailable {
    return write(table -> table.insert(request, attempt, null));
  }

  @Override
  public Insert insert(VerifiedRequest request, Attempt attempt, Outcome outcome)
      throws StoreUnavailable {
    return write(table -> table.insert(request, attempt, outcome));
  }

  @Override
  public Execution complete(UUID id, Attempt attempt, Outcome outcome) throws StoreUnavailable {
    return write(
        table -> {
          Row row = table.require(id);
          if (row.attempt().equals(attempt)) {
            complete(table, row.execution(), outcome);
          }
          return table.require(id).execution();
        });
  }

  private static void complete(ExecutionTable table, Execution current, Outcome outcome)
      throws SQLException {
    boolean definite = outcome.state() != State.UNKNOWN;
    if (current.state() == State.RUNNING) {
      table.change(current, outcome);
    } else if (current.state() == State.UNKNOWN && definite) {
      table.supersede(current, outcome.because(Outcome.LATE_OUTCOME));
    } else if (definite && !current.agreesWith(outcome)) {
      LOG.warn("a late outcome of {} contradicts how it was settled", current.id());
      table.remember(current.id(), outcome, "conflict");
    }
  }

  @Override
  public void release(UUID id, Attempt attempt) throws StoreUnavailable {
    write(table -> table.release(id, attempt));
  }

  @Override
  public Optional<Execution> settle(UUID id, Outcome outcome) throws StoreUnavailable {
    if (outcome.state() == State.UNKNOWN || outcome.reason() == null) {
      throw new IllegalArgumentException("a settlement is succeeded or failed, with a reason");
    }
    return write(
        table -> {
          Optional<Row> row = table.find(id);
          if (row.isEmpty() || row.get().execution().state() != State.UNKNOWN) {
            return Optional.empty();
          }
          table.supersede(row.get().execution(), outcome);
          return Optional.of(table.require(id).execution());
        });
  }

  @Override
  public boolean issued(UUID id, Hash receipt) throws StoreUnavailable {
    try (Connection connection = pool.getConnection()) {
      return new ExecutionTable(connection, clock).issued(id, receipt);
    } catch (SQLException e) {
      throw new StoreUnavailable("cannot read", e);
    }
  }

  @Override
  public void probe() throws StoreUnavailable {
    // On a full disk one small row may still fit where requests do not.
    if (writer.isFailing()) {
      throw new StoreUnavailable("commits have been failing");
    }
    write(ExecutionTable::probe);
  }

  /** Turns what an earlier process left running into unknown: it may have taken effect. */
  void declareInterruptedUnknown() throws StoreUnavailable {
    int interrupted =
        write(
            table -> {
              List<Row> running = table.running();
              for (Row row : running) {
                table.change(row.execution(), Outcome.unknown(Outcome.INTERRUPTED));
              }
              return running.size();
            });
    if (interrupted > 0) {
      LOG.warn(
          "{} executions were interrupted: their outcome is unknown until settled", interrupted);
    }
  }

  private <T> T write(TableWrite<T> write) throws StoreUnavailable {
    return writer.commit(connection -> write.on(new ExecutionTable(connection, clock)));
  }

  /** Some statements on the tables, in one transaction. */
  @FunctionalInterface
  private interface TableWrite<T> {
    T on(ExecutionTable table) throws SQLException;
  }

  @Override
  public void close() {
    writer.close();
    pool.close();
    SqliteStore.close(lock);
  }
}
