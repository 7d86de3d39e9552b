package io.openexec.store;

import io.openexec.execution.Execution;
import io.openexec.execution.Outcome;
import io.openexec.execution.State;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.ReceiptHash;
import io.openexec.receipt.StrictJson;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of OpenExec 0.1.10's table {@code execution_log}, as it stands there. 0.1.10 wrote payload
 * and result by {@code json.dumps(…, sort_keys=True)}; but nothing kept others from writing.
 */
record OldExecution(
    @Nullable String id,
    String action,
    @Nullable String payload,
    @Nullable String result,
    String nonce,
    boolean approved,
    @Nullable String timestamp) {

  static OldExecution of(ResultSet row) throws SQLException {
    return new OldExecution(
        row.getString("id"),
        row.getString("action"),
        row.getString("payload"),
        row.getString("result"),
        row.getString("nonce"),
        row.getBoolean("approved"),
        row.getString("timestamp"));
  }

  /**
   * Returns the execution that it is from now on, whatever stands in the row: as 0.1.10 answered
   * it, or {@link Outcome#NOT_TAKEN_OVER}.
   */
  Execution takenOver(String tenant) {
    Optional<UUID> uuid = uuid();
    UUID now = uuid.orElseGet(() -> ExecutionId.of(tenant, nonce));
    boolean answerable = uuid.isPresent() && approved && isObject(result);
    Outcome unknown = Outcome.unknown(Outcome.NOT_TAKEN_OVER);
    return new Execution(
        now,
        tenant,
        nonce,
        action,
        actionHash(),
        answerable ? State.SUCCEEDED : State.UNKNOWN,
        answerable ? null : unknown.reason(),
        answerable ? result : null,
        // Over the very text: receipts that 0.1.10 gave out stay issued.
        uuid.isPresent() && result != null
            ? ReceiptHash.ofText(now.toString(), result)
            : unknown.receipt(now),
        null);
  }

  private Optional<UUID> uuid() {
    try {
      return Optional.ofNullable(id).map(UUID::fromString).filter(u -> u.toString().equals(id));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean isObject(@Nullable String text) {
    try {
      return text != null && StrictJson.parseStored(text).isObject();
    } catch (JsonRefused e) {
      return false;
    }
  }

  /**
   * The hash that approved it. The payload is not parsed: it stands there in the canonical form but
   * for the spaces, and so also what {@link StrictJson} has no form for gets a hash, one that no
   * request has.
   */
  private Hash actionHash() {
    String compact = payload == null ? "null" : compact(payload);
    return Hash.ofUtf8(
        "{\"action\":" + CanonicalJson.quoted(action) + ",\"payload\":" + compact + "}");
  }

  /** Leaves out the spaces after commas and colons that are not in strings. */
  private static String compact(String json) {
    StringBuilder compact = new StringBuilder(json.length());
    boolean quoted = false;
    char last = 0;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (quoted || c != ' ' || (last != ',' && last != ':')) {
        compact.append(c);
      }
      if (quoted && c == '\\' && i + 1 < json.length()) {
        i++;
        compact.append(json.charAt(i));
      } else if (c == '"') {
        quoted = !quoted;
      }
      last = c;
    }
    return compact.toString();
  }
}
