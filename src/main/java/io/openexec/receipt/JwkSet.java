package io.openexec.receipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.signature.VerificationKey;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The keys under which receipts are believed, as a JWK Set (RFC 7517, section 5) of Ed25519 keys
 * (RFC 8037, section 2). Each goes by its thumbprint (RFC 7638), so that none can pass under the
 * name of another.
 */
public final class JwkSet {
  private static final int MAX_KEYS = 1_000;

  private final Map<String, VerificationKey> byThumbprint = new LinkedHashMap<>();

  private JwkSet() {}

  /** Returns the set of these keys. */
  public static JwkSet of(Collection<VerificationKey> keys) {
    JwkSet set = new JwkSet();
    keys.forEach(key -> set.byThumbprint.put(key.thumbprint(), key));
    return set;
  }

  /**
   * Parses a set; members of keys that say nothing here are ignored.
   *
   * @param json of at most {@link StrictJson#MAX_LENGTH} characters
   * @throws JsonRefused if it is none, has more than 1,000 keys, or any of them is not a public
   *     Ed25519 key whose {@code kid}, if there is one, is its thumbprint
   */
  public static JwkSet parse(String json) throws JsonRefused {
    JsonNode keys = StrictJson.parse(json).path("keys");
    if (!keys.isArray() || keys.size() > MAX_KEYS) {
      throw new JsonRefused("not a JWK set: its keys are not an array of at most " + MAX_KEYS);
    }
    JwkSet set = new JwkSet();
    for (JsonNode jwk : keys) {
      VerificationKey key = key(jwk);
      if (jwk.has("kid") && !key.thumbprint().equals(jwk.path("kid").textValue())) {
        throw new JsonRefused("a key whose kid is not its thumbprint, " + key.thumbprint());
      }
      set.byThumbprint.put(key.thumbprint(), key);
    }
    return set;
  }

  private static VerificationKey key(JsonNode jwk) throws JsonRefused {
    if (!"OKP".equals(jwk.path("kty").textValue())
        || !"Ed25519".equals(jwk.path("crv").textValue())
        || jwk.has("d")) {
      throw new JsonRefused("a key that is not a public one of kty OKP and crv Ed25519");
    }
    try {
      return VerificationKey.ofRaw(Base64.getUrlDecoder().decode(jwk.path("x").asText()));
    } catch (IllegalArgumentException e) {
      throw new JsonRefused("a key whose x is none of Ed25519 in base64url: " + e.getMessage());
    }
  }

  /** Returns the key of that thumbprint, which is what a {@code kid} has to be. */
  public Optional<VerificationKey> key(String thumbprint) {
    return Optional.ofNullable(byThumbprint.get(thumbprint));
  }

  /** Returns the set as JSON. */
  public ObjectNode json() {
    ObjectNode set = JsonNodeFactory.instance.objectNode();
    ArrayNode keys = set.putArray("keys");
    byThumbprint.values().forEach(key -> keys.add(jwk(key)));
    return set;
  }

  /** Returns one key as JSON: {@code kty}, {@code crv}, {@code x}, {@code kid}, use and alg. */
  public static ObjectNode jwk(VerificationKey key) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("kty", "OKP")
        .put("crv", "Ed25519")
        .put("x", Base64.getUrlEncoder().withoutPadding().encodeToString(key.raw()))
        .put("kid", key.thumbprint())
        .put("use", "sig")
        .put("alg", "EdDSA");
  }
}
