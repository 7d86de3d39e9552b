package io.openexec.receipt;

/**
 * The receipt hash of OpenExec 0.1.10: SHA-256 of {@code EXEC_ID + ":" + json.dumps(result,
 * sort_keys=True)}. Anyone can compute it; it shows that a result belongs to an id, not who said
 * so.
 */
public final class ReceiptHash {
  private ReceiptHash() {}

  /** Returns the hash for an execution that has a result. */
  public static Hash of(String executionId, JsonValue result) {
    return ofText(executionId, result.spaced());
  }

  /**
   * Returns the hash for an execution without a result: <code>{"reason": …, "state": …}</code>
   * stands for it.
   */
  public static Hash ofState(String executionId, String reason, String state) {
    return ofText(
        executionId,
        "{\"reason\": "
            + CanonicalJson.quoted(reason)
            + ", \"state\": "
            + CanonicalJson.quoted(state)
            + "}");
  }

  /** Returns the hash over a result's text as it stands. */
  public static Hash ofText(String executionId, String resultText) {
    return Hash.ofUtf8(executionId + ":" + resultText);
  }
}
