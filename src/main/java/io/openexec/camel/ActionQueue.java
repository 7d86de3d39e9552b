package io.openexec.camel;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.Message;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Component;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.component.amqp.AMQPComponent;
import org.apache.camel.component.jms.JmsComponent;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.apache.camel.support.ProcessorEndpoint;

/**
 * The components {@code amqp:} and {@code jms:} of actions: Camel's own, one way, with persistent
 * messages that have a body and nothing else. What an endpoint may say is {@link
 * ActionQueueGate}'s.
 */
final class ActionQueue extends ActionComponent {
  private final boolean amqp;

  /**
   * Makes the component of a scheme.
   *
   * @param amqp whether it is {@code amqp:}, else it is {@code jms:}
   */
  ActionQueue(boolean amqp) {
    this.amqp = amqp;
  }

  @Override
  protected Endpoint createEndpoint(String uri, String destination, Map<String, Object> parameters)
      throws Exception {
    JmsComponent jms = amqp ? new AMQPComponent() : new JmsComponent();
    jms.setCamelContext(getCamelContext());
    ConnectionFactory factory =
        resolveAndRemoveReferenceParameter(
            parameters, "connectionFactory", ConnectionFactory.class);
    jms.setConnectionFactory(
        factory instanceof ActionBroker.Connections ? factory : new Connecting(factory));
    jms.setHeaderFilterStrategy(new Nothing());
    jms.getConfiguration()
        .setMessageCreatedStrategy((message, session, call, cause) -> aboutToSend());
    long timeToLive =
        getAndRemoveParameter(parameters, "timeToLive", Long.class, Message.DEFAULT_TIME_TO_LIVE);
    int priority =
        getAndRemoveParameter(parameters, "priority", Integer.class, Message.DEFAULT_PRIORITY);
    start(jms);
    Map<String, Object> options = new HashMap<>();
    options.put("explicitQosEnabled", true);
    options.put("deliveryPersistent", true);
    options.put("timeToLive", timeToLive);
    options.put("priority", priority);
    Endpoint target = jms.createEndpoint((amqp ? "amqp:" : "jms:") + destination, options);
    return new OneWay(uri, this, new QueueCall(target, producer(target)));
  }

  private static final class OneWay extends ProcessorEndpoint {
    OneWay(String uri, Component component, Processor call) {
      super(uri, component, call);
    }

    @Override
    public Consumer createConsumer(Processor processor) {
      throw new UnsupportedOperationException(
          "amqp: and jms: are what actions send to: a door takes from OPENEXEC_QUEUE_URL, or from a"
              + " component of its own (a bean of type org.apache.camel.component.jms.JmsComponent,"
              + " whose name is the scheme)");
    }
  }

  /** There is a connection by now. */
  private static void aboutToSend() {
    try {
      Effects.checkConnected();
    } catch (NotConnected e) {
      throw new RuntimeCamelException(e);
    }
  }

  /** No header becomes a property of a message. */
  private static final class Nothing implements HeaderFilterStrategy {
    @Override
    public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
      return true;
    }

    @Override
    public boolean applyFilterToExternalHeaders(String name, Object value, Exchange exchange) {
      return true;
    }
  }
}
