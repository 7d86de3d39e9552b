package io.openexec.ledger;

/**
 * Which entries a bundle holds: those whose hashes are in the tile of level 0 of the same index and
 * width.
 *
 * @param index counted from 0
 * @param width 1 to 256
 */
public record BundleId(long index, int width) implements TilePath {
  /**
   * Takes a bundle's coordinates.
   *
   * @throws IllegalArgumentException as {@link TileId}'s does
   */
  public BundleId {
    TileId.check(0, index, width);
  }

  /** Returns the tile with the hashes of these entries. */
  public TileId tile() {
    return new TileId(0, index, width);
  }

  @Override
  public String path() {
    return Paths.formatEntries(index, width);
  }

  /** Returns the path. */
  @Override
  public String toString() {
    return path();
  }
}
