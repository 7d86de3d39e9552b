package io.openexec.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tiles in memory, as a store keeps them: the widest of each only; and a note of what was read. */
final class StoredTiles implements TileSource {
  record Place(int level, long index) {}

  final Map<Place, TileHashes> tiles = new HashMap<>();
  final List<TileId> reads = new ArrayList<>();
  TreeHead head = TreeHead.EMPTY;

  static StoredTiles of(NaiveTree tree, int size) {
    StoredTiles tiles = new StoredTiles();
    tiles.append(tree.leaves(0, size));
    return tiles;
  }

  StoredTiles copy() {
    StoredTiles copy = new StoredTiles();
    copy.tiles.putAll(tiles);
    copy.head = head;
    return copy;
  }

  Appender.Appended append(List<NodeHash> leaves) {
    Appender.Appended appended = Appender.append(this, head, leaves);
    for (Tile tile : appended.tiles()) {
      tiles.put(new Place(tile.id().level(), tile.id().index()), tile.hashes());
    }
    head = appended.head();
    return appended;
  }

  @Override
  public Optional<TileHashes> tile(TileId tile) {
    reads.add(tile);
    return Optional.ofNullable(tiles.get(new Place(tile.level(), tile.index())));
  }
}
