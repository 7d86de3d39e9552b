package io.openexec.execution;

import io.openexec.execution.Candidate.Admissible;
import java.time.Instant;

/** What gate 4 makes of a candidate. Only {@link ExactlyOnce} makes one. */
public sealed interface Claim {

  /** Nothing is on record for the nonce, as far as a read can tell. */
  final class Unclaimed implements Claim {
    private final Admissible candidate;

    Unclaimed(Admissible candidate) {
      this.candidate = candidate;
    }

    Admissible candidate() {
      return candidate;
    }

    /** Returns whether what it asks for may take effect. */
    public boolean isEffectful() {
      return candidate.action().effect() == Effect.EFFECTFUL;
    }
  }

  /** The nonce is this request's alone: it may be dispatched, once. */
  final class Admitted implements Claim {
    private final Admissible candidate;
    private final Attempt attempt;
    private final Instant at;

    Admitted(Admissible candidate, Attempt attempt, Instant at) {
      this.candidate = candidate;
      this.attempt = attempt;
      this.at = at;
    }

    Admissible candidate() {
      return candidate;
    }

    Attempt attempt() {
      return attempt;
    }

    Instant at() {
      return at;
    }
  }

  /**
   * An execution that answers the request.
   *
   * @param execution what is on record
   * @param replayed whether it was on record before this request came
   */
  record OnRecord(Execution execution, boolean replayed) implements Claim {}
}
