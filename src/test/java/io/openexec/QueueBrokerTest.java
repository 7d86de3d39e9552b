package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import jakarta.jms.Message;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The broker goes away and comes back. */
class QueueBrokerTest {
  private static final long SOON = 30_000;
  private static final int LOAD = 300;

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

  private TestService.Setup setup(Broker broker) {
    return new TestService.Setup(directory).with("OPENEXEC_QUEUE_URL", broker.url());
  }

  private static void awaitReady(TestService service, int status) {
    Eventually.within(SOON, () -> service.requests().get("/ready").status() == status);
  }

  @Test
  void withoutItTheServiceStartsAndSaysSo() throws Exception {
    Broker broker = Broker.away(brokerDirectory);
    try (TestService service = setup(broker).start()) {
      var ready = service.requests().get("/ready");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.json().path("detail").asText())
          .startsWith("the broker of OPENEXEC_QUEUE_URL");
      assertThat(service.requests().execute("echo", "{}", "http").status()).isEqualTo(200);
      broker.restart();
      try (broker) {
        awaitReady(service, 200);
        broker.send("openexec.requests", Requests.body("echo", "{}", "n", null), "c");
        assertThat(broker.receive("openexec.receipts").getJMSCorrelationID()).isEqualTo("c");
      }
      awaitReady(service, 503);
    }
  }

  @Test
  void restartedUnderLoadItLosesNothingAndNothingRunsTwice() throws Exception {
    TestService.Setup setup;
    try (Broker broker = Broker.start(brokerDirectory)) {
      setup = setup(broker).tracing("trace", "");
      try (TestService service = setup.start()) {
        for (int i = 0; i < LOAD; i++) {
          String payload = "{\"id\":" + i + "}";
          broker.send("openexec.requests", Requests.body("trace", payload, "n" + i, null), "c" + i);
          if (i == LOAD / 2) {
            broker.stop();
            awaitReady(service, 503);
            broker.restart();
          }
        }
        Eventually.within(SOON, () -> broker.count("openexec.requests") == 0);
        awaitReady(service, 200);
        Set<String> answered = new HashSet<>();
        for (Message answer : broker.drain("openexec.receipts")) {
          assertThat(answer.getIntProperty("status")).isEqualTo(200);
          answered.add(answer.getJMSCorrelationID());
        }
        assertThat(answered).hasSize(LOAD);
        assertThat(setup.traced()).hasSize(LOAD).doesNotHaveDuplicates();
        assertThat(broker.count("openexec.rejected")).isZero();
      }
    }
  }

  @Test
  void aLostConnectionIsNoticedWhileAllAreBusy() throws Exception {
    Path go = directory.resolve("go");
    try (Broker broker = Broker.start(brokerDirectory)) {
      TestService.Setup setup =
          setup(broker).with("OPENEXEC_QUEUE_CONCURRENCY", "1").tracing("slow", "?hold=" + go);
      try (TestService service = setup.start()) {
        awaitReady(service, 200);
        broker.send("openexec.requests", Requests.body("slow", "{\"id\":1}", "n", null), "c");
        Eventually.within(SOON, () -> setup.traced().size() == 1);
        broker.cut();
        awaitReady(service, 503);
        Files.createFile(go);
        // Its own session is dead: nothing is tried there, and the redelivery replays.
        long begin = System.nanoTime();
        Message answer = broker.receive("openexec.receipts");
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(5));
        assertThat(answer.getJMSCorrelationID()).isEqualTo("c");
        assertThat(answer.getIntProperty("status")).isEqualTo(200);
        assertThat(answer.getBooleanProperty("replayed")).isTrue();
        awaitReady(service, 200);
        assertThat(setup.traced()).containsExactly("1");
        assertThat(broker.isSilent("openexec.receipts", 500)).isTrue();
        assertThat(log.list)
            .as("said in a line, as whatever passes by itself")
            .anyMatch(event -> event.getFormattedMessage().contains("is lost"))
            .allMatch(event -> event.getThrowableProxy() == null);
      }
    }
  }
}
