package io.openexec.execution;

/**
 * The store could not be read or written. A write that raised it may still have happened, since a
 * commit can succeed and its confirmation get lost.
 */
public final class StoreUnavailable extends Exception {
  private static final long serialVersionUID = 1L;

  /** Says what failed. */
  public StoreUnavailable(String message, Throwable cause) {
    super(message, cause);
  }

  /** Says what failed. */
  public StoreUnavailable(String message) {
    super(message);
  }
}
