package io.openexec.execution;

import org.jspecify.annotations.Nullable;

/** The store could not be read or written. */
public final class StoreUnavailable extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean undone;

  private StoreUnavailable(String message, @Nullable Throwable cause, boolean undone) {
    super(message, cause);
    this.undone = undone;
  }

  /** Says what failed. */
  public StoreUnavailable(String message, Throwable cause) {
    this(message, cause, false);
  }

  /** Says what failed. */
  public StoreUnavailable(String message) {
    this(message, null, false);
  }

  /** Returns a failure of which it is known that nothing was written. */
  public static StoreUnavailable undone(String message, @Nullable Throwable cause) {
    return new StoreUnavailable(message, cause, true);
  }

  /**
   * Returns whether a write that raised it may still have happened, since a commit can succeed and
   * its confirmation get lost.
   */
  public boolean mayHaveHappened() {
    return !undone;
  }
}
