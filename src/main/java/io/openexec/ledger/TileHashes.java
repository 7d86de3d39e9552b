package io.openexec.ledger;

import java.util.Arrays;

/** The 1 to 256 hashes in a tile. */
public final class TileHashes {
  private final byte[] bytes;

  private TileHashes(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Takes a tile's content: the hashes one after the other.
   *
   * @throws TileRefused if they are none, more than 256, or the last one is cut
   */
  public static TileHashes parse(byte[] tile) throws TileRefused {
    if (tile.length == 0
        || tile.length > TilePath.FULL * NodeHash.BYTES
        || tile.length % NodeHash.BYTES != 0) {
      throw new TileRefused(
          "a tile has 1 to 256 hashes of 32 bytes, and nothing more; this one has "
              + tile.length
              + " bytes");
    }
    return new TileHashes(tile.clone());
  }

  /** Takes the first of these bytes. */
  static TileHashes copyOf(byte[] bytes, int width) {
    return new TileHashes(Arrays.copyOf(bytes, width * NodeHash.BYTES));
  }

  /** Returns the number of hashes. */
  public int width() {
    return bytes.length / NodeHash.BYTES;
  }

  /**
   * Returns a hash.
   *
   * @throws IndexOutOfBoundsException if there are no more than {@code index}
   */
  public NodeHash hash(int index) {
    if (index < 0 || index >= width()) {
      throw new IndexOutOfBoundsException("hash " + index + " of " + width());
    }
    return NodeHash.copyOf(bytes, index * NodeHash.BYTES);
  }

  /**
   * Returns the first hashes: the same tile, as it was earlier.
   *
   * @throws IndexOutOfBoundsException if there are fewer, or {@code width} is below 1
   */
  public TileHashes first(int width) {
    if (width < 1 || width > width()) {
      throw new IndexOutOfBoundsException(width + " hashes of " + width());
    }
    return width == width() ? this : copyOf(bytes, width);
  }

  /** Returns the root above {@code count} hashes from {@code first} on, a power of two. */
  NodeHash subtree(int first, int count) {
    return Hashing.perfect(bytes, first * NodeHash.BYTES, count);
  }

  /** Returns the content of the tile, as it is stored and served. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TileHashes hashes && Arrays.equals(bytes, hashes.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return width() + " hashes";
  }
}
