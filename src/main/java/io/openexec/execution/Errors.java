package io.openexec.execution;

/** What is said of an error in one line. */
public final class Errors {
  private Errors() {}

  /** Returns the first line of the innermost cause's message. */
  public static String rootCause(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
  }
}
