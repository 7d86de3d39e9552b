package io.openexec.receipt;

/** A signed token that does not hold; the message says in what, and never repeats it. */
public final class JwsRefused extends Exception {
  private static final long serialVersionUID = 1L;

  JwsRefused(String message) {
    super(message);
  }
}
