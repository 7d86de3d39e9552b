package io.openexec.camel;

import io.openexec.execution.Indefinite;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * How far one execution of an action has come in reaching out, which decides what its error proves.
 * An error can prove that nothing took effect while nothing else has begun to: if it is raised by
 * the only step that began, or before any did; or if the action's file raises it itself.
 *
 * <p>All copies of an exchange share the one of the exchange.
 */
final class Effects {
  private static final String PROPERTY = "openexec.effects";
  private static final ThreadLocal<@Nullable Effects> CALLING = new ThreadLocal<>();

  private final long end;
  private final AtomicInteger begun = new AtomicInteger();
  private volatile @Nullable Throwable raised;
  private volatile @Nullable Throwable meant;

  private Effects(long end) {
    this.end = end;
  }

  /**
   * Begins to watch the exchange of an action.
   *
   * @param timeout after which nothing may begin: its execution is declared unknown then, and
   *     somebody may have settled it by what they saw
   */
  static Effects watch(Exchange exchange, Duration timeout) {
    Effects effects = new Effects(System.nanoTime() + timeout.toNanos());
    exchange.setProperty(PROPERTY, effects);
    return effects;
  }

  /** Returns what {@link #watch} made, or null for an exchange that is no action's. */
  static @Nullable Effects of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, Effects.class);
  }

  /**
   * Notes that a step begins that may take effect.
   *
   * @throws NotConnected if the action's time is over: the step must not begin
   */
  void begin() throws NotConnected {
    checkTime();
    begun.incrementAndGet();
  }

  private void checkTime() throws NotConnected {
    if (System.nanoTime() - end > 0) {
      throw new NotConnected(new IllegalStateException("the action's time is over"));
    }
  }

  /** Runs a step, which connects and then sends in this thread, for {@link #checkConnected}. */
  boolean during(BooleanSupplier step) {
    CALLING.set(this);
    try {
      return step.getAsBoolean();
    } finally {
      CALLING.remove();
    }
  }

  /**
   * Checks again when a call has its connection, which may have taken long, and sends next.
   *
   * @throws NotConnected if the time is over: nothing was sent
   */
  static void checkConnected() throws NotConnected {
    Effects effects = CALLING.get();
    if (effects != null) {
      effects.checkTime();
    }
  }

  /** Notes what a step that had begun raised. */
  void raised(Throwable error) {
    raised = error;
  }

  /** Notes what the action's file raised itself, by {@code throwException}. */
  void meant(Throwable error) {
    meant = error;
  }

  /** Returns the action's error, as one that proves nothing if it does. */
  Exception judge(Exception error) {
    int steps = begun.get();
    boolean mayProve = steps == 0 || error == meant || (steps == 1 && error == raised);
    return mayProve ? error : new Indefinite(error);
  }
}
