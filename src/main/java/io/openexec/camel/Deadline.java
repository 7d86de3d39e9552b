package io.openexec.camel;

import java.time.Duration;
import org.apache.camel.Exchange;

/**
 * Until when an action may begin to send: after its timeout its execution is declared unknown, and
 * somebody may have settled it by what they saw.
 */
final class Deadline {
  private static final String PROPERTY = "openexec.deadline";

  private Deadline() {}

  /** Sets when the time of an action is over. */
  static void set(Exchange exchange, Duration timeout) {
    exchange.setProperty(PROPERTY, System.nanoTime() + timeout.toNanos());
  }

  /**
   * Lets nobody begin who is too late.
   *
   * @throws NotConnected if the time is over: nothing was sent
   */
  static void check(Exchange exchange) throws NotConnected {
    Long end = exchange.getProperty(PROPERTY, Long.class);
    if (end != null && System.nanoTime() - end > 0) {
      throw new NotConnected(new IllegalStateException("the action's time is over"));
    }
  }
}
