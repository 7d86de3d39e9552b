package io.openexec.ledger;

import java.util.Base64;

/** Base64 (RFC 4648, section 4) that reads only what it would have written. */
final class CanonicalBase64 {
  private CanonicalBase64() {}

  static String encode(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /**
   * Returns the bytes.
   *
   * @throws IllegalArgumentException if they are more than {@code most}, or spelt in any other way
   */
  static byte[] decode(String base64, int most) {
    // Before it is decoded, so that nobody makes this work on more.
    if (base64.length() > (most + 2) / 3 * 4) {
      throw tooLong(most);
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not base64 (RFC 4648, section 4)", e);
    }
    if (bytes.length > most) {
      throw tooLong(most);
    }
    // The decoder takes absent padding, and any bits beyond the last byte.
    if (!encode(bytes).equals(base64)) {
      throw new IllegalArgumentException("base64 in another spelling than an encoder's");
    }
    return bytes;
  }

  private static IllegalArgumentException tooLong(int most) {
    return new IllegalArgumentException("base64 of more than " + most + " bytes");
  }
}
