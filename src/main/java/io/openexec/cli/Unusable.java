package io.openexec.cli;

/** What a command was given cannot be used; the message says in one line why (exit code 2). */
final class Unusable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unusable(String message) {
    super(message, null, false, false);
  }
}
