package io.openexec.ledger;

import java.util.List;

/**
 * Says that a tree begins with all the leaves of an earlier one, in the same order (RFC 9162,
 * section 2.1.4). It is a claim, whatever its numbers, until {@link #verify} returns.
 *
 * @param oldSize of the earlier tree
 * @param newSize of the later one
 * @param hashes in the RFC's order; none if the sizes are equal or the old one is 0
 */
public record ConsistencyProof(long oldSize, long newSize, List<NodeHash> hashes) {
  /** Copies the list. */
  public ConsistencyProof {
    hashes = List.copyOf(hashes);
  }

  /**
   * Verifies the claim (RFC 9162, section 2.1.4.2).
   *
   * @param oldRoot the root of the earlier tree
   * @param newRoot the root of the later tree
   * @throws ProofRefused if the sizes are not in order, the number of hashes is any other than they
   *     demand, or the hashes lead to another root of either tree
   */
  public void verify(NodeHash oldRoot, NodeHash newRoot) throws ProofRefused {
    if (oldSize < 0 || oldSize > newSize) {
      throw new ProofRefused("no tree of " + oldSize + " came before one of " + newSize);
    }
    if (oldSize == 0) {
      verifyFromEmpty(oldRoot, newRoot);
    } else if (oldSize == newSize) {
      verifySame(oldRoot, newRoot);
    } else {
      verifyGrown(oldRoot, newRoot);
    }
  }

  /** Every tree begins with no leaves, so that there is nothing to prove but the root's value. */
  private void verifyFromEmpty(NodeHash oldRoot, NodeHash newRoot) throws ProofRefused {
    ProofRefused.unlessLength(hashes.size(), 0);
    if (!oldRoot.equals(Hashing.EMPTY_ROOT) || (newSize == 0 && !newRoot.equals(oldRoot))) {
      throw new ProofRefused("the tree without leaves has the root SHA-256()");
    }
  }

  private void verifySame(NodeHash oldRoot, NodeHash newRoot) throws ProofRefused {
    ProofRefused.unlessLength(hashes.size(), 0);
    if (!oldRoot.equals(newRoot)) {
      throw new ProofRefused("two different roots of one tree of " + newSize);
    }
  }

  private void verifyGrown(NodeHash oldRoot, NodeHash newRoot) throws ProofRefused {
    // From the root of the old tree's last perfect subtree. Where that is the whole old tree its
    // root is known, and not sent.
    int height = Long.numberOfTrailingZeros(oldSize);
    Climb climb = new Climb((oldSize - 1) >> height, (newSize - 1) >> height);
    int sent = Long.bitCount(oldSize) == 1 ? 0 : 1;
    ProofRefused.unlessLength(hashes.size(), sent + climb.length());
    NodeHash first = sent == 0 ? oldRoot : hashes.get(0);
    NodeHash old = first;
    NodeHash now = first;
    for (NodeHash hash : hashes.subList(sent, hashes.size())) {
      if (climb.isOnTheRight()) {
        old = Hashing.node(hash, old);
        now = Hashing.node(hash, now);
      } else {
        now = Hashing.node(now, hash);
      }
      climb.step();
    }
    if (!old.equals(oldRoot)) {
      throw new ProofRefused("the proof leads to another root of the tree of " + oldSize);
    }
    if (!now.equals(newRoot)) {
      throw new ProofRefused("the proof leads to another root of the tree of " + newSize);
    }
  }
}
