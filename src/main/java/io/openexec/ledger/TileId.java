package io.openexec.ledger;

import java.util.ArrayList;
import java.util.List;

/**
 * Which hashes a tile holds: the {@code width} of them from the {@code index * 256}th on of those
 * that cover 256<sup>level</sup> leaves each. A tile of fewer than 256 is partial, and the
 * beginning of the later, wider one.
 *
 * @param level 0 for leaf hashes, to 7; no tree of at most 2<sup>63</sup> - 1 leaves has more
 * @param index counted from 0
 * @param width 1 to 256
 */
public record TileId(int level, long index, int width) implements TilePath {
  /** The highest level. */
  public static final int MAX_LEVEL = 7;

  static final int HEIGHT = 8;

  /**
   * Takes a tile's coordinates.
   *
   * @throws IllegalArgumentException if there is no tree of at most 2<sup>63</sup> - 1 leaves that
   *     has such a tile
   */
  public TileId {
    check(level, index, width);
  }

  static void check(int level, long index, int width) {
    if (level < 0 || level > MAX_LEVEL) {
      throw new IllegalArgumentException("a tile's level is 0 to " + MAX_LEVEL + ", not " + level);
    }
    if (width < 1 || width > FULL) {
      throw new IllegalArgumentException("a tile has 1 to 256 hashes, not " + width);
    }
    long most = Long.MAX_VALUE >> (HEIGHT * level);
    if (index < 0 || width > most || index > (most - width) / FULL) {
      throw new IllegalArgumentException("no tree has a tile " + index + " at level " + level);
    }
  }

  /** Returns the tile as a tree of that size has it. */
  static TileId in(long size, int level, long index) {
    return new TileId(
        level, index, (int) Math.min(FULL, (size >> (HEIGHT * level)) - index * FULL));
  }

  /**
   * Returns the partial tiles of a tree of that size, lowest level first. They are all that has to
   * be read to append to it, and to compute its root.
   *
   * @throws IllegalArgumentException if the size is negative
   */
  public static List<TileId> partial(long size) {
    if (size < 0) {
      throw new IllegalArgumentException("a tree has no " + size + " leaves");
    }
    List<TileId> partial = new ArrayList<>();
    for (int level = 0; level <= MAX_LEVEL; level++) {
      long hashes = size >> (HEIGHT * level);
      if (hashes % FULL != 0) {
        partial.add(in(size, level, hashes / FULL));
      }
    }
    return List.copyOf(partial);
  }

  @Override
  public String path() {
    return Paths.format(level, index, width);
  }

  /** Returns the path. */
  @Override
  public String toString() {
    return path();
  }
}
