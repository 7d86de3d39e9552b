package io.openexec.execution;

import io.openexec.boundary.Refusal;
import io.openexec.boundary.VerifiedRequest;

/** What gate 3 makes of a verified request. Only {@link Admission} makes one. */
public abstract sealed class Candidate {
  private final VerifiedRequest verified;

  private Candidate(VerifiedRequest verified) {
    this.verified = verified;
  }

  /** Returns the request. */
  public final VerifiedRequest verified() {
    return verified;
  }

  /** Returns the key of the Idempotent Consumer: the execution id of tenant and nonce. */
  public final String executionId() {
    return verified.executionId().toString();
  }

  /** May become a new execution, if its nonce and its approvals are unused. */
  public static final class Admissible extends Candidate {
    private final Action action;

    Admissible(VerifiedRequest verified, Action action) {
      super(verified);
      this.action = action;
    }

    /** Returns the action that it asks for. */
    public Action action() {
      return action;
    }
  }

  /** May be answered from the record, and never become a new execution. */
  public static final class ReplayOnly extends Candidate {
    private final Refusal refusal;

    ReplayOnly(VerifiedRequest verified, Refusal refusal) {
      super(verified);
      this.refusal = refusal;
    }

    /** Returns why it may not become a new execution. */
    public Refusal refusal() {
      return refusal;
    }
  }
}
