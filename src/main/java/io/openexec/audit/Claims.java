package io.openexec.audit;

import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.OpenedReceipt;
import io.openexec.receipt.ReceiptHash;
import io.openexec.receipt.StrictJson;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the receipt of an outcome has to say, by the row of the outcome and of its execution. */
final class Claims {
  private Claims() {}

  /**
   * An outcome as it is on record.
   *
   * @param state a state's code
   * @param reason a code
   * @param result JSON, in the canonical form with spaces
   * @param receipt the receipt hash
   */
  record OutcomeRow(
      String state, @Nullable String reason, @Nullable String result, @Nullable String receipt) {

    /** Recomputes the receipt hash. */
    void checkHash(String where, String executionId) throws Misfit {
      String computed =
          (result == null
                  ? ReceiptHash.ofState(executionId, String.valueOf(reason), state)
                  : ReceiptHash.ofText(executionId, result))
              .hex();
      Misfit.unlessEqual(where + ": receipt hash", computed, receipt);
    }
  }

  /** Holds what a receipt says against what is on record. */
  static void check(ReceiptRow row, OpenedReceipt receipt, ExecutionRow execution, OutcomeRow of)
      throws Misfit {
    boolean conflict = receipt.status().equals(ReceiptRow.CONFLICT);
    String name = row.name() + " of execution " + execution.id();
    if (!conflict) {
      Misfit.unlessEqual(name + ": status", of.state, receipt.status());
    }
    Misfit.unlessEqual(name + ": reason", of.reason, receipt.reason().orElse(null));
    Map<String, String> expected = request(execution);
    if (of.result != null) {
      expected.put("result", json(name + ": result", of.result).compact());
    }
    if (conflict) {
      expected.put("state", CanonicalJson.quoted(of.state));
    }
    for (Map.Entry<String, String> claim : expected.entrySet()) {
      JsonValue found = receipt.opened().get(claim.getKey());
      Misfit.unlessEqual(
          name + ": " + claim.getKey(), claim.getValue(), found == null ? null : found.compact());
    }
    TreeSet<String> names = new TreeSet<>(expected.keySet());
    names.add("ended_at");
    Misfit.unlessEqual(
        name + ": claims", names.toString(), new TreeSet<>(receipt.opened().keySet()).toString());
  }

  private static Map<String, String> request(ExecutionRow execution) throws Misfit {
    String where = "execution " + execution.id();
    Map<String, String> claims = new LinkedHashMap<>();
    claims.put("exec_id", CanonicalJson.quoted(execution.id()));
    claims.put("tenant_id", CanonicalJson.quoted(execution.tenant()));
    claims.put("action", CanonicalJson.quoted(execution.action()));
    claims.put("payload", execution.payload());
    claims.put("nonce", execution.nonce());
    if (execution.approvals() != null) {
      claims.put("approvals", json(where + ": approvals", execution.approvals()).compact());
    }
    claims.put(
        "admitted_at",
        CanonicalJson.quoted(Instant.ofEpochMilli(execution.createdAt()).toString()));
    return claims;
  }

  /** Parses JSON on record, of which a canonical form may be longer than what came in. */
  static JsonValue json(String where, String text) throws Misfit {
    try {
      return JsonValue.of(StrictJson.parseStored(text));
    } catch (JsonRefused e) {
      throw new Misfit(where, "strict JSON", "text that is refused: " + e.getMessage());
    }
  }
}
