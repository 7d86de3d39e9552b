package io.openexec.bench;

import java.util.Arrays;

/** Latencies in nanoseconds, every one of them. */
final class Samples {
  private long[] values = new long[1 << 16];
  private int size;

  void add(long nanos) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = nanos;
  }

  int size() {
    return size;
  }

  /** Sorts and lets go of what is not used. */
  Samples sorted() {
    values = Arrays.copyOf(values, size);
    Arrays.sort(values);
    return this;
  }

  /** Returns the smallest latency, in milliseconds, that so large a part of all do not exceed. */
  double millis(double quantile) {
    if (size == 0) {
      return Double.NaN;
    }
    int rank = (int) Math.ceil(quantile * size);
    return values[Math.max(rank, 1) - 1] / 1e6;
  }
}
