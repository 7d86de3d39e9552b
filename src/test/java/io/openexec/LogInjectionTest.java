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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What comes in by file and queue can forge no line of the log, and no colour in it. */
// A service that runs is all that is needed.
@SuppressWarnings("try")
class LogInjectionTest {
  private static final long SOON = 20_000;
  private static final String FORGED = "FORGED";
  private static final List<String> BREAKS =
      List.of("\n", "\r", "\u001b[31m", "\u0085", "\u2028", "\u2029", "\u009b", "\b", "\u007f");

  @TempDir Path directory;
  @TempDir Path brokerDirectory;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

  private final Logger ours = (Logger) LoggerFactory.getLogger("io.openexec");

  @BeforeEach
  void listen() {
    ours.setLevel(Level.DEBUG);
    log.start();
    root.addAppender(log);
  }

  @AfterEach
  void stop() {
    root.detachAppender(log);
    ours.setLevel(null);
  }

  private void assertNothingForged() {
    for (ILoggingEvent event : List.copyOf(log.list)) {
      String line = event.getFormattedMessage();
      if (line.contains(FORGED)) {
        assertThat(line.codePoints())
            .as(line)
            .noneMatch(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029);
      }
    }
  }

  @Test
  void namesOfFiles() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    for (String control : BREAKS) {
      for (String end : List.of(".json", ".jsonl", ".txt")) {
        Files.writeString(inbox.resolve("a" + control + FORGED + end), "{}");
      }
    }
    try (TestService service =
        new TestService.Setup(directory).with("OPENEXEC_INBOX", inbox.toString()).start()) {
      Eventually.within(
          SOON,
          () ->
              List.copyOf(log.list).stream()
                      .filter(event -> event.getFormattedMessage().contains(FORGED))
                      .count()
                  >= BREAKS.size() * 3L);
      assertThat(inbox.resolve("out")).isEmptyDirectory();
    }
    assertNothingForged();
  }

  @Test
  void messages() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory);
        TestService service =
            new TestService.Setup(directory).with("OPENEXEC_QUEUE_URL", broker.url()).start()) {
      int rejected = 0;
      for (String control : BREAKS) {
        String forged = "c" + control + FORGED;
        broker.send(
            "openexec.requests",
            session -> {
              Message message =
                  session.createTextMessage(Requests.body("echo", "{}", "n" + control, null));
              message.setJMSCorrelationID(forged);
              message.setJMSType(forged);
              message.setStringProperty("status", forged);
              message.setJMSReplyTo(session.createQueue(forged));
              return message;
            });
        broker.send("openexec.requests", forged, "plain");
        rejected += 2;
      }
      for (Message message : broker.receive("openexec.rejected", rejected)) {
        assertThat(message.getStringProperty("reason")).doesNotContain(FORGED);
      }
    }
    assertNothingForged();
  }
}
