package io.openexec.boundary;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.StrictJson;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gate 1: bytes become an {@link ExecutionRequest}, or a refusal. Unknown members are ignored. */
public final class RequestParser {
  /** The most code points of a nonce. */
  public static final int MAX_NONCE = 1_024;

  /** The most approval tokens of a request. */
  public static final int MAX_TOKENS = 16;

  private RequestParser() {}

  /**
   * Parses a request.
   *
   * @throws Refusal 413 if it is longer than a request may be; else 422, naming the member that is
   *     wrong
   */
  public static ExecutionRequest parse(byte[] body) {
    if (body.length > StrictJson.MAX_LENGTH) {
      throw Refusal.tooLarge(StrictJson.MAX_LENGTH);
    }
    JsonNode root;
    try {
      root = StrictJson.parse(body);
    } catch (JsonRefused e) {
      throw Refusal.malformed("The body is not acceptable JSON: " + e.getMessage());
    }
    if (!root.isObject()) {
      throw Refusal.malformed("The body is not a JSON object");
    }
    // Before their forms, of which one at most matters.
    if (root.hasNonNull("approval_artifact") && root.hasNonNull("approval_token")) {
      throw Refusal.malformed("approval_artifact and approval_token exclude each other");
    }
    return new ExecutionRequest(
        string(root, "", "action"),
        payload(root.get("payload")),
        nonce(root),
        artifact(root.get("approval_artifact")),
        tokens(root.get("approval_token")));
  }

  private static String nonce(JsonNode root) {
    String nonce = string(root, "", "nonce");
    int length = nonce.codePointCount(0, nonce.length());
    if (length < 1 || length > MAX_NONCE) {
      throw Refusal.malformed(
          "nonce must have 1 to " + MAX_NONCE + " characters, and has " + length);
    }
    return nonce;
  }

  private static JsonValue payload(@Nullable JsonNode payload) {
    if (payload == null || payload.isNull()) {
      return JsonValue.emptyObject();
    }
    if (!payload.isObject()) {
      throw Refusal.malformed("payload must be an object or null");
    }
    return JsonValue.of(payload);
  }

  private static @Nullable ApprovalArtifact artifact(@Nullable JsonNode artifact) {
    if (artifact == null || artifact.isNull()) {
      return null;
    }
    if (!artifact.isObject()) {
      throw Refusal.malformed("approval_artifact must be an object or null");
    }
    if (!artifact.hasNonNull("expires_at")) {
      throw Refusal.malformed("Missing expires_at in approval artifact");
    }
    String prefix = "approval_artifact.";
    return new ApprovalArtifact(
        string(artifact, prefix, "approval_id"),
        string(artifact, prefix, "tenant_id"),
        string(artifact, prefix, "action_hash"),
        string(artifact, prefix, "issued_at"),
        string(artifact, prefix, "expires_at"),
        string(artifact, prefix, "signature"));
  }

  private static List<String> tokens(@Nullable JsonNode tokens) {
    if (tokens == null || tokens.isNull()) {
      return List.of();
    }
    if (tokens.isTextual()) {
      return List.of(tokens.textValue());
    }
    if (!tokens.isArray() || tokens.isEmpty() || tokens.size() > MAX_TOKENS) {
      throw Refusal.malformed(
          "approval_token must be a string, or an array of 1 to " + MAX_TOKENS + " strings");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode token : tokens) {
      if (!token.isTextual()) {
        throw Refusal.malformed("approval_token must hold strings only");
      }
      texts.add(token.textValue());
    }
    return texts;
  }

  private static String string(JsonNode object, String prefix, String member) {
    JsonNode value = object.get(member);
    if (value == null) {
      throw Refusal.malformed(prefix + member + " is missing");
    }
    if (!value.isTextual()) {
      throw Refusal.malformed(prefix + member + " must be a string");
    }
    return value.textValue();
  }
}
