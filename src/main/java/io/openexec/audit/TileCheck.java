package io.openexec.audit;

import io.openexec.ledger.NodeHash;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TilePath;
import java.util.Arrays;

/** Holds the hashes that the tree has against those in the log's tiles, one by one. */
final class TileCheck implements StreamedTree.Nodes {
  private static final int HEIGHT = 8;

  private final long size;
  private final Tiles tiles;
  private final byte[][] current = new byte[TileId.MAX_LEVEL + 1][];
  private long checked;

  /** Where the tiles are. */
  @FunctionalInterface
  interface Tiles {
    /**
     * Returns a tile's content.
     *
     * @throws Misfit if there is none
     */
    byte[] tile(TileId id) throws Misfit;
  }

  /**
   * Begins a check.
   *
   * @param size of the tree that the tiles are to be of
   */
  TileCheck(long size, Tiles tiles) {
    this.size = size;
    this.tiles = tiles;
  }

  /** Returns how many tiles were looked at. */
  long checked() {
    return checked;
  }

  @Override
  public void node(int height, long index, NodeHash hash) throws Misfit {
    if (height % HEIGHT != 0) {
      return;
    }
    int level = height / HEIGHT;
    int place = (int) (index % TilePath.FULL);
    TileId id = in(level, index / TilePath.FULL);
    if (place == 0) {
      current[level] = load(id);
    }
    byte[] found =
        Arrays.copyOfRange(current[level], place * NodeHash.BYTES, (place + 1) * NodeHash.BYTES);
    if (!Arrays.equals(hash.bytes(), found)) {
      throw new Misfit(
          "hash " + place + " of " + id + (level == 0 ? " (leaf " + index + ")" : ""),
          hash.hex(),
          NodeHash.of(found).hex());
    }
  }

  private TileId in(int level, long index) {
    return new TileId(
        level,
        index,
        (int) Math.min(TilePath.FULL, (size >> (HEIGHT * level)) - index * TilePath.FULL));
  }

  private byte[] load(TileId id) throws Misfit {
    byte[] tile = tiles.tile(id);
    if (tile.length != id.width() * NodeHash.BYTES) {
      throw new Misfit(id.path(), id.width() + " hashes of 32 bytes", tile.length + " bytes");
    }
    checked++;
    return tile;
  }
}
