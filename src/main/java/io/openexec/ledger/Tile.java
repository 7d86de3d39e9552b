package io.openexec.ledger;

/**
 * A tile with its hashes.
 *
 * @param id which one it is
 * @param hashes as many as its width
 */
public record Tile(TileId id, TileHashes hashes) {
  /**
   * Takes a tile.
   *
   * @throws IllegalArgumentException if there are more or fewer hashes than its width
   */
  public Tile {
    if (hashes.width() != id.width()) {
      throw new IllegalArgumentException(id + " with " + hashes);
    }
  }
}
