package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Queues that take nothing: what should go there waits, and it is said. */
class QueueFullTest {
  private static final long SOON = 20_000;
  // A message waits half a minute at most, and a try takes a moment.
  private static final long LONG = 90_000;
  private static final String REQUESTS = "openexec.requests";
  private static final String RECEIPTS = "openexec.receipts";
  private static final String REJECTED = "openexec.rejected";
  private static final int MESSAGES = 6;

  @TempDir Path brokerDirectory;
  @TempDir Path directory;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger ours = (Logger) LoggerFactory.getLogger("io.openexec");

  private Level level;

  @BeforeEach
  void listen() {
    level = ours.getLevel();
    ours.setLevel(Level.INFO);
    log.start();
    ours.addAppender(log);
  }

  @AfterEach
  void stop() {
    ours.setLevel(level);
    ours.detachAppender(log);
  }

  private long logged(String text) {
    return List.copyOf(log.list).stream()
        .filter(event -> event.getFormattedMessage().contains(text))
        .count();
  }

  private TestService.Setup setup(Broker broker) {
    return new TestService.Setup(directory)
        .with("OPENEXEC_QUEUE_URL", broker.url())
        .with("OPENEXEC_QUEUE_CONCURRENCY", "2")
        .with("OPENEXEC_QUEUE_REPLY_TO", "mine")
        .tracing("trace", "");
  }

  private static String trace(int id) {
    return Requests.body("trace", "{\"id\":" + id + "}", "n" + id, null);
  }

  private static void awaitSaid(TestService service, String queue) {
    Eventually.within(
        SOON, () -> service.requests().get("/ready").text().contains("the queue " + queue));
    assertThat(service.requests().get("/ready").status()).isEqualTo(503);
    assertThat(service.requests().execute("echo", "{}", "http").status()).isEqualTo(200);
  }

  private static void awaitReady(TestService service) {
    Eventually.within(SOON, () -> service.requests().get("/ready").status() == 200);
  }

  /**
   * Takes one out of a full queue, so that the broker sees that there is room, and then the rest.
   */
  private static void makeRoom(Broker broker, String queue) throws Exception {
    broker.limit(queue, 1_000);
    Set<String> correlations = new HashSet<>();
    correlations.add(broker.receive(queue).getJMSCorrelationID());
    Eventually.within(LONG, () -> broker.count(queue) == MESSAGES - 1);
    for (Message message : broker.drain(queue)) {
      correlations.add(message.getJMSCorrelationID());
    }
    assertThat(correlations).as("once each").hasSize(MESSAGES);
  }

  @Test
  void aFullQueueOfAnswersIsSaidOnceAndNothingIsLost() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      broker.limit(RECEIPTS, 2);
      TestService.Setup setup = setup(broker);
      try (TestService service = setup.start()) {
        for (int id = 0; id < MESSAGES; id++) {
          broker.send(REQUESTS, trace(id), "c" + id);
        }
        awaitSaid(service, RECEIPTS);
        Eventually.within(SOON, () -> setup.traced().size() == MESSAGES);
        makeRoom(broker, RECEIPTS);
        awaitReady(service);
        assertThat(broker.count(REQUESTS)).isZero();
        assertThat(setup.traced()).as("none twice").hasSize(MESSAGES);
        assertThat(logged("openexec.receipts takes no message")).isOne();
        assertThat(logged("openexec.receipts takes messages again")).isOne();
        assertThat(logged("goes back to the broker")).isZero();
      }
    }
  }

  /** Whose client waits for ever, if it is not told otherwise. */
  @Test
  void soIsOneThroughAConnectionFactoryThatARouteFileBinds() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      broker.limit(RECEIPTS, 2);
      TestService.Setup setup =
          setup(broker)
              .with("OPENEXEC_QUEUE_URL", "bean:mine")
              .with("OPENEXEC_INSECURE_DEMO", "true")
              .door(
                  "broker",
                  "- beans:",
                  "    - name: mine",
                  "      type: org.apache.qpid.jms.JmsConnectionFactory",
                  "      properties: {remoteURI: \"" + broker.url() + "\"}");
      try (TestService service = setup.start()) {
        for (int id = 0; id < MESSAGES; id++) {
          broker.send(REQUESTS, trace(id), "c" + id);
        }
        awaitSaid(service, RECEIPTS);
        Eventually.within(SOON, () -> setup.traced().size() == MESSAGES);
        makeRoom(broker, RECEIPTS);
        awaitReady(service);
        assertThat(setup.traced()).as("none twice").hasSize(MESSAGES);
      }
    }
  }

  @Test
  void anAnswerThatIsLargerThanTheBrokerTakesIsBriefAndHoldsUpNobody() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      broker.refuseLarge(RECEIPTS);
      TestService.Setup setup = setup(broker);
      try (TestService service = setup.start()) {
        String large =
            Requests.body("echo", "{\"x\":\"" + "x".repeat(90_000) + "\"}", "large", null);
        broker.send(REQUESTS, large, "large");
        for (int id = 1; id < MESSAGES; id++) {
          broker.send(REQUESTS, trace(id), "c" + id);
        }
        Eventually.within(SOON, () -> broker.count(RECEIPTS) == MESSAGES);
        Eventually.within(SOON, () -> broker.count(REQUESTS) == 0);
        JsonNode brief = null;
        for (Message answer : broker.drain(RECEIPTS)) {
          if (answer.getJMSCorrelationID().equals("large")) {
            assertThat(answer.getIntProperty("status")).isEqualTo(200);
            brief = new JsonMapper().readTree(((TextMessage) answer).getText());
          }
        }
        assertThat(brief).isNotNull();
        assertThat(brief.path("result").isNull()).isTrue();
        assertThat(brief.path("disclosures").isNull()).isTrue();
        assertThat(brief.path("approved").asBoolean()).isTrue();
        assertThat(brief.path("evidence").asText()).startsWith("ey");
        assertThat(brief.path("detail").asText()).contains("the same request again over HTTP");
        assertThat(logged("takes no message")).as("of the queue").isZero();
        assertThat(logged("characters was not taken")).isOne();
        Reply whole = service.requests().execute(large);
        assertThat(whole.header("Idempotent-Replayed")).contains("true");
        assertThat(whole.json().path("result").path("echo").path("x").asText()).hasSize(90_000);
        assertThat(whole.json().path("evidence")).isEqualTo(brief.path("evidence"));
      }
    }
  }

  @Test
  void aRefusalThatIsLargerThanTheBrokerTakesIsBriefAndDeniedOnceMoreAtMost() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      broker.refuseLarge(RECEIPTS);
      try (TestService service = setup(broker).start()) {
        String large = "{\"x\":\"" + "x".repeat(90_000) + "\"}";
        for (int id = 0; id < MESSAGES; id++) {
          broker.send(REQUESTS, Requests.body("none", large, "large" + id, null), "c" + id);
        }
        for (Message answer : broker.receive(RECEIPTS, MESSAGES)) {
          assertThat(answer.getIntProperty("status")).isEqualTo(400);
          JsonNode brief = new JsonMapper().readTree(((TextMessage) answer).getText());
          assertThat(brief.path("disclosures").isNull()).isTrue();
          assertThat(brief.path("code").asText()).isEqualTo("unknown_action");
        }
        assertThat(logged("takes no message")).as("of the queue").isZero();
        assertThat(logged("characters was not taken")).isEqualTo(MESSAGES);
        assertThat(service.requests().get("/ready").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void whatWasExecutedDoesNotExpireWhileItsAnswerWaits() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      broker.limit(RECEIPTS, 2);
      TestService.Setup setup = setup(broker);
      try (TestService service = setup.start()) {
        long lifetime = 10_000;
        for (int id = 0; id < MESSAGES; id++) {
          broker.send(REQUESTS, trace(id), "c" + id, lifetime);
        }
        long expired = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(lifetime);
        Eventually.within(SOON, () -> setup.traced().size() == MESSAGES);
        Eventually.within(SOON, () -> System.nanoTime() - expired > 0);
        makeRoom(broker, RECEIPTS);
        awaitReady(service);
      }
    }
  }

  @Test
  void whatCannotGoAsideHoldsUpNoAnswer() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      broker.limit(REJECTED, 1);
      TestService.Setup setup = setup(broker);
      try (TestService service = setup.start()) {
        for (int id = 1; id < MESSAGES; id++) {
          broker.send(REQUESTS, "nonsense", "c" + id);
        }
        broker.send(REQUESTS, trace(1), "x".repeat(256));
        awaitSaid(service, REJECTED);
        long begin = System.nanoTime();
        broker.send(REQUESTS, trace(0), "good");
        assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("good");
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(8));
        makeRoom(broker, REJECTED);
        assertThat(setup.traced()).as("nothing that was to go aside").containsExactly("0");
        awaitReady(service);
        assertThat(broker.count(REQUESTS)).isZero();
      }
    }
  }

  @Test
  void norDoesWhatCannotEvenBeReadHoweverMuchOfIt() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      broker.limit(REJECTED, 1);
      TestService.Setup setup = setup(broker);
      try (TestService service = setup.start()) {
        int unreadable = 3 * MESSAGES;
        for (int id = 0; id < unreadable; id++) {
          String correlation = id % 2 == 0 ? "c" + id : "\u00fc" + id;
          String body = trace(id + 1);
          broker.send(
              REQUESTS,
              session -> {
                // The one is no text, the other cannot be answered.
                Message message =
                    correlation.startsWith("c")
                        ? session.createMapMessage()
                        : session.createTextMessage(body);
                message.setJMSCorrelationID(correlation);
                return message;
              });
        }
        long begin = System.nanoTime();
        broker.send(REQUESTS, trace(0), "good");
        assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("good");
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(15));
        broker.limit(REJECTED, 1_000);
        broker.receive(REJECTED);
        int others = 0;
        for (Message aside : broker.receive(REJECTED, unreadable - 1)) {
          String text = ((TextMessage) aside).getText();
          others += text.contains("\"id\":") ? 1 : 0;
          assertThat(text + aside.getStringProperty("reason"))
              .containsAnyOf("neither text nor bytes", "correlation id cannot be answered with");
        }
        assertThat(others).as("with what was in it").isGreaterThanOrEqualTo(unreadable / 2 - 1);
        assertThat(setup.traced()).as("nothing that was to go aside").containsExactly("0");
        awaitReady(service);
      }
    }
  }

  @Test
  void whatAFullReplyQueueDoesNotTakeGoesWhereAllAnswersGo() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      broker.limit("mine", 1);
      try (TestService service = setup(broker).start()) {
        for (int id = 0; id < MESSAGES; id++) {
          String request = trace(id);
          broker.send(
              REQUESTS,
              session -> {
                Message message = session.createTextMessage(request);
                message.setJMSReplyTo(session.createQueue("mine"));
                return message;
              });
        }
        assertThat(broker.receive(RECEIPTS, MESSAGES - 1)).hasSize(MESSAGES - 1);
        assertThat(broker.count("mine")).isOne();
        assertThat(service.requests().get("/ready").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void aQueueThatTheServiceMayNotWriteIsSaid() throws Exception {
    try (Broker broker = Broker.locked(brokerDirectory, "openexec", "secret")) {
      broker.forbid(RECEIPTS, true);
      try (TestService service =
          setup(broker)
              .with("OPENEXEC_QUEUE_USER", "openexec")
              .with("OPENEXEC_QUEUE_PASSWORD", "secret")
              .start()) {
        broker.send(REQUESTS, trace(0), "c");
        awaitSaid(service, RECEIPTS);
        TimeUnit.SECONDS.sleep(2);
        assertThat(logged("openexec.receipts takes no message")).isOne();
        broker.forbid(RECEIPTS, false);
        assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("c");
        awaitReady(service);
      }
    }
  }
}
