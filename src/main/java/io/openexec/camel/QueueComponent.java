package io.openexec.camel;

import io.openexec.camel.QueueSettings.Amqp;
import io.openexec.camel.QueueSettings.Bound;
import io.openexec.camel.QueueSettings.Credentials;
import io.openexec.execution.Errors;
import jakarta.jms.ConnectionFactory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.CamelContext;
import org.apache.camel.component.amqp.AMQPComponent;
import org.apache.camel.component.jms.ConsumerType;
import org.apache.camel.component.jms.JmsComponent;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.util.ObjectHelper;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jms.listener.AbstractMessageListenerContainer;
import org.springframework.util.backoff.ExponentialBackOff;

/** The component {@code queue:}: Camel's JMS over the configured broker. */
final class QueueComponent {
  private static final Logger LOG = LoggerFactory.getLogger(QueueComponent.class);
  private static final String NAME = "queue";
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Duration SENT = Duration.ofSeconds(5);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final QueueSettings settings;
  private final QueueSends sends;
  private final List<QueueConsumer> consumers = new CopyOnWriteArrayList<>();

  QueueComponent(QueueSettings settings, QueueSends sends) {
    this.settings = settings;
    this.sends = sends;
  }

  /**
   * Adds the component.
   *
   * @throws IllegalArgumentException if there is no bean of the configured name
   */
  void addTo(CamelContext context) {
    JmsComponent component =
        settings.broker() instanceof Bound ? new JmsComponent() : new AMQPComponent();
    component.setConnectionFactory(connectionFactory(context));
    component.setHeaderFilterStrategy(new QueueHeaders());
    component.setConsumerType(ConsumerType.Custom);
    component.setMessageListenerContainerFactory(this::consumer);
    // Else it would set a fixed pause.
    component.setRecoveryInterval(-1);
    component.setErrorHandler(this::goesBack);
    context.addComponent(NAME, component);
  }

  private ConnectionFactory connectionFactory(CamelContext context) {
    if (settings.broker() instanceof Amqp amqp) {
      return amqp(amqp);
    }
    String name = ((Bound) settings.broker()).name();
    ConnectionFactory bean =
        context.getRegistry().lookupByNameAndType(name, ConnectionFactory.class);
    if (bean == null) {
      throw new IllegalArgumentException(
          "no route file binds a jakarta.jms.ConnectionFactory with the name "
              + name
              + " (OPENEXEC_QUEUE_URL)");
    }
    if (bean instanceof JmsConnectionFactory qpid) {
      bound(name, qpid);
    }
    return bean;
  }

  /** By itself it waits for ever, and {@code failover:} connects again without telling anybody. */
  private static void bound(String name, JmsConnectionFactory bean) {
    if (bean.getRemoteURI().toLowerCase(Locale.ROOT).startsWith("failover:")) {
      throw new IllegalArgumentException(
          "the remoteURI of the bean "
              + name
              + " begins with failover:, which hides that the broker is gone; name the broker"
              + " itself: the door connects again (OPENEXEC_QUEUE_URL)");
    }
    if (bean.getConnectTimeout() < 0) {
      bean.setConnectTimeout(CONNECT.toMillis());
    }
    if (bean.getRequestTimeout() < 0) {
      bean.setRequestTimeout(ANSWER.toMillis());
    }
    if (bean.getSendTimeout() < 0) {
      bean.setSendTimeout(SENT.toMillis());
    }
    bean.setForceSyncSend(true);
  }

  private static ConnectionFactory amqp(Amqp amqp) {
    StringBuilder address = new StringBuilder(amqp.address());
    address.append("?transport.connectTimeout=").append(CONNECT.toMillis());
    address.append("&jms.connectTimeout=").append(CONNECT.toMillis());
    address.append("&jms.closeTimeout=").append(CONNECT.toMillis());
    address.append("&jms.requestTimeout=").append(ANSWER.toMillis());
    address.append("&jms.sendTimeout=").append(SENT.toMillis());
    // Else what a queue refuses in a transaction is told to the connection, as if that were lost.
    address.append("&jms.forceSyncSend=true");
    address.append("&jms.deserializationPolicy.denyList=*");
    // None by default: what waits behind a message that takes long would wait for that one.
    address.append("&jms.prefetchPolicy.all=").append(amqp.prefetch().orElse(0));
    JmsConnectionFactory factory = new AmqpConnectionFactory(address.toString());
    amqp.credentials().map(Credentials::user).ifPresent(factory::setUsername);
    amqp.credentials().map(Credentials::password).ifPresent(factory::setPassword);
    return factory;
  }

  private AbstractMessageListenerContainer consumer(JmsEndpoint endpoint) {
    QueueConsumer consumer = new QueueConsumer(endpoint, sends);
    ExponentialBackOff pauses = new ExponentialBackOff(FIRST_PAUSE.toMillis(), 2);
    pauses.setMaxInterval(LONGEST_PAUSE.toMillis());
    consumer.setBackOff(pauses);
    consumers.add(consumer);
    return consumer;
  }

  private void goesBack(Throwable why) {
    OutOfMemoryError shortage = ObjectHelper.getException(OutOfMemoryError.class, why);
    if (shortage != null) {
      // It may have left anything half done: what is held would be held for ever.
      Thread thread = Thread.currentThread();
      Thread.UncaughtExceptionHandler end = Thread.getDefaultUncaughtExceptionHandler();
      if (end != null) {
        end.uncaughtException(thread, shortage);
      }
    }
    // Of a queue that takes nothing the log has it.
    if (problem().isEmpty()) {
      LOG.warn("queue: a message goes back to the broker ({})", Errors.rootCause(why));
    }
  }

  /** Returns whether what came by the consumers can still be answered. */
  boolean isConnected() {
    return consumers.stream().allMatch(QueueConsumer::isConnected);
  }

  /** Returns what is wrong, if nothing can come in now. */
  Optional<String> connectionProblem() {
    return consumers.stream().flatMap(consumer -> consumer.problem().stream()).findFirst();
  }

  /** Returns what is wrong, if nothing can come in now, or nothing can go out. */
  Optional<String> problem() {
    return connectionProblem().or(() -> sends.problem(settings.queues().names()));
  }
}
