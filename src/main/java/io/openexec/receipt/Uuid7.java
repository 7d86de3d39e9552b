package io.openexec.receipt;

import java.nio.ByteBuffer;
import java.util.UUID;

/** UUIDs of version 7 (RFC 9562, section 5.7): the time in milliseconds, then 74 random bits. */
public final class Uuid7 {
  /** How many random bytes one takes. */
  public static final int RANDOM_BYTES = 10;

  private static final int VERSION = 7;

  private Uuid7() {}

  /**
   * Makes one.
   *
   * @param millis since 1970, in UTC; the lower 48 bits count
   * @param random at least {@link #RANDOM_BYTES} unpredictable bytes from its position on, which
   *     are taken
   */
  public static UUID of(long millis, ByteBuffer random) {
    long high = (millis << 16) | (VERSION << 12) | (random.getShort() & 0x0fff);
    long low = (random.getLong() >>> 2) | (1L << 63);
    return new UUID(high, low);
  }

  /** Returns the smallest of that time, in milliseconds since 1970. */
  public static UUID first(long millis) {
    return of(millis, ByteBuffer.allocate(RANDOM_BYTES));
  }

  /** Returns the time of one, in milliseconds since 1970. */
  public static long millis(UUID id) {
    return id.getMostSignificantBits() >>> 16;
  }

  /** Returns whether an id is one. */
  public static boolean isOne(UUID id) {
    return id.version() == VERSION && id.variant() == 2;
  }
}
