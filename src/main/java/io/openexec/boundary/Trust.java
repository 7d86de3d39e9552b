package io.openexec.boundary;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.StrictJson;
import io.openexec.signature.VerificationKey;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys whose approval tokens are taken: a JSON Web Key Set (RFC 7517, section 5) of Ed25519
 * public keys (RFC 8037), each of one tenant and one issuer.
 *
 * <pre>
 * {"keys": [{
 *   "kty": "OKP", "crv": "Ed25519", "x": "…", "kid": "alice-2026",
 *   "tenant_id": "tenant-001", "iss": "alice@example.org",
 *   "nbf": 1767225600, "exp": 1798761600, "revoked": false}]}
 * </pre>
 *
 * <p>{@code nbf} and {@code exp} (NumericDate) say when the key verifies, {@code revoked} (a
 * boolean, or a NumericDate) that it does not any more; these three are optional, as are {@code
 * alg} ({@code EdDSA}), {@code use} ({@code sig}) and {@code key_ops} ({@code ["verify"]}). Any
 * other member refuses the whole file: a misspelt {@code revoked} must not go unnoticed, and a
 * private key has no business there.
 */
public final class Trust {
  private static final Set<String> MEMBERS =
      Set.of(
          "kty",
          "crv",
          "x",
          "kid",
          "alg",
          "use",
          "key_ops",
          "tenant_id",
          "iss",
          "nbf",
          "exp",
          "revoked");
  private static final int MAX_NAME = 255;

  private final Map<String, TrustedKey> keys;

  private Trust(Map<String, TrustedKey> keys) {
    this.keys = Map.copyOf(keys);
  }

  /**
   * Parses a file.
   *
   * @throws IllegalArgumentException saying which key is wrong, by its place in the file, and how;
   *     never by its name, for it is shown to everyone
   */
  public static Trust parse(byte[] utf8) {
    JsonNode root;
    try {
      root = StrictJson.parse(utf8);
    } catch (JsonRefused e) {
      throw new IllegalArgumentException("it is not strict JSON: " + e.getMessage(), e);
    }
    require(root.isObject() && root.path("keys").isArray(), "it is not {\"keys\": [...]}");
    require(root.size() == 1, "it has members beside keys");
    Map<String, TrustedKey> keys = new HashMap<>();
    Set<VerificationKey> distinct = new HashSet<>();
    int number = 0;
    for (JsonNode jwk : root.path("keys")) {
      number++;
      try {
        TrustedKey key = key(jwk);
        require(keys.put(key.id(), key) == null, "has a kid that another one has");
        // Else who holds it could be two issuers.
        require(distinct.add(key.key()), "is there twice; a key is of one tenant and one issuer");
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("key " + number + " " + e.getMessage(), e);
      }
    }
    return new Trust(keys);
  }

  private static TrustedKey key(JsonNode jwk) {
    require(jwk.isObject(), "is not an object");
    require(!jwk.has("d"), "has the member d: it is a private key; put the public one there");
    jwk.fieldNames()
        .forEachRemaining(
            name -> require(MEMBERS.contains(name), "has a member that is not one of " + MEMBERS));
    require(is(jwk, "kty", "OKP") && is(jwk, "crv", "Ed25519"), "is not an OKP key of Ed25519");
    require(!jwk.has("alg") || is(jwk, "alg", "EdDSA"), "has an alg that is not EdDSA");
    require(!jwk.has("use") || is(jwk, "use", "sig"), "has a use that is not sig");
    require(
        !jwk.has("key_ops")
            || (jwk.path("key_ops").size() == 1
                && jwk.path("key_ops").path(0).asText().equals("verify")),
        "has key_ops that are not [\"verify\"]");
    return new TrustedKey(
        name(jwk, "kid"),
        VerificationKey.ofRaw(raw(jwk.path("x"))),
        name(jwk, "tenant_id"),
        name(jwk, "iss"),
        date(jwk, "nbf"),
        date(jwk, "exp"),
        revoked(jwk));
  }

  private static boolean is(JsonNode jwk, String member, String value) {
    return value.equals(jwk.path(member).textValue());
  }

  private static byte[] raw(JsonNode x) {
    try {
      byte[] raw = Base64.getUrlDecoder().decode(x.asText());
      if (Base64.getUrlEncoder().withoutPadding().encodeToString(raw).equals(x.textValue())) {
        return raw;
      }
    } catch (IllegalArgumentException e) {
      // Not base64url: refused below.
    }
    throw new IllegalArgumentException("has an x that is not base64url without padding");
  }

  private static String name(JsonNode jwk, String member) {
    String name = jwk.path(member).textValue();
    if (name == null || name.isEmpty() || name.codePointCount(0, name.length()) > MAX_NAME) {
      throw new IllegalArgumentException(
          "has no " + member + " that is a string of 1 to " + MAX_NAME + " characters");
    }
    return name;
  }

  private static @Nullable Instant date(JsonNode jwk, String member) {
    return jwk.has(member)
        ? NumericDate.parse(jwk.path(member))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "has " + member + ", and it is not " + NumericDate.FORM))
        : null;
  }

  private static @Nullable Instant revoked(JsonNode jwk) {
    return jwk.path("revoked").isBoolean()
        ? (jwk.path("revoked").booleanValue() ? Instant.MIN : null)
        : date(jwk, "revoked");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** Returns whether there is no key at all, so that no token is taken. */
  public boolean isEmpty() {
    return keys.isEmpty();
  }

  Optional<TrustedKey> find(String keyId) {
    return Optional.ofNullable(keys.get(keyId));
  }
}
