package io.openexec.receipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import io.openexec.signature.SigningKey;
import io.openexec.signature.VerificationKey;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Base64;
import java.util.List;

/**
 * A JSON Web Signature in compact form (RFC 7515) with EdDSA over Ed25519 (RFC 8037), explicitly
 * typed (RFC 8725, section 3.11), whose payload is a JSON object.
 *
 * <p>The algorithm belongs to the key and is never the token's to choose (RFC 8725, section 3.1).
 * What would bring a key along, or change what is signed, refuses the token.
 */
public final class Jws {
  private static final List<String> NEVER = List.of("crit", "b64", "jwk", "jku", "x5u", "x5c");
  private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();
  private static final int PARTS = 3;
  private static final int MAX_KEY_ID = 255;

  private final JWSObject object;
  private final String keyId;

  private Jws(JWSObject object, String keyId) {
    this.object = object;
    this.keyId = keyId;
  }

  /** Makes tokens of one type, under one key. Any number of threads may sign with it at once. */
  public static final class Signer {
    private final SigningKey key;
    private final String header;

    /**
     * Makes the signer.
     *
     * @param type the header's {@code typ}
     * @param key signs; its thumbprint becomes the {@code kid}
     */
    public Signer(String type, SigningKey key) {
      this.key = key;
      this.header =
          new JWSHeader.Builder(JWSAlgorithm.EdDSA)
              .type(new JOSEObjectType(type))
              .keyID(key.verificationKey().thumbprint())
              .build()
              .toBase64URL()
              .toString();
    }

    /**
     * Returns the signed token of a payload, a JSON object in UTF-8: RFC 7515, section 7.1, whose
     * header never changes. (The library would encode that again each time, at the price of a third
     * of the signature.)
     */
    public String sign(byte[] payload) {
      String input = header + "." + BASE64_URL.encodeToString(payload);
      byte[] signature = key.sign(input.getBytes(StandardCharsets.US_ASCII));
      return input + "." + BASE64_URL.encodeToString(signature);
    }
  }

  /**
   * Parses a token; nothing is proven about it but its form.
   *
   * @param type what its {@code typ} has to be, so that no token is taken for one of another kind
   * @param maxLength the most characters that are looked at
   * @throws JwsRefused saying what is wrong with it
   */
  public static Jws parse(String compact, String type, int maxLength) throws JwsRefused {
    if (compact.length() > maxLength) {
      throw new JwsRefused("it is longer than " + maxLength + " characters");
    }
    String[] parts = compact.split("\\.", -1);
    if (parts.length != PARTS) {
      throw new JwsRefused("it is not three parts, joined by dots, of a compact JWS");
    }
    JsonNode header = object(decoded(parts[0], "header"), "header");
    decoded(parts[1], "payload");
    decoded(parts[2], "signature");
    String keyId = checked(header, type);
    try {
      return new Jws(JWSObject.parse(compact), keyId);
    } catch (ParseException e) {
      throw new JwsRefused("its header is not one of a JWS");
    }
  }

  private static String checked(JsonNode header, String type) throws JwsRefused {
    for (String name : NEVER) {
      if (header.has(name)) {
        throw new JwsRefused("its header has the member " + name + ", which is never taken");
      }
    }
    if (!"EdDSA".equals(header.path("alg").textValue())) {
      throw new JwsRefused("its alg is not EdDSA");
    }
    if (!type.equals(header.path("typ").textValue())) {
      throw new JwsRefused("its typ is not " + type);
    }
    String keyId = header.path("kid").textValue();
    if (keyId == null || keyId.isEmpty() || keyId.length() > MAX_KEY_ID) {
      throw new JwsRefused("its header has no kid of 1 to " + MAX_KEY_ID + " characters");
    }
    return keyId;
  }

  /** Decodes base64url (RFC 7515, section 2) in its one spelling: no padding, no stray bits. */
  private static byte[] decoded(String part, String name) throws JwsRefused {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(part);
      if (BASE64_URL.encodeToString(bytes).equals(part)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Not base64url: refused below.
    }
    throw new JwsRefused("its " + name + " is not base64url without padding");
  }

  private static JsonNode object(byte[] utf8, String name) throws JwsRefused {
    try {
      JsonNode parsed = StrictJson.parse(utf8);
      if (parsed.isObject()) {
        return parsed;
      }
    } catch (JsonRefused e) {
      throw new JwsRefused("its " + name + " is not strict JSON: " + e.getMessage());
    }
    throw new JwsRefused("its " + name + " is not a JSON object");
  }

  /** Returns the header's {@code kid}, by which to look up a key that is trusted already. */
  public String keyId() {
    return keyId;
  }

  /**
   * Verifies the signature, and then reads the payload from the very bytes that it covers.
   *
   * @return the claims
   * @throws JwsRefused if the signature does not verify under that key, or the payload is not one
   *     strict JSON object (duplicate names included)
   */
  public JsonNode verify(VerificationKey key) throws JwsRefused {
    boolean holds;
    try {
      holds = object.verify(new NimbusKeys.Verifier(key));
    } catch (JOSEException e) {
      holds = false;
    }
    if (!holds) {
      throw new JwsRefused("its signature does not verify");
    }
    return object(object.getPayload().toBytes(), "payload");
  }

  /** Returns the claims without a proof of anything: to say more about what is refused. */
  public JsonNode unverifiedClaims() throws JwsRefused {
    return object(object.getPayload().toBytes(), "payload");
  }

  /** Returns the compact form. */
  @Override
  public String toString() {
    return object.serialize();
  }
}
