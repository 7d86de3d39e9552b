package io.openexec.camel;

import java.util.function.Function;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * One step of the flow: takes the body if it is of the type that the step before proves, and leaves
 * what it makes of it as the body. A body of any other type is a fault of the routes and stops the
 * request there.
 */
final class Step<I, O> implements Processor {
  private final String name;
  private final Class<I> takes;
  private final Function<I, O> gate;

  private Step(String name, Class<I> takes, Function<I, O> gate) {
    this.name = name;
    this.takes = takes;
    this.gate = gate;
  }

  static <I, O> Step<I, O> of(String name, Class<I> takes, Function<I, O> gate) {
    return new Step<>(name, takes, gate);
  }

  @Override
  public void process(Exchange exchange) {
    try {
      exchange.getMessage().setBody(gate.apply(body(name, exchange, takes)));
    } catch (StackOverflowError | OutOfMemoryError e) {
      // Camel lets these through, past what the routes say of errors: nobody would be answered.
      exchange.setException(e);
    }
  }

  /** Returns the body, if it is what the step takes. */
  static <T> T body(String name, Exchange exchange, Class<T> takes) {
    Object body = exchange.getMessage().getBody();
    if (!takes.isInstance(body)) {
      throw new IllegalStateException(
          "step "
              + name
              + " takes "
              + takes.getSimpleName()
              + " and got "
              + (body == null ? "nothing" : body.getClass().getSimpleName()));
    }
    return takes.cast(body);
  }
}
