package io.openexec.execution;

/**
 * An error of an action that may have taken effect before it: it proves nothing, whatever the
 * action's file declares of its kind.
 */
public final class Indefinite extends Exception {
  private static final long serialVersionUID = 1L;

  /** Wraps what the action raised. */
  public Indefinite(Throwable cause) {
    super("after something that may have taken effect", cause);
  }
}
