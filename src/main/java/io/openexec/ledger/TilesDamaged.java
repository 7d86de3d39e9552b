package io.openexec.ledger;

/**
 * A tile that a tree must have is missing or too short, or the tiles give another root than the
 * tree's. Nothing may be signed or served on top of such tiles; the message names the first that
 * does not fit.
 */
public final class TilesDamaged extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says which tile, and what is wrong with it; for whoever reads tiles from elsewhere, too. */
  public TilesDamaged(String message) {
    super(message);
  }
}
