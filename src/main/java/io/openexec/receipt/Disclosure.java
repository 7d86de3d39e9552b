package io.openexec.receipt;

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

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
