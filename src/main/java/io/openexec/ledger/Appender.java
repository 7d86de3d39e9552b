package io.openexec.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Appends leaves to a tree. It reads the partial tiles of the tree ({@link TileId#partial}), each
 * once, and nothing else; the same tree and leaves always give the same tiles.
 */
public final class Appender {
  private final TileSource source;
  private final TreeHead current;
  private final List<Tile> changed = new ArrayList<>();

  private Appender(TileSource source, TreeHead current) {
    this.source = source;
    this.current = current;
  }

  /**
   * What appending comes to.
   *
   * @param head the new state
   * @param tiles those that are new or wider than before, each with all of its hashes, lowest level
   *     first and in order
   */
  public record Appended(TreeHead head, List<Tile> tiles) {
    /** Copies the list. */
    public Appended {
      tiles = List.copyOf(tiles);
    }
  }

  /**
   * Computes what changes. Nothing is written.
   *
   * @param current the state to append to, which the stored tiles must give; what was signed on top
   *     of damaged ones could never be made consistent again
   * @param leaves the new leaf hashes, in order
   * @throws TilesDamaged if a tile is missing or too short, or they give another root
   * @throws ArithmeticException if the tree would have more than 2<sup>63</sup> - 1 leaves
   */
  public static Appended append(TileSource source, TreeHead current, List<NodeHash> leaves) {
    long size = Math.addExact(current.size(), leaves.size());
    Map<TileId, TileHashes> partial = read(source, current);
    Appender appender = new Appender(id -> Optional.ofNullable(partial.get(id)), current);
    appender.appendAll(leaves);
    return appender.appended(size);
  }

  private static Map<TileId, TileHashes> read(TileSource source, TreeHead current) {
    Map<TileId, TileHashes> partial = new HashMap<>();
    for (TileId id : TileId.partial(current.size())) {
      partial.put(id, TiledTree.stored(source, id).first(id.width()));
    }
    TileSource known = id -> Optional.ofNullable(partial.get(id));
    if (!new TiledTree(known, current.size()).root().equals(current.root())) {
      throw new TilesDamaged(
          "the tiles give another root than the tree of " + current.size() + " leaves has");
    }
    return partial;
  }

  private void appendAll(List<NodeHash> leaves) {
    List<NodeHash> hashes = leaves;
    for (int level = 0; !hashes.isEmpty(); level++) {
      hashes = appendTo(level, hashes);
    }
  }

  /** Appends to one level, and returns the roots of the tiles that became full. */
  private List<NodeHash> appendTo(int level, List<NodeHash> hashes) {
    long before = current.size() >> (TileId.HEIGHT * level);
    long index = before / TilePath.FULL;
    int width = (int) (before % TilePath.FULL);
    byte[] row = new byte[TilePath.FULL * NodeHash.BYTES];
    if (width > 0) {
      byte[] stored = TiledTree.stored(source, new TileId(level, index, width)).bytes();
      System.arraycopy(stored, 0, row, 0, stored.length);
    }
    List<NodeHash> full = new ArrayList<>();
    for (NodeHash hash : hashes) {
      hash.writeTo(row, width++ * NodeHash.BYTES);
      if (width == TilePath.FULL) {
        full.add(change(level, index++, row, width).subtree(0, width));
        width = 0;
      }
    }
    if (width > 0) {
      change(level, index, row, width);
    }
    return full;
  }

  private TileHashes change(int level, long index, byte[] row, int width) {
    TileHashes hashes = TileHashes.copyOf(row, width);
    changed.add(new Tile(new TileId(level, index, width), hashes));
    return hashes;
  }

  private Appended appended(long size) {
    Map<TileId, TileHashes> written = new HashMap<>();
    changed.forEach(tile -> written.put(tile.id(), tile.hashes()));
    TileSource after = id -> Optional.ofNullable(written.get(id)).or(() -> source.tile(id));
    return new Appended(new TreeHead(size, new TiledTree(after, size).root()), changed);
  }
}
