package io.openexec.execution;

import java.util.Locale;

/** What is known of an execution. */
public enum State {
  /** Reserved and perhaps dispatched; nothing is known yet. */
  RUNNING,
  /** Took effect, and has a result. */
  SUCCEEDED,
  /** Known not to have taken effect. */
  FAILED,
  /** May or may not have taken effect. Never run again by itself; an operator settles it. */
  UNKNOWN;

  /** Returns the state as it stands in the store, in answers and in receipts. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the state of that code. */
  public static State ofCode(String code) {
    return valueOf(code.toUpperCase(Locale.ROOT));
  }
}
