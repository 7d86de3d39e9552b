package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Broker;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What names a header to Camel comes as a property of a message. */
class QueueInjectionTest {
  private static final String PAYLOAD = "{\"id\":1}";

  @TempDir Path brokerDirectory;
  @TempDir Path directory;

  // A service that runs is all that is needed.
  @SuppressWarnings("try")
  @Test
  void noPropertyChangesAnything() throws Exception {
    Path out = directory.resolve("out");
    String evil = directory.resolve("evil").toString();
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "file",
                "description: writes the same file every time\nschema: {type: object}\n",
                "setBody: {simple: '{\"wrote\": ${body[id]}}'}",
                "to: \"file:" + out + "?fileName=result.json\"");
    try (Broker broker = Broker.start(brokerDirectory);
        TestService service =
            setup
                .with("OPENEXEC_QUEUE_URL", broker.url())
                // Hundreds of messages, each of which waits for two disks.
                .with("OPENEXEC_QUEUE_CONCURRENCY", "32")
                .start()) {
      int sent = 0;
      for (String name : HeaderInjectionTest.controlHeaders()) {
        for (String spelling : HeaderInjectionTest.spellings(name)) {
          for (String value : List.of(evil, "direct:actions/echo")) {
            String body = Requests.body("file", PAYLOAD, "n" + sent, null);
            if (send(broker, body, "c" + sent, spelling, value)) {
              sent++;
            }
          }
        }
      }
      assertThat(sent).isGreaterThan(400);
      for (Message answer : broker.receive("openexec.receipts", sent)) {
        assertThat(answer.getIntProperty("status")).isEqualTo(200);
        assertThat(answer.getBooleanProperty("replayed")).isFalse();
        assertThat(answer.getJMSReplyTo()).isNull();
        assertThat(new JsonMapper().readTree(((TextMessage) answer).getText()).path("result"))
            .hasToString("{\"wrote\":1}");
        assertThat(properties(answer))
            .as(answer.getJMSCorrelationID())
            .containsExactlyInAnyOrder("status", "contentType", "replayed");
      }
      assertThat(Files.exists(Path.of(evil))).isFalse();
      try (var files = Files.list(out)) {
        assertThat(files.map(file -> file.getFileName().toString())).containsExactly("result.json");
      }
    }
  }

  /** Sends it, unless the client itself keeps that name or value for what it is meant for. */
  private static boolean send(
      Broker broker, String body, String correlation, String property, String value)
      throws JMSException {
    Broker.Maker maker =
        session -> {
          Message message = session.createTextMessage(body);
          message.setStringProperty(property, value);
          message.setJMSCorrelationID(correlation);
          return message;
        };
    try {
      broker.send("openexec.requests", maker);
      return true;
    } catch (JMSException e) {
      assertThat(property).startsWithIgnoringCase("JMS");
      return false;
    }
  }

  private static List<String> properties(Message message) throws JMSException {
    List<String> names = new ArrayList<>();
    for (var all = message.getPropertyNames(); all.hasMoreElements(); ) {
      String name = String.valueOf(all.nextElement());
      if (!name.startsWith("JMSX")) {
        names.add(name);
      }
    }
    return names;
  }
}
