package io.openexec.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The tiles of a tree of any size, whose leaves are all the same: its largest sizes fit here. */
final class ConstantTiles implements TileSource {
  /** The roots of the perfect trees by height. */
  private final List<NodeHash> perfect = new ArrayList<>();

  ConstantTiles() {
    perfect.add(Hashing.leaf(new byte[] {'x'}));
    for (int height = 1; height < 63; height++) {
      perfect.add(NaiveTree.node(perfect.get(height - 1), perfect.get(height - 1)));
    }
  }

  NodeHash leaf() {
    return perfect.get(0);
  }

  TreeHead head(long size) {
    NodeHash root = null;
    for (int height = 0; height < 63; height++) {
      if (((size >> height) & 1) == 1) {
        root = root == null ? perfect.get(height) : NaiveTree.node(perfect.get(height), root);
      }
    }
    return new TreeHead(size, root);
  }

  @Override
  public Optional<TileHashes> tile(TileId tile) {
    byte[] bytes = new byte[tile.width() * 32];
    for (int i = 0; i < tile.width(); i++) {
      perfect.get(8 * tile.level()).writeTo(bytes, i * 32);
    }
    try {
      return Optional.of(TileHashes.parse(Arrays.copyOf(bytes, bytes.length)));
    } catch (TileRefused e) {
      throw new AssertionError(e);
    }
  }
}
