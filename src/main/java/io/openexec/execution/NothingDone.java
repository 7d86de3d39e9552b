package io.openexec.execution;

/**
 * An action decided against its effect, before it had any: the execution failed, and definitely so.
 * An action's file raises it by the step {@code throwException}, with the reason code as its
 * message.
 */
public final class NothingDone extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /**
   * Says why nothing was done.
   *
   * @param reason a code in lower snake case
   * @throws IllegalArgumentException if it is not
   */
  public NothingDone(String reason) {
    super(reason);
    if (!Outcome.isReason(reason)) {
      throw new IllegalArgumentException("not a reason code: " + reason);
    }
    this.reason = reason;
  }

  /** Returns the reason code. */
  public String reason() {
    return reason;
  }
}
