package io.openexec.ledger;

import java.util.Optional;

/** Where the stored tiles are read. */
@FunctionalInterface
public interface TileSource {
  /**
   * Returns a tile's hashes.
   *
   * @return at least as many as the tile's width, for a tile only ever grows and what came first
   *     stays first; empty if there is no such tile
   */
  Optional<TileHashes> tile(TileId tile);
}
