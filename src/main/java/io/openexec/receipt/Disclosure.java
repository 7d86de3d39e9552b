package io.openexec.receipt;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A disclosure of an object's property (RFC 9901, section 4.2.1): opens one digest of a receipt.
 *
 * @param text the base64url-encoded JSON array of salt, name and value
 */
record Disclosure(String text) {
  /** 128 bits, as RFC 9901, section 9.3, recommends. */
  static final int SALT_BYTES = 16;

  /** The most characters: of a result, whose numbers and escapes may have grown. */
  static final int MAX_LENGTH = 1 << 24;

  private static final int ELEMENTS = 3;

  private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(Disclosure::sha256);

  /**
   * Makes one.
   *
   * @param salt unpredictable, used once
   * @param value JSON, which stays as it is
   */
  static Disclosure of(byte[] salt, String name, String value) {
    String json =
        "[\""
            + BASE64_URL.encodeToString(salt)
            + "\","
            + CanonicalJson.quoted(name)
            + ","
            + value
            + "]";
    return new Disclosure(BASE64_URL.encodeToString(json.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns the digest that stands for it in {@code _sd} (RFC 9901, section 4.2.3). */
  String digest() {
    return BASE64_URL.encodeToString(
        SHA_256.get().digest(text.getBytes(StandardCharsets.US_ASCII)));
  }

  /**
   * What it opens.
   *
   * @param name of the claim
   * @param value as it was concealed
   */
  record Opened(String name, JsonValue value) {}

  /**
   * Reads it. That it belongs to a receipt is for its digest to show.
   *
   * @throws JwsRefused if it is not one of an object's property, in the one spelling of its
   *     encoding
   */
  Opened opened() throws JwsRefused {
    JsonNode array = json();
    if (!array.isArray()
        || array.size() != ELEMENTS
        || !array.path(0).isTextual()
        || !array.path(1).isTextual()) {
      throw new JwsRefused("a disclosure is not an array of salt, name and value");
    }
    String name = array.path(1).textValue();
    // RFC 9901, section 4.2.1: names that would themselves stand for digests.
    if (name.equals("_sd") || name.equals("...")) {
      throw new JwsRefused("a disclosure has the name " + name + ", which no claim can have");
    }
    return new Opened(name, JsonValue.of(array.path(2)));
  }

  private JsonNode json() throws JwsRefused {
    if (text.length() > MAX_LENGTH) {
      throw new JwsRefused("a disclosure is longer than " + MAX_LENGTH + " characters");
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      if (BASE64_URL.encodeToString(bytes).equals(text)) {
        return StrictJson.parseEnclosing(
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString(),
            MAX_LENGTH);
      }
    } catch (IllegalArgumentException | CharacterCodingException e) {
      // Refused below.
    } catch (JsonRefused e) {
      throw new JwsRefused("a disclosure is not strict JSON: " + e.getMessage());
    }
    throw new JwsRefused("a disclosure is not UTF-8 in base64url without padding");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
