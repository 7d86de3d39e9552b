package io.openexec.execution;

import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.Receipt;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An execution as it stands on record.
 *
 * @param id the execution id of tenant and nonce; OpenExec 0.1.10's own if it was executed there
 * @param tenant whose it is
 * @param nonce the request's nonce
 * @param action the action's name
 * @param actionHash the hash of action and payload
 * @param state what is known
 * @param reason why, a code; null while running, and if it succeeded at once
 * @param result the result's JSON in the receipt's canonical form; null unless it succeeded
 * @param receipt the receipt hash; null while running
 * @param evidence the signed receipt; null while running, and if OpenExec 0.1.10 executed it
 */
public record Execution(
    UUID id,
    String tenant,
    String nonce,
    String action,
    Hash actionHash,
    State state,
    @Nullable String reason,
    @Nullable String result,
    @Nullable Hash receipt,
    @Nullable Receipt evidence) {

  /** Returns the execution of a request that is running. */
  public static Execution running(VerifiedRequest verified) {
    return of(verified, null, null);
  }

  /** Returns the execution that a request became. */
  public static Execution ended(VerifiedRequest verified, Outcome outcome, Receipt evidence) {
    return of(verified, outcome, evidence);
  }

  private static Execution of(
      VerifiedRequest verified, @Nullable Outcome outcome, @Nullable Receipt evidence) {
    ExecutionRequest request = verified.request();
    JsonValue result = outcome == null ? null : outcome.result();
    return new Execution(
        verified.executionId(),
        verified.tenant(),
        request.nonce(),
        request.action(),
        request.actionHash(),
        outcome == null ? State.RUNNING : outcome.state(),
        outcome == null ? null : outcome.reason(),
        result == null ? null : result.spaced(),
        outcome == null ? null : outcome.receipt(verified.executionId()),
        evidence);
  }

  /** Returns whether what is on record says the same as {@code outcome}, whatever the reason. */
  public boolean agreesWith(Outcome outcome) {
    JsonValue other = outcome.result();
    return state == outcome.state()
        && Objects.equals(result, other == null ? null : other.spaced());
  }

  /** Returns whether this execution is of that very request: tenant, nonce, action and payload. */
  public boolean isOf(VerifiedRequest verified) {
    ExecutionRequest request = verified.request();
    return tenant.equals(verified.tenant())
        && nonce.equals(request.nonce())
        && action.equals(request.action())
        && actionHash.equals(request.actionHash());
  }
}
