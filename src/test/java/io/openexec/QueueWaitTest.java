package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Exposition;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import jakarta.jms.BytesMessage;
import jakarta.jms.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages whose answers are not final yet, and those behind them. */
@SuppressWarnings("try") // A service that runs is all that some need.
class QueueWaitTest {
  private static final long SOON = 20_000;
  private static final String REQUESTS = "openexec.requests";
  private static final String RECEIPTS = "openexec.receipts";
  private static final int WAITING = 5;
  private static final long LIFETIME = 1_500;

  /** Longer than the pause after which the broker looks for what has expired, 30 s. */
  private static final long LONG = 60_000;

  @TempDir Path brokerDirectory;
  @TempDir Path directory;

  private TestService.Setup setup(Broker broker) {
    return new TestService.Setup(directory)
        .with("OPENEXEC_QUEUE_URL", broker.url())
        .with("OPENEXEC_QUEUE_CONCURRENCY", "2")
        .with("OPENEXEC_QUEUE_REPLY_TO", "mine")
        .tracing("slow", "?hold=" + go());
  }

  private Path go() {
    return directory.resolve("go");
  }

  private static String slow(int id) {
    return Requests.body("slow", "{\"id\":" + id + "}", "n" + id, null);
  }

  private static double postponed(TestService service) {
    return Exposition.parse(service.requests().get("/metrics").text())
        .value("openexec_queue_messages_total", "result", "postponed");
  }

  /** Executes requests by HTTP that go on until {@link #go}. */
  private List<CompletableFuture<Reply>> holdAll(TestService.Setup setup, TestService service) {
    List<CompletableFuture<Reply>> held = new ArrayList<>();
    for (int id = 0; id < WAITING; id++) {
      held.add(service.requests().executeAsync(slow(id)));
    }
    Eventually.within(SOON, () -> setup.traced().size() == WAITING);
    return held;
  }

  /** Sends the same by queue, in all its forms; returns what they are to be answered with. */
  private static Set<String> sendAll(Broker broker) throws Exception {
    Set<String> correlations = new HashSet<>();
    for (int id = 0; id < WAITING - 2; id++) {
      broker.send(REQUESTS, slow(id), "c" + id);
      correlations.add("c" + id);
    }
    correlations.add(
        broker.send(
            REQUESTS,
            session -> {
              BytesMessage bytes = session.createBytesMessage();
              bytes.writeBytes(slow(WAITING - 2).getBytes(StandardCharsets.UTF_8));
              return bytes;
            }));
    broker.send(
        REQUESTS,
        session -> {
          Message message = session.createTextMessage(slow(WAITING - 1));
          message.setJMSCorrelationID("mine");
          message.setJMSReplyTo(session.createQueue("mine"));
          return message;
        });
    return correlations;
  }

  private void holdUpNobody(Broker broker, TestService.Setup setup) throws Exception {
    try (TestService service = setup.start()) {
      List<CompletableFuture<Reply>> held = holdAll(setup, service);
      Set<String> correlations = sendAll(broker);
      long begin = System.nanoTime();
      broker.send(REQUESTS, Requests.body("echo", "{}", "good", null), "good");
      assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("good");
      assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(5));
      assertThat(broker.isSilent(RECEIPTS, 2_000)).as("nothing else is final").isTrue();
      // While one is sent back, the broker counts it as gone for a moment.
      Eventually.within(SOON, () -> broker.count(REQUESTS) == WAITING);
      assertThat(postponed(service)).as("tries").isBetween(2.0 * WAITING, 12.0 * WAITING);

      Files.createFile(go());
      Set<String> answered = new HashSet<>();
      for (Message answer : broker.receive(RECEIPTS, WAITING - 1)) {
        assertThat(answer.getIntProperty("status")).isEqualTo(200);
        assertThat(answer.getBooleanProperty("replayed")).isTrue();
        answered.add(answer.getJMSCorrelationID());
      }
      assertThat(answered).isEqualTo(correlations);
      assertThat(broker.receive("mine").getJMSCorrelationID()).isEqualTo("mine");
      assertThat(broker.drain(RECEIPTS)).as("once each").isEmpty();
      Eventually.within(SOON, () -> broker.count(REQUESTS) == 0);
      held.forEach(reply -> assertThat(reply.join().status()).isEqualTo(200));
      assertThat(setup.traced()).hasSize(WAITING);
      assertThat(
              Exposition.parse(service.requests().get("/metrics").text())
                  .value("openexec_requests_total", "door", "queue"))
          .as("counted once each")
          .isEqualTo(WAITING + 1);
    }
  }

  @Test
  void whatRunsElsewhereHoldsUpNobodyBehindIt() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      holdUpNobody(broker, setup(broker));
    }
  }

  @Test
  void norDoesItAtABrokerThatCannotDeliverLater() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      holdUpNobody(
          broker,
          setup(broker)
              .with("OPENEXEC_QUEUE_URL", "bean:plain")
              .with("OPENEXEC_INSECURE_DEMO", "true")
              .door(
                  "broker",
                  "- beans:",
                  "    - name: plain",
                  "      type: io.openexec.testing.NoDelays",
                  "      properties: {remoteURI: \"" + broker.url() + "\"}"));
    }
  }

  @Test
  void anActionThatIsFullHoldsUpNoOther() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      TestService.Setup setup = setup(broker).tracing("one", "?hold=" + go(), "concurrency: 1");
      try (TestService service = setup.start()) {
        for (int id = 0; id < WAITING; id++) {
          broker.send(
              REQUESTS, Requests.body("one", "{\"id\":" + id + "}", "n" + id, null), "c" + id);
        }
        broker.send(REQUESTS, Requests.body("echo", "{}", "good", null), "good");
        assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("good");
        Files.createFile(go());
        Set<String> answered = new HashSet<>();
        for (Message answer : broker.receive(RECEIPTS, WAITING)) {
          assertThat(answer.getIntProperty("status")).isEqualTo(200);
          answered.add(answer.getJMSCorrelationID());
        }
        assertThat(answered).hasSize(WAITING);
        assertThat(setup.traced()).hasSize(WAITING).doesNotHaveDuplicates();
      }
    }
  }

  @Test
  void whenNothingCanBeExecutedAMessageWaitsWhereItIs() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      Approver approver = new Approver();
      TokenApprover another = new TokenApprover("a-1", "a", Approver.TENANT);
      TestService.Setup setup = setup(broker).clawshield(approver).trusting(another);
      try (TestService service = setup.start()) {
        Eventually.within(SOON, () -> service.requests().get("/ready").status() == 200);
        setup.writeRevocations("gone");
        Eventually.within(SOON, () -> service.requests().get("/ready").status() == 503);
        for (int id = 0; id < WAITING; id++) {
          String request = Requests.body("echo", "{}", "n" + id, approver.approve("echo", "{}"));
          broker.send(REQUESTS, request, "c" + id);
        }
        assertThat(broker.isSilent(RECEIPTS, 3_000)).isTrue();
        assertThat(postponed(service)).isZero();
        setup.trusting(another);
        for (Message answer : broker.receive(RECEIPTS, WAITING)) {
          assertThat(answer.getIntProperty("status")).isEqualTo(200);
        }
      }
    }
  }

  @Test
  void whatASenderWritesThereChangesNoAnswer() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory);
        TestService service = setup(broker).start()) {
      for (Object forged : List.of(-1, Integer.MAX_VALUE, Long.MIN_VALUE, "often", true)) {
        broker.send(
            REQUESTS,
            session -> {
              Message message =
                  session.createTextMessage(Requests.body("echo", "{}", "n" + forged, null));
              message.setObjectProperty("openexecPostponed", forged);
              return message;
            });
        Message answer = broker.receive(RECEIPTS);
        assertThat(answer.getIntProperty("status")).isEqualTo(200);
        assertThat(answer.propertyExists("openexecPostponed")).isFalse();
      }
    }
  }

  @Test
  void whatExpiresWhileItWaitsIsNotExecuted() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      TestService.Setup setup = setup(broker);
      try (TestService service = setup.start()) {
        List<CompletableFuture<Reply>> held = holdAll(setup, service);
        broker.send(REQUESTS, slow(0), "c", LIFETIME);
        long expired = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2 * LIFETIME);
        Eventually.within(SOON, () -> postponed(service) >= 1);
        // Before, it would be gone for a moment each time it is sent back, and come again.
        Eventually.within(SOON, () -> System.nanoTime() - expired > 0);
        Eventually.within(LONG, () -> broker.count(REQUESTS) == 0);
        Files.createFile(go());
        held.forEach(reply -> assertThat(reply.join().status()).isEqualTo(200));
        assertThat(broker.isSilent(RECEIPTS, 1_000)).isTrue();
      }
    }
  }

  /** The copy that was not confirmed in time may be there all the same. */
  @Test
  void aBrokerThatTakesItsTimeGetsNoSecondCopy() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      TestService.Setup setup = setup(broker).tracing("one", "?hold=" + go(), "concurrency: 1");
      try (TestService service = setup.start()) {
        CompletableFuture<Reply> held =
            service.requests().executeAsync(Requests.body("one", "{\"id\":0}", "n0", null));
        Eventually.within(SOON, () -> setup.traced().size() == 1);
        // Longer than the door waits for it.
        broker.takeLate(REQUESTS, 7_000);
        broker.send(REQUESTS, Requests.body("one", "{\"id\":1}", "n1", null), "c");
        Eventually.within(SOON, () -> postponed(service) >= 1);
        Files.createFile(go());
        assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("c");
        assertThat(broker.drain(RECEIPTS)).as("once").isEmpty();
        assertThat(held.join().status()).isEqualTo(200);
        assertThat(setup.traced()).hasSize(2);
      }
    }
  }
}
