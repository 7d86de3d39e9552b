package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.Errors;
import io.openexec.execution.Evidence;
import io.openexec.execution.StoreUnavailable;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One writer whose commits are shared: whatever waits when a commit begins goes into it, so that
 * throughput is not bounded by one sync to disk per write.
 *
 * <p>A conflict is a result, and costs nobody else anything. A write that the database will not
 * have fails alone. A commit that fails takes exactly its own writes with it, and the next one
 * begins anew, on another connection.
 */
final class GroupCommit implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
  private static final int MAX_BATCH = 256;
  private static final int MAX_TRIES = 3;
  private static final long IDLE_MILLIS = 20;
  private static final long FAILING_NANOS = 5_000_000_000L;

  private final HikariDataSource pool;
  private final Dialect dialect;
  private final Fence fence;
  private final SameFiles files;
  private final Executor answers;
  private final Evidence evidence;
  private final BlockingQueue<Write<?>> queue;
  private final Commits commits = new Commits();
  private final Thread writer;
  private @Nullable ExecutionTable table;
  // Whether the database was asked to commit; known to the writer's thread only, as is the table.
  private boolean written;
  private volatile @Nullable Pause pause;
  private volatile boolean closed;
  private volatile boolean ended;
  private volatile long lastFailure = System.nanoTime() - FAILING_NANOS;

  /**
   * Starts the writer.
   *
   * @param capacity how many writes may wait; one more is refused at once
   * @param fence decides who may reserve
   * @param files what has to be the same still when a commit is confirmed
   * @param answers runs what depends on the writes of a commit, all of one at a time
   */
  GroupCommit(
      HikariDataSource pool,
      Dialect dialect,
      Fence fence,
      SameFiles files,
      Executor answers,
      Evidence evidence,
      int capacity) {
    this.pool = pool;
    this.dialect = dialect;
    this.fence = fence;
    this.files = files;
    this.answers = answers;
    this.evidence = evidence;
    this.queue = new ArrayBlockingQueue<>(capacity);
    this.writer = new Thread(this::run, "openexec-commit");
    this.writer.start();
  }

  /**
   * Writes durably.
   *
   * @return what completes when the commit was synced to disk; with {@link StoreUnavailable} if it
   *     failed, and then it may have happened all the same, unless it says that it has not
   */
  <T> CompletableFuture<T> submit(Write<T> write) {
    if (closed || !queue.offer(write)) {
      write.failed(
          StoreUnavailable.undone(
              closed ? "the store is closed" : "too many writes are waiting", null));
    } else if (closed && queue.remove(write)) {
      write.failed(StoreUnavailable.undone("the store is closed", null));
    }
    return write.done();
  }

  /**
   * Runs something while no transaction is open; at most one thing at a time.
   *
   * @return what completes when it has run
   */
  CompletableFuture<Void> inPause(Runnable task) {
    Pause next = new Pause(task);
    pause = next;
    if (ended) {
      pauseIfAsked();
    }
    return next.done;
  }

  private record Pause(Runnable task, CompletableFuture<Void> done) {
    Pause(Runnable task) {
      this(task, new CompletableFuture<>());
    }

    void run() {
      // The writer must not end of it.
      try {
        task.run();
        done.complete(null);
      } catch (RuntimeException | Error e) {
        done.completeExceptionally(e);
      }
    }
  }

  private void pauseIfAsked() {
    Pause asked = pause;
    if (asked != null) {
      pause = null;
      asked.run();
    }
  }

  /** Returns whether a commit failed within the last five seconds. */
  boolean isFailing() {
    return System.nanoTime() - lastFailure < FAILING_NANOS;
  }

  /** Returns what is known of the commits so far. */
  Commits commits() {
    return commits;
  }

  /** Returns how many writes wait for a commit to begin. */
  int waiting() {
    return queue.size();
  }

  private void run() {
    List<Write<?>> batch = new ArrayList<>(MAX_BATCH);
    while (!closed || !queue.isEmpty()) {
      try {
        Write<?> first = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
          batch.add(first);
          queue.drainTo(batch, MAX_BATCH - 1);
          commit(batch);
        }
        pauseIfAsked();
      } catch (InterruptedException e) {
        // Only close() ends this thread, by its flag.
        LOG.debug("interrupted", e);
      } catch (RuntimeException | Error e) {
        // Short of memory, say.
        lastFailure = System.nanoTime();
        batch.forEach(write -> write.failed(new StoreUnavailable("the commit ended otherwise", e)));
      } finally {
        batch.clear();
      }
    }
    queue.forEach(late -> late.failed(StoreUnavailable.undone("the store is closed", null)));
    ExecutionTable known = table;
    if (known != null) {
      known.giveBack();
    }
    ended = true;
    pauseIfAsked();
  }

  private void commit(List<Write<?>> batch) {
    long begin = System.nanoTime();
    Throwable failure = tryToCommit(batch);
    for (int tries = 1; tries < MAX_TRIES && isTransient(failure); tries++) {
      failure = tryToCommit(batch);
    }
    if (failure == null) {
      commits.done(System.nanoTime() - begin, batch.size());
      answer(List.copyOf(batch), Write::committed);
    } else if (batch.size() > 1 && isOfTheRow(failure)) {
      LOG.error("one of {} writes cannot be made, each goes alone", batch.size());
      batch.forEach(write -> commit(List.of(write)));
    } else {
      // Not the failure's own text: a driver may put there what was to be written.
      LOG.error("a commit of {} writes failed: {}", batch.size(), Errors.rootCause(failure));
      lastFailure = System.nanoTime();
      commits.failed();
      StoreUnavailable unavailable =
          written
              ? new StoreUnavailable("the commit failed", failure)
              : StoreUnavailable.undone("nothing was committed", failure);
      answer(List.copyOf(batch), write -> write.failed(unavailable));
    }
  }

  /** Lets those go on who wait, elsewhere: together, since to wake up a thread has its price. */
  private void answer(List<Write<?>> batch, Consumer<Write<?>> outcome) {
    try {
      answers.execute(() -> batch.forEach(outcome));
    } catch (RejectedExecutionException e) {
      batch.forEach(outcome);
    }
  }

  private boolean isTransient(@Nullable Throwable failure) {
    return failure instanceof StaleConnection
        || (failure instanceof SQLException e && dialect.isTransient(e));
  }

  private boolean isOfTheRow(Throwable failure) {
    return failure instanceof RuntimeException
        || (failure instanceof SQLException e && dialect.isOfTheRow(e));
  }

  private @Nullable Throwable tryToCommit(List<Write<?>> batch) {
    boolean kept = table != null;
    written = false;
    try {
      ExecutionTable open = open();
      open.connection().setAutoCommit(false);
      new Batch(batch).write(open, fence);
      written = true;
      // Commits. Not commit(), after which SQLite's driver begins the next transaction at once and
      // keeps everyone else from writing.
      open.connection().setAutoCommit(true);
      files.check();
      return null;
    } catch (SQLException | RuntimeException | Error e) {
      // An Error too: this thread must not end while anyone may write.
      discard();
      if (written && !(e instanceof SQLException)) {
        // It may be committed: nothing that looks as if it could be done again.
        return new SQLException("the commit ended otherwise", e);
      }
      return kept && !written && e instanceof SQLException lost && dialect.isConnectionLoss(lost)
          ? new StaleConnection(lost)
          : e;
    }
  }

  /** The kept connection was lost before the commit was sent: a new one may work. */
  private static final class StaleConnection extends Exception {
    private static final long serialVersionUID = 1L;

    StaleConnection(SQLException cause) {
      super(cause);
    }
  }

  /** Returns the tables on the writer's own connection, kept for as long as nothing fails. */
  private ExecutionTable open() throws SQLException {
    ExecutionTable known = table;
    if (known == null) {
      known = new ExecutionTable(pool.getConnection(), dialect, evidence);
      table = known;
    }
    return known;
  }

  /**
   * What state a connection is in after a failure is the driver's secret: it is not used again.
   * Those that lie idle may be of the same server that is no more.
   */
  private void discard() {
    ExecutionTable known = table;
    table = null;
    if (known != null) {
      pool.evictConnection(known.connection());
      pool.getHikariPoolMXBean().softEvictConnections();
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
}
