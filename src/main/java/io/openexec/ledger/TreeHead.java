package io.openexec.ledger;

/**
 * What identifies a state of the tree.
 *
 * @param size the number of leaves
 * @param root the Merkle tree hash of them all
 */
public record TreeHead(long size, NodeHash root) {
  /** The tree without leaves. */
  public static final TreeHead EMPTY = new TreeHead(0, Hashing.EMPTY_ROOT);

  /**
   * Takes a state.
   *
   * @throws IllegalArgumentException if the size is negative, or is 0 and the root another than the
   *     one of the tree without leaves
   */
  public TreeHead {
    if (size < 0) {
      throw new IllegalArgumentException("a tree has no " + size + " leaves");
    }
    if (size == 0 && !root.equals(Hashing.EMPTY_ROOT)) {
      throw new IllegalArgumentException("the tree without leaves has the root SHA-256()");
    }
  }
}
