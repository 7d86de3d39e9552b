package io.openexec.witness;

import io.openexec.ledger.ConsistencyProof;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.ProofRefused;
import io.openexec.ledger.TileSource;
import io.openexec.ledger.TiledTree;
import io.openexec.ledger.TilesDamaged;
import io.openexec.ledger.TreeHead;
import io.openexec.witness.CheckpointRefused.Kind;

/**
 * Whether a tree begins with all the leaves of an earlier one, which the log's tiles have to show.
 */
final class Growth {
  private final TileSource tiles;
  private final TreeHead last;
  private final TreeHead now;

  private Growth(TileSource tiles, TreeHead last, TreeHead now) {
    this.tiles = tiles;
    this.last = last;
    this.now = now;
  }

  /**
   * Returns if it does.
   *
   * @param tiles of the log, which nobody has verified; they are read only if the tree has grown
   * @throws CheckpointRefused if it does not, or the tiles do not show it
   */
  static void demand(TileSource tiles, TreeHead last, TreeHead now) throws CheckpointRefused {
    if (now.size() < last.size()) {
      throw new CheckpointRefused(
          Kind.SMALLER,
          "the log shows a tree of " + now.size() + " leaves after one of " + last.size());
    }
    if (now.size() > last.size()) {
      new Growth(tiles, last, now).demandConsistency();
    } else if (!now.root().equals(last.root())) {
      throw new CheckpointRefused(
          Kind.FORKED, "the log has signed two roots of a tree of " + now.size() + " leaves");
    }
  }

  private void demandConsistency() throws CheckpointRefused {
    TiledTree tree = new TiledTree(tiles, now.size());
    try {
      if (!tree.root().equals(now.root())) {
        throw damaged("they give another root than the tree of " + now.size() + " leaves has");
      }
      demandConsistency(tree.consistency(last.size()));
    } catch (TilesDamaged e) {
      throw damaged(String.valueOf(e.getMessage()));
    }
  }

  private void demandConsistency(ConsistencyProof proof) throws CheckpointRefused {
    try {
      // Both roots from the same hashes: tiles could be others each time they are asked for.
      proof.verify(last.root(), now.root());
    } catch (ProofRefused e) {
      throw refused(proof, new TiledTree(tiles, last.size()).root());
    }
  }

  /** Tells a log that contradicts itself from tiles that say nothing about what it has signed. */
  private CheckpointRefused refused(ConsistencyProof proof, NodeHash shown) {
    try {
      proof.verify(shown, now.root());
    } catch (ProofRefused e) {
      return damaged(String.valueOf(e.getMessage()));
    }
    StringBuilder hashes = new StringBuilder();
    proof.hashes().forEach(hash -> hashes.append(hash.base64()).append('\n'));
    return new CheckpointRefused(
        Kind.INCONSISTENT,
        "the log's tree of %d leaves begins with another tree of %d than it had signed"
            .formatted(now.size(), last.size()),
        hashes.toString());
  }

  private static CheckpointRefused damaged(String how) {
    return new CheckpointRefused(Kind.DAMAGED, "the log's tiles: " + how);
  }
}
