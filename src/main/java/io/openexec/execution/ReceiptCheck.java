package io.openexec.execution;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.boundary.Refusal;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.ReceiptHash;
import io.openexec.receipt.StrictJson;
import java.util.UUID;

/**
 * Answers whether a receipt belongs to a result ({@code valid}), and whether this store issued
 * exactly that receipt for that result ({@code recorded}). Anyone can hash an invented result, so
 * the first alone proves nothing.
 */
public final class ReceiptCheck {
  private final ExecutionStore store;

  /** Checks against this store. */
  public ReceiptCheck(ExecutionStore store) {
    this.store = store;
  }

  /**
   * Checks <code>{"exec_id", "result", "receipt"}</code>; the result as itself, or its JSON as a
   * string.
   *
   * @throws Refusal 422 if the request does not have that form, 503 if the store is unavailable
   */
  public Answer check(byte[] body) {
    JsonNode request = parse(body);
    String id = string(request, "exec_id");
    String receipt = string(request, "receipt");
    JsonNode result = request.get("result");
    if (result == null) {
      throw Refusal.malformedReceiptCheck("result is missing");
    }
    boolean valid = isValid(id, result, receipt);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.put("valid", valid);
    answer.put("recorded", valid && isRecorded(id, receipt));
    return Answer.of(200, answer);
  }

  private static boolean isValid(String id, JsonNode result, String receipt) {
    if (!result.isTextual()) {
      return ReceiptHash.of(id, JsonValue.of(result)).hex().equals(receipt);
    }
    String text = result.textValue();
    if (ReceiptHash.ofText(id, text).hex().equals(receipt)) {
      return true;
    }
    try {
      // The same value in another layout.
      return ReceiptHash.of(id, JsonValue.parse(text)).hex().equals(receipt);
    } catch (JsonRefused e) {
      return false;
    }
  }

  private boolean isRecorded(String id, String receipt) {
    UUID uuid;
    try {
      uuid = UUID.fromString(id);
    } catch (IllegalArgumentException e) {
      return false;
    }
    try {
      // UUID.fromString takes shorter spellings too; the receipt covers one of them only.
      return uuid.toString().equals(id) && store.issued(uuid, new Hash(receipt));
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }

  private static JsonNode parse(byte[] body) {
    JsonNode request;
    try {
      request = StrictJson.parse(body);
    } catch (JsonRefused e) {
      throw Refusal.malformedReceiptCheck("The body is not acceptable JSON: " + e.getMessage());
    }
    if (!request.isObject()) {
      throw Refusal.malformedReceiptCheck("The body is not a JSON object");
    }
    return request;
  }

  private static String string(JsonNode request, String member) {
    JsonNode value = request.get(member);
    if (value == null || !value.isTextual()) {
      throw Refusal.malformedReceiptCheck(member + " must be a string");
    }
    return value.textValue();
  }
}
