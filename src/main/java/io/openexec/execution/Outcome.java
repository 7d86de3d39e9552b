package io.openexec.execution;

import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.ReceiptHash;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What came of an execution.
 *
 * @param state any but {@link State#RUNNING}
 * @param reason a code in lower snake case; null if it succeeded at once
 * @param result what the action answered; null unless it succeeded
 */
public record Outcome(State state, @Nullable String reason, @Nullable JsonValue result) {
  /** The action raised an error that says nothing definite. */
  public static final String ACTION_ERROR = "action_error";

  /** The action ended, but its result is not a JSON object that can be recorded. */
  public static final String RESULT_UNUSABLE = "result_unusable";

  /** The action ended, but its result is not what its file says results are like. */
  public static final String RESULT_SCHEMA = "result_schema";

  /** The action did not end within its time. */
  public static final String TIMEOUT = "timeout";

  /** The service ended while the action ran. */
  public static final String INTERRUPTED = "interrupted";

  /** The outcome arrived after the execution had been declared unknown. */
  public static final String LATE_OUTCOME = "late_outcome";

  /** The action was never dispatched, though its execution had been declared unknown. */
  public static final String NEVER_DISPATCHED = "never_dispatched";

  /** OpenExec 0.1.10 executed it, and its record of that cannot be answered. */
  public static final String NOT_TAKEN_OVER = "not_taken_over";

  private static final Pattern REASON = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  /**
   * Checks that the parts belong together.
   *
   * @throws IllegalArgumentException if they do not
   */
  public Outcome {
    if (state == State.RUNNING
        || (state == State.SUCCEEDED) != (result != null)
        || (state != State.SUCCEEDED && reason == null)) {
      throw new IllegalArgumentException("no such outcome: " + state + ", " + reason);
    }
    if (reason != null && !isReason(reason)) {
      throw new IllegalArgumentException("not a reason code: " + reason);
    }
  }

  /** Returns whether a text is a reason code: lower snake case, at most 64 characters. */
  public static boolean isReason(String text) {
    return REASON.matcher(text).matches();
  }

  /** The action took effect and answered this. */
  public static Outcome succeeded(JsonValue result) {
    return new Outcome(State.SUCCEEDED, null, result);
  }

  /** The action is known not to have taken effect. */
  public static Outcome failed(String reason) {
    return new Outcome(State.FAILED, reason, null);
  }

  /** The action may or may not have taken effect. */
  public static Outcome unknown(String reason) {
    return new Outcome(State.UNKNOWN, reason, null);
  }

  /** Returns this outcome with another reason. */
  public Outcome because(String otherReason) {
    return new Outcome(state, otherReason, result);
  }

  /** Returns the receipt hash (DESIGN section 3) of this outcome of that execution. */
  public Hash receipt(UUID executionId) {
    return result != null
        ? ReceiptHash.of(executionId.toString(), result)
        : ReceiptHash.ofState(executionId.toString(), String.valueOf(reason), state.code());
  }
}
