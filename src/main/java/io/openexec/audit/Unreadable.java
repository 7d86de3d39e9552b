package io.openexec.audit;

/** What is to be audited cannot be read; the message says in one line why. */
public final class Unreadable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unreadable(String message) {
    super(message, null, false, false);
  }
}
