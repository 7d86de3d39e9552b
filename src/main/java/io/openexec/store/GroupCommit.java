package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.StoreUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One writer whose commits are shared: whatever waits when a commit begins goes into it, so that
 * throughput is not bounded by one sync to disk per write.
 *
 * <p>Within the commit each write has a savepoint. One that fails is undone alone; a commit that
 * fails takes exactly its own writes with it, and the next one begins anew.
 */
final class GroupCommit implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
  private static final int MAX_BATCH = 256;
  private static final long IDLE_MILLIS = 200;
  private static final long FAILING_NANOS = 5_000_000_000L;

  private final HikariDataSource pool;
  private final SameFiles files;
  private final BlockingQueue<Pending<?>> queue;
  private final Thread writer;
  private volatile boolean closed;
  private volatile long lastFailure = System.nanoTime() - FAILING_NANOS;

  /**
   * Starts the writer.
   *
   * @param capacity how many writes may wait; one more is refused at once
   * @param files what has to be the same still when a commit is confirmed
   */
  GroupCommit(HikariDataSource pool, int capacity, SameFiles files) {
    this.files = files;
    this.pool = pool;
    this.queue = new ArrayBlockingQueue<>(capacity);
    this.writer = new Thread(this::run, "openexec-commit");
    this.writer.start();
  }

  /** A write: some statements on the connection that it is given, and what they came to. */
  @FunctionalInterface
  interface Write<T> {
    T on(Connection connection) throws SQLException;
  }

  /**
   * Writes durably.
   *
   * @return what {@code write} returned, after its commit was synced to disk
   * @throws StoreUnavailable if it failed, or its commit did; then it may have happened all the
   *     same
   */
  <T> T commit(Write<T> write) throws StoreUnavailable {
    Pending<T> pending = new Pending<>(write);
    if (closed || !queue.offer(pending)) {
      throw new StoreUnavailable(closed ? "the store is closed" : "too many writes are waiting");
    }
    if (closed && queue.remove(pending)) {
      throw new StoreUnavailable("the store is closed");
    }
    try {
      return pending.done.get();
    } catch (ExecutionException e) {
      throw new StoreUnavailable("the write failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailable("interrupted while writing", e);
    }
  }

  /** Returns whether a commit failed within the last five seconds. */
  boolean isFailing() {
    return System.nanoTime() - lastFailure < FAILING_NANOS;
  }

  /** Returns how many writes wait for a commit to begin. */
  int waiting() {
    return queue.size();
  }

  private void run() {
    List<Pending<?>> batch = new ArrayList<>(MAX_BATCH);
    while (!closed || !queue.isEmpty()) {
      try {
        Pending<?> first = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (first == null) {
          continue;
        }
        batch.add(first);
        queue.drainTo(batch, MAX_BATCH - 1);
        commit(batch);
      } catch (InterruptedException e) {
        // Only close() ends this thread, by its flag.
        LOG.debug("interrupted", e);
      } finally {
        batch.clear();
      }
    }
    queue.forEach(late -> late.fail(new SQLException("the store is closed")));
  }

  private void commit(List<Pending<?>> batch) {
    Connection connection = null;
    try {
      connection = pool.getConnection();
      connection.setAutoCommit(false);
      for (Pending<?> pending : batch) {
        pending.write(connection);
      }
      connection.commit();
      files.check();
      connection.close();
    } catch (SQLException | RuntimeException | Error e) {
      // An Error too: this thread must not end while anyone may write.
      LOG.error("a commit of {} writes failed: {}", batch.size(), e.toString());
      lastFailure = System.nanoTime();
      discard(connection);
      batch.forEach(pending -> pending.fail(e));
      return;
    }
    batch.forEach(Pending::committed);
  }

  /** What state a connection is in after a failure is the driver's secret: it is not used again. */
  private void discard(@Nullable Connection connection) {
    if (connection != null) {
      pool.evictConnection(connection);
    }
  }

  /** Writes what waits, and ends. */
  @Override
  public void close() {
    closed = true;
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Pending<T> {
    final CompletableFuture<T> done = new CompletableFuture<>();
    private final Write<T> write;
    private @Nullable T result;
    private @Nullable Exception failure;

    Pending(Write<T> write) {
      this.write = write;
    }

    /** Runs the write in a savepoint; throws only if the whole transaction is lost. */
    void write(Connection connection) throws SQLException {
      Savepoint before = connection.setSavepoint();
      try {
        result = write.on(connection);
        connection.releaseSavepoint(before);
      } catch (SQLException | RuntimeException e) {
        connection.rollback(before);
        failure = e;
      }
    }

    void committed() {
      if (failure != null) {
        done.completeExceptionally(failure);
      } else {
        done.complete(result);
      }
    }

    void fail(Throwable e) {
      done.completeExceptionally(e);
    }
  }
}
