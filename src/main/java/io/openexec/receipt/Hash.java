package io.openexec.receipt;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A SHA-256 hash (FIPS 180-4), written as 64 lower-case hex digits.
 *
 * @param hex the 64 digits
 */
public record Hash(String hex) {
  private static final int DIGITS = 64;

  /**
   * Takes a hash in its one accepted spelling.
   *
   * @throws IllegalArgumentException if {@code hex} is not 64 lower-case hex digits
   */
  public Hash {
    if (hex.length() != DIGITS || !hasOnlyDigits(hex)) {
      throw new IllegalArgumentException("not 64 lower-case hex digits");
    }
  }

  private static boolean hasOnlyDigits(String text) {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (!((unit >= '0' && unit <= '9') || (unit >= 'a' && unit <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  /** Returns the hash of the UTF-8 bytes of {@code text}. */
  public static Hash ofUtf8(String text) {
    return new Hash(
        HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8))));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return hex;
  }
}
