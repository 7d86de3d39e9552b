package io.openexec.execution;

import io.openexec.execution.Claim.Admitted;

/**
 * What gate 5 makes of an admitted request: it was dispatched. Only {@link Dispatcher} makes one.
 */
public final class Executed {
  private final Admitted admitted;
  private final Outcome outcome;

  Executed(Admitted admitted, Outcome outcome) {
    this.admitted = admitted;
    this.outcome = outcome;
  }

  Admitted admitted() {
    return admitted;
  }

  Outcome outcome() {
    return outcome;
  }
}
