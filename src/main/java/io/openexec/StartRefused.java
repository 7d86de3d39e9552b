package io.openexec;

/** The service does not start; the message says in one line why, and what to do. */
public final class StartRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Refuses with that line. */
  public StartRefused(String message) {
    super(message);
  }

  /** Refuses with that line, keeping the cause for a debugger. */
  public StartRefused(String message, Throwable cause) {
    super(message, cause);
  }
}
