package io.openexec.execution;

import io.openexec.boundary.Refusal;
import io.openexec.receipt.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * A request that was refused, with its receipt.
 *
 * @param refusal why
 * @param decided whether the refusal is of a kind that has a receipt: a decision on a request that
 *     could be read
 * @param receipt null if it has none: it was not decided, or there were too many
 */
public record Denial(Refusal refusal, boolean decided, @Nullable Receipt receipt) {
  /** Returns a refusal that is no decision on a request, and has no receipt. */
  public static Denial undecided(Refusal refusal) {
    return new Denial(refusal, false, null);
  }
}
