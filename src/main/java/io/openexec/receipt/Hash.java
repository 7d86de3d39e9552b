package io.openexec.receipt;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A SHA-256 hash (FIPS 180-4), written as 64 lower-case hex digits.
 *
 * @param hex the 64 digits
 */
public record Hash(String hex) {
  private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

  /**
   * Takes a hash in its one accepted spelling.
   *
   * @throws IllegalArgumentException if {@code hex} is not 64 lower-case hex digits
   */
  public Hash {
    if (!FORM.matcher(hex).matches()) {
      throw new IllegalArgumentException("not 64 lower-case hex digits");
    }
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
