package io.openexec.camel;

import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;

/**
 * A step {@code to: amqp:…} or {@code to: jms:…} of an action: sends the body as a text message,
 * and returns when the broker has confirmed it. The body stays as it is.
 *
 * <p>The call is an exchange of its own, so that no header of the action's message steers it.
 */
final class QueueCall implements Processor {
  private final Endpoint target;
  private final Producer producer;

  /**
   * Makes the step.
   *
   * @param target where to, with all that is fixed
   * @param producer the target's, which has been started
   */
  QueueCall(Endpoint target, Producer producer) {
    this.target = target;
    this.producer = producer;
  }

  @Override
  public void process(Exchange exchange) throws Exception {
    Exchange call = target.createExchange(ExchangePattern.InOnly);
    call.getMessage().setBody(sendable(exchange.getMessage().getBody()));
    producer.process(call);
    Exception failure = call.getException();
    NotConnected late = ObjectHelper.getException(NotConnected.class, failure);
    if (late != null) {
      throw late;
    }
    if (failure != null) {
      throw ObjectHelper.getException(Connecting.NoConnection.class, failure) == null
          ? failure
          : new NotConnected(failure);
    }
  }

  private static Object sendable(@Nullable Object body) {
    if (body instanceof String || body instanceof byte[]) {
      return body;
    }
    throw new IllegalArgumentException("amqp: needs text or bytes; marshal the body before it");
  }
}
