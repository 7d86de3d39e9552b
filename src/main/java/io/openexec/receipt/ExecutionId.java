package io.openexec.receipt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.UUID;

/** The id of an execution, the same for the same tenant and nonce on every machine. */
public final class ExecutionId {
  private static final byte[] DOMAIN = "openexec/exec-id/v1\0".getBytes(StandardCharsets.UTF_8);

  private ExecutionId() {}

  /**
   * Returns the UUID of version 8 (RFC 9562, section 5.8) whose other bits are the first of
   * SHA-256({@code openexec/exec-id/v1} ‖ 0x00 ‖ u32 length ‖ tenant ‖ u32 length ‖ nonce), strings
   * in UTF-8, numbers big-endian.
   */
  public static UUID of(String tenant, String nonce) {
    MessageDigest sha256 = Hash.sha256();
    sha256.update(DOMAIN);
    update(sha256, tenant);
    update(sha256, nonce);
    ByteBuffer digest = ByteBuffer.wrap(sha256.digest());
    long high = (digest.getLong() & 0xffff_ffff_ffff_0fffL) | 0x8000L;
    long low = (digest.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }

  private static void update(MessageDigest sha256, String part) {
    byte[] utf8 = part.getBytes(StandardCharsets.UTF_8);
    sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(utf8.length).flip());
    sha256.update(utf8);
  }
}
