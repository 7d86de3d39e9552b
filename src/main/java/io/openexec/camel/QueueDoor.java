package io.openexec.camel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.boundary.Reason;
import io.openexec.camel.QueueSettings.Queues;
import io.openexec.camel.QueuedMessage.Unacceptable;
import io.openexec.execution.Answer;
import io.openexec.metrics.Traffic.MessageResult;
import io.openexec.receipt.Hash;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.component.jms.JmsConstants;
import org.apache.camel.component.jms.JmsMessage;
import org.apache.camel.main.Main;
import org.apache.camel.spi.PropertiesComponent;
import org.apache.camel.support.DefaultMessage;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ingress-queue.camel.yaml} names: the component {@code queue:}, which is Camel's JMS
 * over the configured broker, and the steps that turn a message into a request and an answer into a
 * message.
 */
final class QueueDoor {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int UNPROCESSABLE = 422;
  private static final int MAX_HOLDS = 6;
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final Duration LONG_PAUSE = Duration.ofSeconds(2);

  // Variables of the exchange, which survive the gates.
  private static final String TAKEN = "queue.taken";
  private static final String CORRELATION = "queue.correlation";
  private static final String REPLY_TO = "queue.replyTo";
  private static final String CONTENT = "queue.content";
  private static final String WHOLE = "queue.whole";
  private static final String TARGET = "queue.target";
  private static final String RESULT = "queue.result";
  private static final String IS_FINAL = "queue.isFinal";
  private static final String HOLDS = "queue.holds";

  /** What every request would be answered just now, whichever it is. */
  private static final Set<String> FOR_ALL =
      Set.of(
          Reason.STORE_UNAVAILABLE.code(),
          Reason.TRUST_UNAVAILABLE.code(),
          Reason.SHUTTING_DOWN.code());

  private final Optional<QueueSettings> settings;
  private final QueueSends sends;
  private final Optional<QueueComponent> component;
  private final Optional<Postponement> postponement;
  private final Capacity capacity;

  /**
   * Makes the door; without settings it stays closed.
   *
   * @param capacity what all doors have room for
   * @param count is told what becomes of each message
   */
  QueueDoor(Optional<QueueSettings> settings, Capacity capacity, Consumer<MessageResult> count) {
    this.settings = settings;
    this.sends = new QueueSends(count);
    this.component = settings.map(set -> new QueueComponent(set, sends));
    this.postponement = settings.map(set -> new Postponement(set.queues().requests()));
    this.capacity = capacity;
  }

  /** Binds the steps. */
  void bind(Main main) {
    main.bind("queueTake", (org.apache.camel.Processor) this::take);
    main.bind("queueTaken", (Predicate) exchange -> exchange.getVariable(RESULT) == null);
    main.bind("queueHold", (org.apache.camel.Processor) QueueDoor::hold);
    main.bind("queueAnswer", (org.apache.camel.Processor) this::answer);
    main.bind("queueRejected", (Predicate) QueueDoor::isRejected);
    main.bind("queuePostponed", (Predicate) QueueDoor::isPostponed);
    main.bind("queuePostpone", (org.apache.camel.Processor) this::postpone);
    main.bind("queueSent", (org.apache.camel.Processor) this::sent);
    main.bind("queueNotSent", (org.apache.camel.Processor) this::notSent);
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
    component.ifPresent(opened -> opened.addTo(context));
  }

  /** Returns whether requests are to come in by queue. */
  boolean isWanted() {
    return settings.isPresent();
  }

  /** Returns what is wrong, if requests cannot come in by queue now, or answers not go out. */
  Optional<String> problem() {
    return component.flatMap(QueueComponent::problem);
  }

  /** Returns whether requests can come in. */
  boolean isConnected() {
    return component.filter(opened -> opened.connectionProblem().isEmpty()).isPresent();
  }

  /** Takes the bytes of a message, and keeps what its answer needs; or says why not. */
  private void take(Exchange exchange) throws InterruptedException {
    Message message = Step.body("queueTake", exchange, Message.class);
    exchange.setVariable(TAKEN, exchange.getMessage());
    exchange.setIn(new DefaultMessage(exchange));
    // The answer is sent in the session that the message came by, so in its thread.
    exchange.getExchangeExtension().setTransacted(true);
    exchange.setProperty(Steps.IN_A_HURRY, true);
    exchange.setProperty(Steps.COMES_AGAIN, true);
    if (Postponement.times(message) > 0) {
      exchange.setProperty(Steps.COUNTED, true);
    }
    try {
      correlate(exchange, message);
      QueuedMessage.replyTo(message, settings.orElseThrow().replyTo())
          .ifPresent(queue -> exchange.setVariable(REPLY_TO, queue));
      Object content = QueuedMessage.content(message);
      exchange.setVariable(CONTENT, content);
      awaitRoom(exchange, QueuedMessage.length(content));
      exchange.getMessage().setBody(QueuedMessage.utf8(content));
      exchange.setVariable(WHOLE, true);
    } catch (Unacceptable e) {
      reject(exchange, e.status(), e.reason());
    }
  }

  private Queues queues() {
    return settings.orElseThrow().queues();
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
    leadTo(exchange, queues().rejected(), MessageResult.REJECTED);
    Object content = exchange.getVariable(CONTENT);
    if (isPostponed(exchange) && exchange.getVariable(WHOLE) == null) {
      // A copy might pass for another message: this one stands for what could not be read.
      exchange.setVariable(CONTENT, standIn(reason, content));
    }
    org.apache.camel.Message message = fresh(exchange);
    message.setHeader(QueueHeaders.STATUS, status);
    message.setHeader(QueueHeaders.REASON, reason);
    message.setBody(content == null ? "" : content);
  }

  /** Returns what is no request, and says why, when it comes again and goes aside. */
  private static Object standIn(String reason, @Nullable Object content) {
    if (content instanceof byte[] bytes) {
      ByteArrayOutputStream both = new ByteArrayOutputStream();
      both.writeBytes((reason + "\n").getBytes(StandardCharsets.UTF_8));
      both.writeBytes(bytes);
      return both.toByteArray();
    }
    String text = content == null ? "" : (String) content;
    // It may be one already, that could not go aside.
    return text.startsWith(reason) ? text : reason + "\n" + text;
  }

  private static boolean isRejected(Exchange exchange) {
    return exchange.getVariable(RESULT) == MessageResult.REJECTED;
  }

  /** Waits with a request for which every other one would have to wait as well, for a while. */
  private static void hold(Exchange exchange) {
    Answer answer = Step.body("queueHold", exchange, Answer.class);
    int holds = exchange.getVariable(HOLDS, 0, Integer.class);
    if (holds < MAX_HOLDS && answer.code().filter(FOR_ALL::contains).isPresent()) {
      exchange.setVariable(HOLDS, holds + 1);
      NotFinal.refuse(answer);
    }
  }

  private static boolean isPostponed(Exchange exchange) {
    return exchange.getVariable(RESULT) == MessageResult.POSTPONED;
  }

  private void postpone(Exchange exchange) throws JMSException {
    JmsMessage taken = exchange.getVariable(TAKEN, JmsMessage.class);
    postponement
        .orElseThrow()
        .postpone(
            new Postponement.Taken(
                taken.getJmsMessage(),
                taken.getJmsSession(),
                exchange.getVariable(CONTENT),
                Optional.ofNullable(exchange.getVariable(CORRELATION, String.class)),
                Optional.ofNullable(exchange.getVariable(REPLY_TO, String.class)),
                exchange.getVariable(IS_FINAL) == null));
  }

  /**
   * Makes a message of an answer, or of the request that could not even be read; or has it wait.
   */
  private void answer(Exchange exchange) {
    Answer answer = Step.body("queueAnswer", exchange, Answer.class);
    if (!answer.isFinal()) {
      hasToWait(exchange);
      return;
    }
    exchange.setVariable(IS_FINAL, true);
    Optional<String> malformed = malformed(answer);
    if (malformed.isPresent()) {
      reject(exchange, answer.status(), malformed.get());
      return;
    }
    String replyTo = exchange.getVariable(REPLY_TO, String.class);
    boolean asked = replyTo != null && sends.mayTry(replyTo);
    leadTo(
        exchange,
        asked ? replyTo : queues().receipts(),
        answer.isProblem() ? MessageResult.REFUSED : MessageResult.SUCCEEDED);
    org.apache.camel.Message message = fresh(exchange);
    message.setHeader(QueueHeaders.STATUS, answer.status());
    message.setHeader(QueueHeaders.CONTENT_TYPE, answer.mediaType());
    message.setHeader(QueueHeaders.REPLAYED, answer.replayed());
    message.setBody(
        isLarge(answer.json()) && sends.hasToBeBrief(request(exchange))
            ? answer.brief().json()
            : answer.json());
    if (asked) {
      message.setHeader(JmsConstants.JMS_DESTINATION_NAME, replyTo);
    }
  }

  /** Has something sent to a queue, or waits with the message if that took nothing lately. */
  private void leadTo(Exchange exchange, String queue, MessageResult result) {
    if (queue.equals(exchange.getVariable(REPLY_TO))
        || sends.isRefusing(queues().requests())
        || sends.mayTry(queue)) {
      exchange.setVariable(TARGET, queue);
      exchange.setVariable(RESULT, result);
    } else {
      hasToWait(exchange);
    }
  }

  private void hasToWait(Exchange exchange) {
    exchange.setVariable(TARGET, queues().requests());
    exchange.setVariable(RESULT, MessageResult.POSTPONED);
  }

  private void sent(Exchange exchange) {
    sends.sent(
        exchange.getVariable(TARGET, String.class),
        exchange.getVariable(RESULT, MessageResult.class));
  }

  /** What cannot be sent is no answer: its message goes back to the broker, which delivers it. */
  private void notSent(Exchange exchange) throws Exception {
    Exception why = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
    boolean dead = ObjectHelper.getException(jakarta.jms.IllegalStateException.class, why) != null;
    if (!dead && component.orElseThrow().isConnected() && !isForItsSize(exchange)) {
      sends.refused(exchange.getVariable(TARGET, String.class), why);
      // At once again, but nothing shall go round in a hurry.
      Duration pause = sends.isRefusing(queues().requests()) ? LONG_PAUSE : PAUSE;
      TimeUnit.MILLISECONDS.sleep(pause.toMillis());
    }
    throw why;
  }

  private boolean isForItsSize(Exchange exchange) {
    Object result = exchange.getVariable(RESULT);
    return (result == MessageResult.SUCCEEDED || result == MessageResult.REFUSED)
        && exchange.getMessage().getBody() instanceof String answer
        && isLarge(answer)
        && sends.isForItsSize(request(exchange), answer.length());
  }

  private static boolean isLarge(String answer) {
    return answer.length() > QueueSends.SMALL;
  }

  /** What tells a request from others, and is the same when its message comes again. */
  private static String request(Exchange exchange) {
    Object content = exchange.getVariable(CONTENT);
    return Hash.ofUtf8(
            content instanceof byte[] bytes
                ? new String(bytes, StandardCharsets.ISO_8859_1)
                : (String) content)
        .hex();
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
