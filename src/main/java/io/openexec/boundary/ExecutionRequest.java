package io.openexec.boundary;

import io.openexec.receipt.ActionHash;
import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.StrictJson;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request of the right form and within the bounds; nothing about its approval is proven. Only
 * {@link RequestParser} makes one.
 */
public final class ExecutionRequest {
  private final String action;
  private final JsonValue payload;
  private final String nonce;
  private final @Nullable ApprovalArtifact artifact;
  private final List<String> tokens;
  private final Hash actionHash;

  ExecutionRequest(
      String action,
      JsonValue payload,
      String nonce,
      @Nullable ApprovalArtifact artifact,
      List<String> tokens) {
    this.action = action;
    this.payload = payload;
    this.nonce = nonce;
    this.artifact = artifact;
    this.tokens = List.copyOf(tokens);
    this.actionHash = ActionHash.of(action, payload);
  }

  /** Returns the name of the action, any string. */
  public String action() {
    return action;
  }

  /** Returns the payload, an object; <code>{}</code> where the request had none. */
  public JsonValue payload() {
    return payload;
  }

  /** Returns the nonce, 1 to 1,024 code points. */
  public String nonce() {
    return nonce;
  }

  /** Returns the hash over action and payload, which an artifact has to name. */
  public Hash actionHash() {
    return actionHash;
  }

  @Nullable ApprovalArtifact artifact() {
    return artifact;
  }

  /** Returns the approval tokens, at most 16; none where there is an artifact. */
  List<String> tokens() {
    return tokens;
  }

  /**
   * Returns the id of the execution that the request would have, if what it says of its tenant were
   * true; nothing if it says none.
   */
  Optional<UUID> claimedId() {
    return claimedTenant().map(tenant -> ExecutionId.of(tenant, nonce));
  }

  private Optional<String> claimedTenant() {
    if (artifact != null) {
      return Optional.of(artifact.tenantId());
    }
    String[] parts = tokens.isEmpty() ? new String[0] : tokens.get(0).split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(
          StrictJson.parse(Base64.getUrlDecoder().decode(parts[1])).path("tenant_id").textValue());
    } catch (IllegalArgumentException | JsonRefused e) {
      return Optional.empty();
    }
  }
}
