package io.openexec.inbox;

import java.time.Duration;
import java.util.function.LongSupplier;

/** So many of something in a period, and no more. */
final class Rate {
  private final int most;
  private final Duration period;
  private final LongSupplier nanos;
  private long began;
  private int count;

  /**
   * Begins the first period.
   *
   * @param nanos the time, such as {@link System#nanoTime}
   */
  Rate(int most, Duration period, LongSupplier nanos) {
    this.most = most;
    this.period = period;
    this.nanos = nanos;
    this.began = nanos.getAsLong();
  }

  /** Returns whether there may be one more in this period, which then counts. */
  synchronized boolean isOneMore() {
    if (nanos.getAsLong() - began >= period.toNanos()) {
      began = nanos.getAsLong();
      count = 0;
    }
    return count++ < most;
  }
}
