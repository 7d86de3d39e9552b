package io.openexec.ledger;

/**
 * A note, a checkpoint or a verifier key that is ill-formed or not signed; the message says why.
 */
public final class NoteRefused extends Exception {
  private static final long serialVersionUID = 1L;

  NoteRefused(String message) {
    super(message, null, false, false);
  }
}
