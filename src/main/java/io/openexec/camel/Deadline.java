package io.openexec.camel;

import java.time.Duration;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Until when an action may begin to send: after its timeout its execution is declared unknown, and
 * somebody may have settled it by what they saw.
 */
final class Deadline {
  private static final String PROPERTY = "openexec.deadline";
  private static final ThreadLocal<@Nullable Long> OF_THE_CALL = new ThreadLocal<>();

  private Deadline() {}

  /** Sets when the time of an action is over. */
  static void set(Exchange exchange, Duration timeout) {
    exchange.setProperty(PROPERTY, System.nanoTime() + timeout.toNanos());
  }

  /** A step that connects, and then sends, in this thread. */
  @FunctionalInterface
  interface Call {
    void make() throws Exception;
  }

  /**
   * Makes a call, for an action, unless it is too late for that.
   *
   * @throws NotConnected if the time is over: nothing was sent
   */
  static void during(Exchange exchange, Call call) throws Exception {
    Long end = exchange.getProperty(PROPERTY, Long.class);
    check(end);
    OF_THE_CALL.set(end);
    try {
      call.make();
    } finally {
      OF_THE_CALL.remove();
    }
  }

  /**
   * Checks again when a call has its connection, which may have taken long, and sends next.
   *
   * @throws NotConnected if the time is over: nothing was sent
   */
  static void checkConnected() throws NotConnected {
    check(OF_THE_CALL.get());
  }

  private static void check(@Nullable Long end) throws NotConnected {
    if (end != null && System.nanoTime() - end > 0) {
      throw new NotConnected(new IllegalStateException("the action's time is over"));
    }
  }
}
