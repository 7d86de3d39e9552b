package io.openexec.camel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.boundary.Reason;
import io.openexec.camel.QueueSettings.Amqp;
import io.openexec.camel.QueueSettings.Bound;
import io.openexec.camel.QueueSettings.Credentials;
import io.openexec.camel.QueuedMessage.Unacceptable;
import io.openexec.execution.Answer;
import io.openexec.metrics.Traffic.MessageResult;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.Message;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.Predicate;
import org.apache.camel.component.amqp.AMQPComponent;
import org.apache.camel.component.jms.ConsumerType;
import org.apache.camel.component.jms.JmsComponent;
import org.apache.camel.component.jms.JmsConstants;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.main.Main;
import org.apache.camel.spi.PropertiesComponent;
import org.apache.camel.support.DefaultMessage;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.camel.util.ObjectHelper;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.springframework.jms.listener.AbstractMessageListenerContainer;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * What {@code ingress-queue.camel.yaml} names: the component {@code queue:}, which is Camel's JMS
 * over the configured broker, and the steps that turn a message into a request and an answer into a
 * message.
 */
final class QueueDoor {
  private static final String COMPONENT = "queue";
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int UNPROCESSABLE = 422;
  private static final int MAX_SENDS = 6;
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  // Variables of the exchange, which survive the gates.
  private static final String CORRELATION = "queue.correlation";
  private static final String REPLY_TO = "queue.replyTo";
  private static final String CONTENT = "queue.content";
  private static final String REJECTED = "queue.rejected";
  private static final String SENDS = "queue.sends";

  private final Optional<QueueSettings> settings;
  private final List<QueueConsumer> consumers = new CopyOnWriteArrayList<>();
  private final Capacity capacity;
  private final Consumer<MessageResult> count;

  /**
   * Makes the door; without settings it stays closed.
   *
   * @param capacity what all doors have room for
   * @param count is told what becomes of each message
   */
  QueueDoor(Optional<QueueSettings> settings, Capacity capacity, Consumer<MessageResult> count) {
    this.settings = settings;
    this.capacity = capacity;
    this.count = count;
  }

  /** Binds the steps. */
  void bind(Main main) {
    main.bind("queueTake", (org.apache.camel.Processor) this::take);
    main.bind("queueTaken", (Predicate) exchange -> !isRejected(exchange));
    main.bind("queueAnswer", (org.apache.camel.Processor) this::answer);
    main.bind("queueRejected", (Predicate) QueueDoor::isRejected);
    main.bind("queueSendsAgain", (Predicate) this::sendsAgain);
    main.bind("queueSendAgain", (org.apache.camel.Processor) QueueDoor::sendAgain);
  }

  /** Sets what the file's placeholders stand for, before it is loaded. */
  void define(PropertiesComponent placeholders) {
    Properties values = new Properties();
    values.setProperty("openexec.queue", Boolean.toString(settings.isPresent()));
    settings.ifPresent(
        set -> {
          values.setProperty("openexec.queue.concurrency", Integer.toString(set.concurrency()));
          values.setProperty("openexec.queue.requests", set.queues().requests());
          values.setProperty("openexec.queue.receipts", set.queues().receipts());
          values.setProperty("openexec.queue.rejected", set.queues().rejected());
        });
    placeholders.setOverrideProperties(values);
  }

  /**
   * Adds the component, when the files that may bind a connection factory are loaded.
   *
   * @throws IllegalArgumentException if there is no such bean
   */
  void addTo(CamelContext context) {
    if (settings.isEmpty()) {
      return;
    }
    JmsComponent component =
        settings.get().broker() instanceof Bound ? new JmsComponent() : new AMQPComponent();
    component.setConnectionFactory(connectionFactory(context, settings.get()));
    component.setHeaderFilterStrategy(new QueueHeaders());
    component.setConsumerType(ConsumerType.Custom);
    component.setMessageListenerContainerFactory(this::consumer);
    // Else it would set a fixed pause.
    component.setRecoveryInterval(-1);
    component.setErrorHandlerLogStackTrace(false);
    component.setErrorHandlerLoggingLevel(LoggingLevel.WARN);
    context.addComponent(COMPONENT, component);
  }

  private static ConnectionFactory connectionFactory(CamelContext context, QueueSettings settings) {
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
    return bean;
  }

  private static ConnectionFactory amqp(Amqp amqp) {
    StringBuilder address = new StringBuilder(amqp.address());
    address.append("?transport.connectTimeout=").append(CONNECT.toMillis());
    address.append("&jms.connectTimeout=").append(CONNECT.toMillis());
    address.append("&jms.closeTimeout=").append(CONNECT.toMillis());
    address.append("&jms.requestTimeout=").append(ANSWER.toMillis());
    address.append("&jms.sendTimeout=").append(ANSWER.toMillis());
    address.append("&jms.deserializationPolicy.denyList=*");
    // None by default: what waits behind a message that takes long would wait for that one.
    address.append("&jms.prefetchPolicy.all=").append(amqp.prefetch().orElse(0));
    JmsConnectionFactory factory = new JmsConnectionFactory(address.toString());
    amqp.credentials().map(Credentials::user).ifPresent(factory::setUsername);
    amqp.credentials().map(Credentials::password).ifPresent(factory::setPassword);
    return factory;
  }

  private AbstractMessageListenerContainer consumer(JmsEndpoint endpoint) {
    QueueConsumer consumer = new QueueConsumer(endpoint);
    ExponentialBackOff pauses = new ExponentialBackOff(FIRST_PAUSE.toMillis(), 2);
    pauses.setMaxInterval(LONGEST_PAUSE.toMillis());
    consumer.setBackOff(pauses);
    consumers.add(consumer);
    return consumer;
  }

  /** Returns whether requests are to come in by queue. */
  boolean isWanted() {
    return settings.isPresent();
  }

  /** Returns what is wrong, if requests cannot come in by queue now. */
  Optional<String> problem() {
    return consumers.stream().flatMap(consumer -> consumer.problem().stream()).findFirst();
  }

  /** Takes the bytes of a message, and keeps what its answer needs; or says why not. */
  private void take(Exchange exchange) throws InterruptedException {
    Message message = Step.body("queueTake", exchange, Message.class);
    exchange.setIn(new DefaultMessage(exchange));
    // The answer is sent in the session that the message came by, so in its thread.
    exchange.getExchangeExtension().setTransacted(true);
    try {
      correlate(exchange, message);
      QueuedMessage.replyTo(message, settings.orElseThrow().replyTo())
          .ifPresent(queue -> exchange.setVariable(REPLY_TO, queue));
      Object content = QueuedMessage.content(message);
      exchange.setVariable(CONTENT, content);
      awaitRoom(exchange, QueuedMessage.length(content));
      exchange.getMessage().setBody(QueuedMessage.utf8(content));
    } catch (Unacceptable e) {
      reject(exchange, e.status(), e.reason());
    }
  }

  /** Waits for memory, which is given back when the answer was sent. */
  private void awaitRoom(Exchange exchange, int length) throws InterruptedException {
    AtomicReference<Capacity.Ticket> ticket = new AtomicReference<>();
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new SynchronizationAdapter() {
              @Override
              public void onDone(Exchange done) {
                Optional.ofNullable(ticket.get()).ifPresent(Capacity.Ticket::leave);
              }
            });
    ticket.set(capacity.await(length));
  }

  private static void correlate(Exchange exchange, Message message) throws Unacceptable {
    try {
      QueuedMessage.correlation(message).ifPresent(id -> exchange.setVariable(CORRELATION, id));
    } catch (Unacceptable e) {
      // Nobody could tell what it was, if it did not go along.
      exchange.setVariable(CONTENT, QueuedMessage.content(message));
      throw e;
    }
  }

  private void reject(Exchange exchange, int status, String reason) {
    count.accept(MessageResult.REJECTED);
    exchange.setVariable(REJECTED, true);
    Object content = exchange.getVariable(CONTENT);
    org.apache.camel.Message message = fresh(exchange);
    message.setHeader(QueueHeaders.STATUS, status);
    message.setHeader(QueueHeaders.REASON, reason);
    message.setBody(content == null ? "" : content);
  }

  private static boolean isRejected(Exchange exchange) {
    return exchange.getVariable(REJECTED) != null;
  }

  /** Makes a message of an answer, or of the request that could not even be read. */
  private void answer(Exchange exchange) {
    Answer answer = Step.body("queueAnswer", exchange, Answer.class);
    Optional<String> malformed = malformed(answer);
    if (malformed.isPresent()) {
      reject(exchange, answer.status(), malformed.get());
      return;
    }
    count.accept(answer.isProblem() ? MessageResult.REFUSED : MessageResult.SUCCEEDED);
    org.apache.camel.Message message = fresh(exchange);
    message.setHeader(QueueHeaders.STATUS, answer.status());
    message.setHeader(QueueHeaders.CONTENT_TYPE, answer.mediaType());
    message.setHeader(QueueHeaders.REPLAYED, answer.replayed());
    message.setBody(answer.json());
    String replyTo = exchange.getVariable(REPLY_TO, String.class);
    if (replyTo != null) {
      message.setHeader(JmsConstants.JMS_DESTINATION_NAME, replyTo);
    }
  }

  /** Returns whether an answer is worth sending again: not in a session that is dead. */
  private boolean sendsAgain(Exchange exchange) {
    Throwable why = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    boolean dead = ObjectHelper.getException(jakarta.jms.IllegalStateException.class, why) != null;
    return !dead
        && sends(exchange) < MAX_SENDS
        && consumers.stream().allMatch(QueueConsumer::isConnected);
  }

  private static int sends(Exchange exchange) {
    return exchange.getVariable(SENDS, 1, Integer.class);
  }

  /** Where its request asked for the answer could not be sent: it goes where all others go. */
  private static void sendAgain(Exchange exchange) {
    exchange.setVariable(SENDS, sends(exchange) + 1);
    exchange.getMessage().removeHeader(JmsConstants.JMS_DESTINATION_NAME);
  }

  private static org.apache.camel.Message fresh(Exchange exchange) {
    org.apache.camel.Message message = new DefaultMessage(exchange);
    exchange.setIn(message);
    String correlation = exchange.getVariable(CORRELATION, String.class);
    if (correlation != null) {
      message.setHeader(JmsConstants.JMS_HEADER_CORRELATION_ID, correlation);
    }
    return message;
  }

  /** Returns what the parser said, if it is its answer: a refusal that decided nothing. */
  private static Optional<String> malformed(Answer answer) {
    if (answer.status() != UNPROCESSABLE) {
      return Optional.empty();
    }
    try {
      JsonNode problem = MAPPER.readTree(answer.json());
      return problem.path("code").asText().equals(Reason.MALFORMED_REQUEST.code())
              && !problem.has("evidence")
          ? Optional.of(problem.path("detail").asText())
          : Optional.empty();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer is JSON", e);
    }
  }
}
