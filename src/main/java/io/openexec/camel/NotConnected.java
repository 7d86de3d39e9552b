package io.openexec.camel;

import java.io.IOException;

/**
 * No connection to the target of an {@code http:} or {@code https:} step came about (no such host,
 * refused, too late, or its TLS certificate does not hold), so nothing of the request was sent. An
 * action's file may declare it definite, if the step is the first that has an effect.
 */
public final class NotConnected extends IOException {
  private static final long serialVersionUID = 1L;

  NotConnected(IOException cause) {
    super("no connection, nothing was sent", cause);
  }
}
