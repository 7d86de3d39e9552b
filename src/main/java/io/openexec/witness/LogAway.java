package io.openexec.witness;

/**
 * The log does not answer, or not as a log does. It says nothing about what it has signed, so it is
 * no refusal: the witness asks again at its next turn.
 */
public final class LogAway extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LogAway(String message) {
    super(message, null, false, false);
  }
}
