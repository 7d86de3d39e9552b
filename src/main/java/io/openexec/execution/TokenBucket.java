package io.openexec.execution;

/** A token bucket: so many at once, and then so many a second. */
final class TokenBucket {
  private static final double NANOS = 1e9;

  private final double burst;
  private final double perSecond;
  private double tokens;
  private long filled;

  /** Makes a full one, at that reading of {@link System#nanoTime}. */
  TokenBucket(double burst, double perSecond, long now) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.tokens = burst;
    this.filled = now;
  }

  /** Takes a token, if there is one. */
  synchronized boolean take(long now) {
    if (now - filled > 0) {
      tokens = Math.min(burst, tokens + (now - filled) / NANOS * perSecond);
      filled = now;
    }
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
