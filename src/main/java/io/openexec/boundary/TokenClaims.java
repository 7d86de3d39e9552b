package io.openexec.boundary;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The claims of an approval token (RFC 7519, section 4), each of its form; what they say is not
 * checked yet. Claims that are not named here say nothing to OpenExec, and are ignored.
 *
 * @param issuer {@code iss}
 * @param id {@code jti}, a lower-case UUID
 * @param issuedAt {@code iat}
 * @param expiresAt {@code exp}
 * @param notBefore {@code nbf}; null if it has none
 * @param tenant {@code tenant_id}
 * @param action {@code action}
 * @param actionHash {@code action_hash}, 64 lower-case hex digits
 * @param audience {@code aud}, a string or several; null if it has none
 * @param nonce {@code nonce}; null if it has none
 * @param scope {@code scope}, actions with a space between; null if it has none
 * @param constrained whether it sets any constraint at all
 */
record TokenClaims(
    String issuer,
    String id,
    Instant issuedAt,
    Instant expiresAt,
    @Nullable Instant notBefore,
    String tenant,
    String action,
    String actionHash,
    @Nullable List<String> audience,
    @Nullable String nonce,
    @Nullable List<String> scope,
    boolean constrained) {
  private static final int MAX_NAME = 255;

  /**
   * Takes the claims of a token.
   *
   * @throws Refusal 403, naming the first claim that is missing or does not have its form
   */
  static TokenClaims of(JsonNode claims) {
    String id = string(claims, "jti");
    if (!ApprovalVerifier.UUID_FORM.matcher(id).matches()) {
      throw Refusal.illFormedToken("its jti is not a lower-case UUID of 36 characters");
    }
    String hash = string(claims, "action_hash");
    if (!hash.matches("[0-9a-f]{64}")) {
      throw Refusal.illFormedToken("its action_hash is not 64 lower-case hex digits");
    }
    JsonNode constraints = claims.path("constraints");
    if (claims.has("constraints") && !constraints.isObject()) {
      throw Refusal.illFormedToken("its constraints are not an object");
    }
    String scope = claims.has("scope") ? string(claims, "scope") : null;
    return new TokenClaims(
        name(claims, "iss"),
        id,
        date(claims, "iat"),
        date(claims, "exp"),
        claims.has("nbf") ? date(claims, "nbf") : null,
        name(claims, "tenant_id"),
        string(claims, "action"),
        hash,
        claims.has("aud") ? audience(claims.path("aud")) : null,
        claims.has("nonce") ? string(claims, "nonce") : null,
        scope == null ? null : List.of(scope.split(" ")),
        !constraints.isEmpty());
  }

  private static String string(JsonNode claims, String name) {
    String value = claims.path(name).textValue();
    if (value == null) {
      throw Refusal.illFormedToken(
          claims.has(name) ? "its " + name + " is not a string" : "it has no " + name);
    }
    return value;
  }

  private static String name(JsonNode claims, String name) {
    String value = string(claims, name);
    if (value.isEmpty() || value.codePointCount(0, value.length()) > MAX_NAME) {
      throw Refusal.illFormedToken(
          "its " + name + " does not have 1 to " + MAX_NAME + " characters");
    }
    return value;
  }

  private static Instant date(JsonNode claims, String name) {
    if (!claims.has(name)) {
      throw Refusal.illFormedToken("it has no " + name);
    }
    return NumericDate.parse(claims.path(name))
        .orElseThrow(() -> Refusal.illFormedToken("its " + name + " is not " + NumericDate.FORM));
  }

  private static List<String> audience(JsonNode audience) {
    List<String> names = new ArrayList<>();
    for (JsonNode name : audience.isArray() ? audience : List.of(audience)) {
      if (!name.isTextual()) {
        throw Refusal.illFormedToken("its aud is not a string or an array of strings");
      }
      names.add(name.textValue());
    }
    return names;
  }
}
