package io.openexec.camel;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.apache.qpid.jms.meta.JmsConsumerInfo;
import org.apache.qpid.jms.meta.JmsResource;
import org.apache.qpid.jms.provider.AsyncResult;
import org.apache.qpid.jms.provider.Provider;
import org.apache.qpid.jms.provider.ProviderException;
import org.apache.qpid.jms.provider.ProviderFutureFactory;
import org.apache.qpid.jms.provider.amqp.AmqpConnection;
import org.apache.qpid.jms.provider.amqp.AmqpConsumer;
import org.apache.qpid.jms.provider.amqp.AmqpProvider;
import org.apache.qpid.jms.provider.amqp.AmqpResource;
import org.apache.qpid.jms.provider.amqp.AmqpSession;
import org.apache.qpid.jms.provider.amqp.builders.AmqpConsumerBuilder;
import org.apache.qpid.jms.provider.exceptions.ProviderExceptionSupport;
import org.apache.qpid.jms.transports.Transport;
import org.apache.qpid.jms.transports.TransportFactory;
import org.apache.qpid.jms.util.PropertyUtil;
import org.apache.qpid.proton.engine.Receiver;
import org.jspecify.annotations.Nullable;

/**
 * Connections of Qpid's client, but whatever lies in a queue comes out of it as a message: see
 * {@link AmqpReceiver}.
 */
// serial: nobody writes it to a stream, though its superclass can be.
@SuppressWarnings("serial")
final class AmqpConnectionFactory extends JmsConnectionFactory {
  private static final long serialVersionUID = 1L;
  private static final int SILENCE_MILLIS = 20_000;

  /**
   * Makes one.
   *
   * @param address {@code amqp:} or {@code amqps:}, with options of JMS and of the transport only
   */
  AmqpConnectionFactory(String address) {
    super(address);
  }

  @Override
  protected Provider createProvider(URI address) throws Exception {
    Map<String, String> options = PropertyUtil.parseQuery(address);
    Transport transport =
        TransportFactory.create(
            address.getScheme().equals("amqps") ? "ssl" : "tcp",
            PropertyUtil.replaceQuery(address, options));
    Receiving provider =
        new Receiving(address, transport, ProviderFutureFactory.create(new HashMap<>()));
    // How soon a broker that hangs is known for it, if nothing else is under way.
    provider.setIdleTimeout(SILENCE_MILLIS);
    return provider;
  }

  /** AMQP 1.0, whose consumers are ours. */
  private static final class Receiving extends AmqpProvider {
    private volatile @Nullable AmqpConnection connection;

    Receiving(URI address, Transport transport, ProviderFutureFactory futures) {
      super(address, transport, futures);
    }

    @Override
    public void addChildResource(AmqpResource resource) {
      super.addChildResource(resource);
      if (resource instanceof AmqpConnection opened) {
        connection = opened;
      }
    }

    @Override
    public void create(JmsResource resource, AsyncResult request) throws ProviderException {
      AmqpConnection open = connection;
      if (!isFailed() && open != null && resource instanceof JmsConsumerInfo consumer) {
        scheduleExecuteAndPump(
            () -> open(open.getSession(consumer.getParentId()), consumer, request));
      } else {
        super.create(resource, request);
      }
    }

    private static void open(AmqpSession session, JmsConsumerInfo info, AsyncResult request) {
      try {
        new Builder(session, info).buildResource(request);
      } catch (RuntimeException | Error e) {
        request.onFailure(ProviderExceptionSupport.createNonFatalOrPassthrough(e));
      }
    }
  }

  private static final class Builder extends AmqpConsumerBuilder {
    Builder(AmqpSession session, JmsConsumerInfo info) {
      super(session, info);
    }

    @Override
    protected AmqpConsumer createResource(
        AmqpSession session, JmsConsumerInfo info, Receiver receiver) {
      return new AmqpReceiver(session, info, receiver);
    }
  }
}
