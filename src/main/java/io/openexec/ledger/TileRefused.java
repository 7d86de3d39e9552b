package io.openexec.ledger;

/** Bytes that are no tile or entry bundle; the message says why. */
public final class TileRefused extends Exception {
  private static final long serialVersionUID = 1L;

  TileRefused(String message) {
    super(message, null, false, false);
  }
}
