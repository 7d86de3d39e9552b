package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.Evidence;
import io.openexec.execution.StoreUnavailable;
import java.sql.SQLException;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The tables for those who read, on a few connections that are kept with their statements prepared:
 * to prepare one costs more than to run it.
 */
final class Readers implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 2;
  private static final long UNREACHABLE_NANOS = 500_000_000L;

  private final HikariDataSource pool;
  private final Dialect dialect;
  private final Evidence evidence;
  private final Semaphore places;
  private final Deque<ExecutionTable> idle = new ConcurrentLinkedDeque<>();
  private volatile long unreachable = System.nanoTime() - UNREACHABLE_NANOS;

  Readers(HikariDataSource pool, Dialect dialect, Evidence evidence, int connections) {
    this.places = new Semaphore(connections);
    this.pool = pool;
    this.dialect = dialect;
    this.evidence = evidence;
  }

  /**
   * Reads; a second time if the first finds a connection that was lost while it lay idle.
   *
   * @throws SQLException if it cannot be read
   */
  <T> T read(Write.Statements<T> statements) throws SQLException, InterruptedException {
    if (!places.tryAcquire() && !places.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new SQLException("too many are reading");
    }
    try {
      ExecutionTable kept = idle.pollFirst();
      try {
        return readOn(kept == null ? open() : kept, statements);
      } catch (SQLException e) {
        if (kept == null || !dialect.isConnectionLoss(e)) {
          throw e;
        }
        discardIdle();
        return readOn(open(), statements);
      }
    } finally {
      places.release();
    }
  }

  /** Reads, and takes every failure for a store that is unavailable. */
  <T> T readOrFail(Write.Statements<T> statements) throws StoreUnavailable {
    try {
      return read(statements);
    } catch (SQLException e) {
      throw new StoreUnavailable("cannot read", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailable("interrupted while reading", e);
    }
  }

  private ExecutionTable open() throws SQLException {
    if (System.nanoTime() - unreachable < UNREACHABLE_NANOS) {
      // Or all who read would wait for a connection, one after the other, to hear the same.
      throw new SQLException("the database could not be reached a moment ago");
    }
    try {
      return new ExecutionTable(pool.getConnection(), dialect, evidence);
    } catch (SQLException e) {
      unreachable = System.nanoTime();
      throw e;
    }
  }

  private <T> T readOn(ExecutionTable table, Write.Statements<T> statements) throws SQLException {
    boolean good = false;
    try {
      T result = statements.on(table);
      good = true;
      return result;
    } finally {
      if (good) {
        idle.addFirst(table);
      } else {
        pool.evictConnection(table.connection());
      }
    }
  }

  private void discardIdle() {
    for (ExecutionTable table = next(); table != null; table = next()) {
      pool.evictConnection(table.connection());
    }
    pool.getHikariPoolMXBean().softEvictConnections();
  }

  private @Nullable ExecutionTable next() {
    return idle.pollFirst();
  }

  /** Gives the connections back. Nobody reads any more. */
  @Override
  public void close() {
    for (ExecutionTable table = next(); table != null; table = next()) {
      table.giveBack();
    }
  }
}
