package io.openexec.metrics;

import java.util.concurrent.atomic.LongAdder;

/** How often values were at most so large. Recording allocates nothing and waits for nobody. */
public final class Histogram {
  private static final double NANOS = 1e-9;

  private final double unit;
  private final long[] bounds;
  private final LongAdder[] counts;
  private final LongAdder sum = new LongAdder();

  private Histogram(double unit, long... bounds) {
    this.unit = unit;
    this.bounds = bounds.clone();
    this.counts = new LongAdder[bounds.length + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
      if (i > 0 && i < bounds.length && bounds[i] <= bounds[i - 1]) {
        throw new IllegalArgumentException("the bounds do not rise");
      }
    }
  }

  /** Makes one of durations, recorded in nanoseconds; the bounds are in milliseconds. */
  public static Histogram ofDurations(long... millis) {
    long[] nanos = new long[millis.length];
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = Math.multiplyExact(millis[i], 1_000_000L);
    }
    return new Histogram(NANOS, nanos);
  }

  /** Makes one of plain numbers. */
  public static Histogram ofNumbers(long... bounds) {
    return new Histogram(1, bounds);
  }

  /** Counts a value. */
  public void record(long value) {
    int i = 0;
    while (i < bounds.length && value > bounds[i]) {
      i++;
    }
    counts[i].increment();
    sum.add(value);
  }

  /** Returns the inclusive upper bounds, in seconds if it is of durations; the last is infinite. */
  double[] bounds() {
    double[] shown = new double[counts.length];
    for (int i = 0; i < bounds.length; i++) {
      shown[i] = bounds[i] * unit;
    }
    shown[bounds.length] = Double.POSITIVE_INFINITY;
    return shown;
  }

  /** Returns how many values were recorded up to each bound and beyond the one before. */
  long[] counts() {
    long[] shown = new long[counts.length];
    for (int i = 0; i < shown.length; i++) {
      shown[i] = counts[i].sum();
    }
    return shown;
  }

  /** Returns the sum of all values, in seconds if it is of durations. */
  double sum() {
    return sum.sum() * unit;
  }
}
