package io.openexec.camel;

/**
 * Something went wrong with the rows of a statement that a database has executed, or with the
 * connection since. Whatever the statement changed is changed.
 */
final class AfterStatement extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Wraps what was raised. */
  AfterStatement(Exception cause) {
    super("after the statement was executed", cause);
  }
}
