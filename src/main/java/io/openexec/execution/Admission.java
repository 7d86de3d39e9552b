package io.openexec.execution;

import io.openexec.boundary.AllowList;
import io.openexec.boundary.Approval;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.VerifiedRequest;
import java.time.Clock;
import java.time.Instant;

/**
 * Gate 3: whether a verified request may become a new execution. It refuses nothing yet, because
 * what has already been executed is answered from the record, whatever has changed since.
 */
public final class Admission {
  private final AllowList allowList;
  private final ActionRegistry registry;
  private final Clock clock;

  /** Makes the gate from what it decides by. */
  public Admission(AllowList allowList, ActionRegistry registry, Clock clock) {
    this.allowList = allowList;
    this.registry = registry;
    this.clock = clock;
  }

  /** Judges, in this order: allow-list, registry, schema, clock. */
  public Candidate judge(VerifiedRequest verified) {
    try {
      String name = verified.request().action();
      allowList.check(name);
      Action action = registry.get(name);
      action.check(verified.request().payload());
      Instant now = clock.instant();
      for (Approval approval : verified.approvals()) {
        approval.checkAt(now);
      }
      return new Candidate.Admissible(verified, action);
    } catch (Refusal refusal) {
      return new Candidate.ReplayOnly(verified, refusal);
    }
  }
}
