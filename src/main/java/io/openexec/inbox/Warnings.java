package io.openexec.inbox;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of what may come very often, as senders please: so many lines a period, and then how many
 * more there would have been.
 */
final class Warnings {
  private static final Logger LOG = LoggerFactory.getLogger(Warnings.class);
  private static final int MOST = 100;

  private final Duration period;
  private final LongSupplier nanos;
  private long began;
  private int said;
  private long leftOut;

  /**
   * Begins the first period.
   *
   * @param nanos the time, such as {@link System#nanoTime}
   */
  Warnings(Duration period, LongSupplier nanos) {
    this.period = period;
    this.nanos = nanos;
    this.began = nanos.getAsLong();
  }

  /** Warns, unless there were too many already. */
  synchronized void warn(String line) {
    endPeriod();
    if (said < MOST) {
      said++;
      LOG.warn("inbox: {}", line);
    } else {
      leftOut++;
    }
  }

  /** If a period is over, says how many warnings it had too many. */
  synchronized void endPeriod() {
    if (nanos.getAsLong() - began < period.toNanos()) {
      return;
    }
    if (leftOut > 0) {
      LOG.warn("inbox: so many warnings more, not said one by one: {}", leftOut);
    }
    began = nanos.getAsLong();
    said = 0;
    leftOut = 0;
  }
}
