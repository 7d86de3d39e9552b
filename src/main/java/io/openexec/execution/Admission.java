package io.openexec.execution;

import io.openexec.boundary.AllowLists;
import io.openexec.boundary.Approval;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.TrustSource;
import io.openexec.boundary.VerifiedRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

/**
 * Gate 3: whether a verified request may become a new execution. It refuses nothing yet, because
 * what has already been executed is answered from the record, whatever has changed since.
 */
public final class Admission {
  private final AllowLists allowLists;
  private final ActionRegistry registry;
  private final TrustSource trust;
  private final Clock clock;

  /** Makes the gate from what it decides by. */
  public Admission(AllowLists allowLists, ActionRegistry registry, TrustSource trust, Clock clock) {
    this.allowLists = allowLists;
    this.registry = registry;
    this.trust = trust;
    this.clock = clock;
  }

  /**
   * Judges, in this order: allow-list, registry, schema, number of approvals, their clock,
   * revocations.
   */
  public Candidate judge(VerifiedRequest verified) {
    try {
      String name = verified.request().action();
      allowLists.check(verified.tenant(), name);
      Action action = registry.get(name);
      action.check(verified.request().payload());
      action.checkNumber(verified.approvals());
      checkNow(verified.approvals());
      return new Candidate.Admissible(verified, action);
    } catch (Refusal refusal) {
      return new Candidate.ReplayOnly(verified, refusal);
    }
  }

  private void checkNow(List<Approval> approvals) {
    Instant now = clock.instant();
    for (Approval approval : approvals) {
      approval.checkAt(now);
    }
    for (Approval approval : approvals) {
      trust.revocations().check(approval);
    }
  }
}
