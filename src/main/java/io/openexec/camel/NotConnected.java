package io.openexec.camel;

import java.io.IOException;

/**
 * No connection to the target of a step came about (no such host, refused, too late, a TLS
 * certificate that does not hold, a login that is refused), so nothing was sent: of {@code http:},
 * {@code https:} and {@code amqp:}. An action's file may declare it definite, if the step is the
 * first that has an effect.
 */
public final class NotConnected extends IOException {
  private static final long serialVersionUID = 1L;

  NotConnected(Exception cause) {
    super("no connection, nothing was sent", cause);
  }
}
