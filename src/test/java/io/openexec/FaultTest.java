package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fault of the service itself, at the doors that answer later: a row that nobody can read. */
class FaultTest {
  private static final long SOON = 20_000;
  private static final String BODY = Requests.body("echo", "{}", "n", null);
  private static final JsonMapper MAPPER = new JsonMapper();

  @TempDir Path brokerDirectory;
  @TempDir Path directory;
  private Path inbox;
  private TestService.Setup setup;

  @BeforeEach
  void makeInbox() throws IOException {
    inbox = Files.createDirectory(directory.resolve("inbox"));
    setup = new TestService.Setup(directory).with("OPENEXEC_INBOX", inbox.toString());
  }

  @Test
  void oneThatPassesIsNoAnswer() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory);
        TestService service = setup.with("OPENEXEC_QUEUE_URL", broker.url()).start()) {
      String hash = breakTheRow(service);
      drop();
      broker.send("openexec.requests", BODY, "c");
      assertThat(broker.isSilent("openexec.receipts", 1_000)).isTrue();
      assertThat(out()).doesNotExist();
      write(hash);
      Message answer = broker.receive("openexec.receipts");
      assertThat(answer.getIntProperty("status")).isEqualTo(200);
      assertThat(answer.getBooleanProperty("replayed")).isTrue();
      Eventually.within(SOON, () -> Files.exists(out()));
      assertThat(line().path("status").asInt()).isEqualTo(200);
    }
  }

  @Test
  void oneThatStaysIsAnsweredAfterAFewTries() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory);
        TestService service = setup.with("OPENEXEC_QUEUE_URL", broker.url()).start()) {
      breakTheRow(service);
      long begin = System.nanoTime();
      drop();
      broker.send("openexec.requests", BODY, "c");
      Message answer = broker.receive("openexec.receipts");
      assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.SECONDS.toNanos(2));
      assertThat(answer.getIntProperty("status")).isEqualTo(500);
      assertThat(MAPPER.readTree(((TextMessage) answer).getText()).path("code").asText())
          .isEqualTo("internal_error");
      Eventually.within(SOON, () -> Files.exists(out()));
      assertThat(line().at("/answer/code").asText()).isEqualTo("internal_error");
    }
  }

  /** Executes the request, makes its row unreadable, and returns what stood there. */
  private String breakTheRow(TestService service) {
    assertThat(service.requests().execute(BODY).status()).isEqualTo(200);
    String hash = StoreRows.of(setup.database(), "SELECT action_hash FROM executions").get(0);
    write("nonsense");
    assertThat(service.requests().execute(BODY).code()).isEqualTo("internal_error");
    return hash;
  }

  private void write(String hash) {
    StoreRows.execute(setup.database(), "UPDATE executions SET action_hash = '" + hash + "'");
  }

  private void drop() throws IOException {
    Path file = Files.writeString(directory.resolve("next"), BODY);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
    Files.move(file, inbox.resolve("one.json"));
  }

  private Path out() {
    return inbox.resolve("out").resolve("one.json.receipts.jsonl");
  }

  private JsonNode line() throws IOException {
    return MAPPER.readTree(Files.readString(out()));
  }
}
