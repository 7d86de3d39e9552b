package io.openexec.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Looking at bytes without making anything of them. */
final class Bytes {
  private Bytes() {}

  static boolean at(byte[] bytes, int from, byte[] expected) {
    return Arrays.equals(bytes, from, from + expected.length, expected, 0, expected.length);
  }

  static boolean lowerHex(byte[] bytes, int from, int length) {
    for (int i = from; i < from + length; i++) {
      byte b = bytes[i];
      if (!((b >= '0' && b <= '9') || (b >= 'a' && b <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  static String text(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.UTF_8);
  }
}
