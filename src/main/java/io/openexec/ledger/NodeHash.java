package io.openexec.ledger;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/** The SHA-256 hash of a node of the tree: of a leaf, of an inner node, or of the whole. */
public final class NodeHash {
  /** The bytes of a hash. */
  public static final int BYTES = 32;

  private final byte[] bytes;

  private NodeHash(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Takes the bytes of a hash.
   *
   * @throws IllegalArgumentException if they are not 32
   */
  public static NodeHash of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a hash has 32 bytes, not " + bytes.length);
    }
    return new NodeHash(bytes.clone());
  }

  /** Takes the 32 bytes that begin at {@code offset}. */
  static NodeHash copyOf(byte[] bytes, int offset) {
    return new NodeHash(Arrays.copyOfRange(bytes, offset, offset + BYTES));
  }

  /**
   * Reads base64 (RFC 4648, section 4), padded, in the one spelling that an encoder writes.
   *
   * @throws IllegalArgumentException if it is anything but 32 bytes in that spelling
   */
  public static NodeHash parseBase64(String base64) {
    byte[] bytes = CanonicalBase64.decode(base64, BYTES);
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a hash has 32 bytes, not " + bytes.length);
    }
    return new NodeHash(bytes);
  }

  /** Takes what a digest has just computed. */
  static NodeHash digested(MessageDigest sha256) {
    return new NodeHash(sha256.digest());
  }

  /** Returns the 32 bytes, the caller's own. */
  public byte[] bytes() {
    return bytes.clone();
  }

  void writeTo(byte[] target, int offset) {
    System.arraycopy(bytes, 0, target, offset, BYTES);
  }

  /** Returns the hash in base64 (RFC 4648, section 4), padded. */
  public String base64() {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Returns the hash as 64 lower-case hex digits. */
  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NodeHash hash && Arrays.equals(bytes, hash.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Returns the hex digits. */
  @Override
  public String toString() {
    return hex();
  }
}
