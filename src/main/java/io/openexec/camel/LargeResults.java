package io.openexec.camel;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How many actions may have large answers of databases and HTTP servers at a time: rows and JSON
 * take a multiple of their size until a result is made of them. A small answer needs no share of
 * that; whoever reads a large one waits for a share, in the order in which they come, and has it
 * until the action has ended.
 */
final class LargeResults {
  private static final int SMALL = 65_536;
  private static final long HEAP_PER_RESULT = 160L << 20;
  private static final Semaphore ROOM =
      new Semaphore((int) Math.max(1, Runtime.getRuntime().maxMemory() / HEAP_PER_RESULT), true);
  private static final ThreadLocal<@Nullable Execution> RUNNING = new ThreadLocal<>();

  private LargeResults() {}

  /** An action that runs in this thread. */
  static final class Execution {
    private final long until;
    private boolean holds;

    private Execution(long until) {
      this.until = until;
    }

    private boolean hold() {
      try {
        holds = holds || ROOM.tryAcquire(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return holds;
    }

    /** Gives its share back, if it has one. */
    void end() {
      RUNNING.remove();
      if (holds) {
        ROOM.release();
      }
    }
  }

  /**
   * Says that an action begins to run in this thread.
   *
   * @param timeout for how long its large answers may wait
   */
  static Execution begin(Duration timeout) {
    Execution execution = new Execution(System.nanoTime() + timeout.toNanos());
    RUNNING.set(execution);
    return execution;
  }

  /**
   * Waits until the action of this thread may have an answer of so many characters or bytes.
   *
   * @return false if its time is over before
   */
  static boolean hold(long length) {
    Execution execution = RUNNING.get();
    return length <= SMALL || execution == null || execution.hold();
  }
}
