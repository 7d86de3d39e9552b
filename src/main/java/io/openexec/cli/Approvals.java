package io.openexec.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.boundary.ExecutionRequest;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.Jws;
import io.openexec.receipt.TokenActionHash;
import io.openexec.signature.SigningKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/** Makes approvals. It is the approver's, and no part of the service. */
final class Approvals {
  private static final String TOKEN_TYPE = "openexec-approval+jwt";

  // What the service looks at.
  private static final int MAX_TOKEN = 8_192;

  private Approvals() {}

  /** Returns an artifact in the form of OpenExec 0.1.10. */
  static ObjectNode artifact(Terms terms, SigningKey key) {
    String id = UUID.randomUUID().toString();
    String hash = terms.request().actionHash().hex();
    String issuedAt = terms.issuedAt().toString();
    String expiresAt = terms.expiresAt().toString();
    // The shapes leave one way only to cut this into its members.
    String signed = id + terms.tenant() + hash + issuedAt + expiresAt;
    byte[] signature = key.sign(signed.getBytes(StandardCharsets.UTF_8));
    return JsonNodeFactory.instance
        .objectNode()
        .put("approval_id", id)
        .put("tenant_id", terms.tenant())
        .put("action_hash", hash)
        .put("issued_at", issuedAt)
        .put("expires_at", expiresAt)
        .put("signature", Base64.getEncoder().encodeToString(signature));
  }

  /**
   * Returns a token: a JWS in compact form.
   *
   * @param issuer who approves
   * @throws Unusable if the payload is one that no token can approve, or the token is too long
   */
  static String token(Terms terms, String issuer, SigningKey key) {
    ExecutionRequest request = terms.request();
    ObjectNode claims =
        JsonNodeFactory.instance
            .objectNode()
            .put("iss", issuer)
            .put("jti", UUID.randomUUID().toString())
            .put("iat", terms.issuedAt().getEpochSecond())
            .put("exp", terms.expiresAt().getEpochSecond())
            .put("tenant_id", terms.tenant())
            .put("action", request.action())
            .put("action_hash", hash(terms));
    Instant notBefore = terms.notBefore();
    if (notBefore != null) {
      claims.put("nbf", notBefore.getEpochSecond());
    }
    if (!terms.audience().isEmpty()) {
      putAudience(claims, terms.audience());
    }
    if (terms.nonceBound()) {
      claims.put("nonce", request.nonce());
    }
    if (!terms.scope().isEmpty()) {
      claims.put("scope", String.join(" ", terms.scope()));
    }
    String token =
        new Jws.Signer(TOKEN_TYPE, key).sign(Json.text(claims).getBytes(StandardCharsets.US_ASCII));
    if (token.length() > MAX_TOKEN) {
      throw new Unusable(
          "the token would be longer than the " + MAX_TOKEN + " characters that are taken");
    }
    return token;
  }

  /** RFC 7519, section 4.1.3: one may stand alone. */
  private static void putAudience(ObjectNode claims, List<String> audience) {
    if (audience.size() == 1) {
      claims.put("aud", audience.get(0));
      return;
    }
    ArrayNode names = claims.putArray("aud");
    audience.forEach(names::add);
  }

  private static String hash(Terms terms) {
    ExecutionRequest request = terms.request();
    try {
      return TokenActionHash.of(terms.tenant(), request.action(), request.payload()).hex();
    } catch (JsonRefused e) {
      throw new Unusable("no token can approve the payload: it has " + e.getMessage());
    }
  }
}
