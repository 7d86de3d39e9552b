package io.openexec.testing;

import java.util.function.BooleanSupplier;

/** Waits for what has to come about in time. */
public final class Eventually {
  private static final long PAUSE_MILLIS = 5;

  private Eventually() {}

  /** Returns when the condition holds; fails if it does not within that time. */
  public static void within(long millis, BooleanSupplier condition) {
    long end = System.nanoTime() + millis * 1_000_000;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("did not come about within " + millis + " ms");
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }
}
