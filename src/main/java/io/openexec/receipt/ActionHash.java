package io.openexec.receipt;

/** The hash that an approval approves: of one action with one payload. */
public final class ActionHash {
  private ActionHash() {}

  /**
   * Returns the SHA-256 of CPython's {@code json.dumps({"action": action, "payload": payload},
   * sort_keys=True, separators=(",", ":"))}.
   */
  public static Hash of(String action, JsonValue payload) {
    return Hash.ofUtf8(
        "{\"action\":" + CanonicalJson.quoted(action) + ",\"payload\":" + payload.compact() + "}");
  }
}
