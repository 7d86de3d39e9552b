package io.openexec.ledger;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hash functions of RFC 6962, section 2.1 (RFC 9162, section 2.1.1, with SHA-256).
 *
 * <p>Leaves and nodes are told apart by the byte hashed first: without it, the two hashes below a
 * node could be passed off as a leaf's data.
 */
public final class Hashing {
  private static final byte LEAF = 0x00;
  private static final byte NODE = 0x01;

  /** The root of the tree without leaves: SHA-256(). */
  public static final NodeHash EMPTY_ROOT = NodeHash.digested(sha256());

  private Hashing() {}

  /** Returns SHA-256(0x00 ‖ data). */
  public static NodeHash leaf(byte[] data) {
    MessageDigest sha256 = sha256();
    sha256.update(LEAF);
    sha256.update(data);
    return NodeHash.digested(sha256);
  }

  /** Returns SHA-256(0x01 ‖ left ‖ right). */
  public static NodeHash node(NodeHash left, NodeHash right) {
    byte[] node = new byte[1 + 2 * NodeHash.BYTES];
    node[0] = NODE;
    left.writeTo(node, 1);
    right.writeTo(node, 1 + NodeHash.BYTES);
    MessageDigest sha256 = sha256();
    sha256.update(node);
    return NodeHash.digested(sha256);
  }

  /**
   * Returns the root above {@code count} hashes that lie one after the other from {@code offset}.
   *
   * @param count a power of two
   */
  static NodeHash perfect(byte[] hashes, int offset, int count) {
    byte[] row = new byte[count * NodeHash.BYTES];
    System.arraycopy(hashes, offset, row, 0, row.length);
    MessageDigest sha256 = sha256();
    for (int width = count; width > 1; width /= 2) {
      for (int i = 0; i < width / 2; i++) {
        sha256.update(NODE);
        sha256.update(row, 2 * i * NodeHash.BYTES, 2 * NodeHash.BYTES);
        System.arraycopy(sha256.digest(), 0, row, i * NodeHash.BYTES, NodeHash.BYTES);
      }
    }
    return NodeHash.copyOf(row, 0);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
