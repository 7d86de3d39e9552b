package io.openexec.audit;

import java.time.Duration;
import java.time.Instant;

/**
 * When an execution was admitted, as its receipts say: to the millisecond, and a little after the
 * gates had looked at the clock. What has to hold at that moment is held against this one.
 *
 * @param time the admission, without fractions of its milliseconds
 */
record AdmittedAt(Instant time) {
  /** By how much an issuer's clock may be ahead: the boundary's own bound. */
  private static final Duration ISSUER_AHEAD = Duration.ofSeconds(60);

  // From the look at the clock to the admission, on a machine that is busy.
  private static final Duration LONGEST_WAY = Duration.ofSeconds(60);
  private static final Duration RESOLUTION = Duration.ofMillis(1);

  static AdmittedAt of(ExecutionRow execution) {
    return new AdmittedAt(Instant.ofEpochMilli(execution.createdAt()));
  }

  /** Checks what ends with that instant. */
  void checkEnd(String where, Instant end) throws Misfit {
    if (!time.minus(LONGEST_WAY).isBefore(end)) {
      throw new Misfit(where, "after the admission at " + time, end.toString());
    }
  }

  /** Checks what begins with that instant. */
  void checkBegin(String where, Instant begin) throws Misfit {
    if (!begin.isBefore(time.plus(RESOLUTION))) {
      throw new Misfit(where, "not after the admission at " + time, begin.toString());
    }
  }

  /** Checks what was issued at that instant, by its issuer's clock. */
  void checkIssued(String where, Instant issued) throws Misfit {
    if (!issued.minus(ISSUER_AHEAD).isBefore(time.plus(RESOLUTION))) {
      throw new Misfit(
          where,
          "at most " + ISSUER_AHEAD.toSeconds() + " s after the admission at " + time,
          issued.toString());
    }
  }
}
