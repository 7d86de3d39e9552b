package io.openexec.ledger;

import java.util.List;

/**
 * Says that a leaf is in a tree (RFC 9162, section 2.1.3). It is a claim, whatever its numbers,
 * until {@link #verify} returns.
 *
 * @param index of the leaf, from 0
 * @param size of the tree
 * @param hashes from the leaf's neighbour up to the root's child
 */
public record InclusionProof(long index, long size, List<NodeHash> hashes) {
  /** Copies the list. */
  public InclusionProof {
    hashes = List.copyOf(hashes);
  }

  /**
   * Verifies the claim (RFC 9162, section 2.1.3.2).
   *
   * @param leaf the hash of the leaf
   * @param root the root of the tree of that size, from a checkpoint that was verified
   * @throws ProofRefused if the index is not below the size, the number of hashes is any other than
   *     the tree's shape demands, or they lead to another root
   */
  public void verify(NodeHash leaf, NodeHash root) throws ProofRefused {
    if (index < 0 || index >= size) {
      throw new ProofRefused("no leaf " + index + " in a tree of " + size);
    }
    Climb climb = new Climb(index, size - 1);
    ProofRefused.unlessLength(hashes.size(), climb.length());
    NodeHash reached = leaf;
    for (NodeHash hash : hashes) {
      reached = climb.isOnTheRight() ? Hashing.node(hash, reached) : Hashing.node(reached, hash);
      climb.step();
    }
    if (!reached.equals(root)) {
      throw new ProofRefused(
          "leaf " + index + " leads to another root than the one of the tree of " + size);
    }
  }
}
