package io.openexec.receipt;

/** A text that is not JSON as {@link StrictJson} takes it; the message says what is wrong. */
public final class JsonRefused extends Exception {
  private static final long serialVersionUID = 1L;

  JsonRefused(String message) {
    super(message, null, false, false);
  }
}
