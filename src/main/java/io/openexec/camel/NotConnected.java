package io.openexec.camel;

import java.io.IOException;

/**
 * No connection to the target of a step came about (no such host, refused, too late, a TLS
 * certificate that does not hold, a login that is refused), so nothing was sent: of {@code http:},
 * {@code https:}, {@code amqp:} and {@code jms:}. An action's file may declare it definite; where a
 * step before may have taken effect, it proves nothing all the same.
 */
public final class NotConnected extends IOException {
  private static final long serialVersionUID = 1L;

  NotConnected(Exception cause) {
    super("no connection, nothing was sent", cause);
  }
}
