package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.openexec.execution.Outcome;
import io.openexec.receipt.JsonValue;
import io.openexec.store.DatabaseUrl;
import io.openexec.store.Databases;
import io.openexec.store.JdbcExecutionStore;
import io.openexec.testing.Keys;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What an effectful action came to, and what is said of it. */
class HonestStatesTest {
  @TempDir Path directory;

  private static void assertUnknown(Reply reply, String reason) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(409);
    assertThat(reply.code()).isEqualTo("outcome_unknown");
    assertThat(reply.json().path("state").asText()).isEqualTo("unknown");
    assertThat(reply.json().path("reason").asText()).isEqualTo(reason);
    assertThat(reply.id()).hasSize(36);
    assertThat(reply.receipt()).hasSize(64);
    assertThat(reply.header("Retry-After")).isEmpty();
    assertThat(reply.text()).doesNotContain("secret-in-a-message");
  }

  @Test
  void anErrorThatSaysNothingDefiniteIsUnknownAndNotRunAgain() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .tracing(
                "raise",
                "?raise=java.io.IOException",
                "definiteErrors: {java.lang.IllegalStateException: out_of_stock}");
    try (TestService service = setup.start()) {
      Reply first = service.requests().execute("raise", "{\"id\":1}", "n");
      assertUnknown(first, Outcome.ACTION_ERROR);
      Reply replay = service.requests().execute("raise", "{\"id\":1}", "n");
      assertUnknown(replay, Outcome.ACTION_ERROR);
      assertThat(replay.replayed()).isTrue();
      assertThat(replay.text()).isEqualTo(first.text());
      String verify =
          "{\"exec_id\":\""
              + first.id()
              + "\",\"result\":{\"reason\":\"action_error\","
              + "\"state\":\"unknown\"},\"receipt\":\""
              + first.receipt()
              + "\"}";
      assertThat(service.requests().post("/receipts/verify", verify).text())
          .isEqualTo("{\"valid\":true,\"recorded\":true}");
    }
    assertThat(setup.traced()).containsExactly("1");
  }

  @Test
  void anErrorThatIsDeclaredDefiniteIsFailed() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .tracing(
                "refuse",
                "?refuse=java.nio.file.NoSuchFileException",
                "definiteErrors: {java.nio.file.FileSystemException: record_moved}");
    try (TestService service = setup.start()) {
      for (int i = 0; i < 2; i++) {
        Reply reply = service.requests().execute("refuse", "{\"id\":1}", "n");
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.code()).isEqualTo("action_failed");
        assertThat(reply.json().path("state").asText()).isEqualTo("failed");
        assertThat(reply.json().path("reason").asText()).isEqualTo("record_moved");
        assertThat(reply.detail()).startsWith("The action failed (record_moved)");
        assertThat(reply.text()).doesNotContain("secret-in-a-message");
        assertThat(reply.replayed()).isEqualTo(i == 1);
      }
    }
    assertThat(setup.traced()).isEmpty();
  }

  @Test
  void aRoutesOwnThrowExceptionCanBeDefiniteToo() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "stock",
                "description: d\nschema: {type: object}\n"
                    + "definiteErrors: {java.lang.IllegalArgumentException: out_of_stock}\n",
                "choice: {when: [{simple: \"${body[n]} > 5\", steps: [{throwException: "
                    + "{exceptionType: java.lang.IllegalArgumentException, message: too many}}]}],"
                    + " otherwise: {steps: [{setBody: {simple: '{\"taken\": ${body[n]}}'}}]}}");
    try (TestService service = setup.start()) {
      assertThat(
              service.requests().execute("stock", "{\"n\":6}", "n1").json().path("reason").asText())
          .isEqualTo("out_of_stock");
      Reply taken = service.requests().execute("stock", "{\"n\":5}", "n2");
      assertThat(taken.json().path("result")).hasToString("{\"taken\":5}");
    }
  }

  @Test
  void aResultThatCannotBeRecordedIsUnknown() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .tracing("text", "?answer=done")
            .tracing("list", "?answer=[1]");
    try (TestService service = setup.start()) {
      assertUnknown(service.requests().execute("text", "{\"id\":1}", "a"), Outcome.RESULT_UNUSABLE);
      assertUnknown(service.requests().execute("list", "{\"id\":2}", "b"), Outcome.RESULT_UNUSABLE);
    }
    assertThat(setup.traced()).containsExactly("1", "2");
  }

  @Test
  void aTimeoutIsUnknownUntilTheLateOutcomeSettlesIt() throws Exception {
    Path release = directory.resolve("release");
    TestService.Setup setup =
        new TestService.Setup(directory).tracing("slow", "?hold=" + release, "timeoutSeconds: 0.3");
    try (TestService service = setup.start()) {
      String body = Requests.body("slow", "{\"id\":1}", "n", null);
      Reply first = service.requests().execute(body);
      assertUnknown(first, Outcome.TIMEOUT);
      assertUnknown(service.requests().execute(body), Outcome.TIMEOUT);
      Files.createFile(release);
      Reply settled = service.requests().execute(body);
      for (int i = 0; i < 200 && settled.status() == 409; i++) {
        TimeUnit.MILLISECONDS.sleep(10);
        settled = service.requests().execute(body);
      }
      assertThat(settled.status()).isEqualTo(200);
      assertThat(settled.replayed()).isTrue();
      assertThat(settled.json().path("result")).hasToString("{\"traced\":1}");
      assertThat(settled.id()).isEqualTo(first.id());
      assertThat(StoreRows.of(setup.database(), "SELECT state, reason FROM executions"))
          .containsExactly("succeeded|late_outcome");
      assertThat(
              StoreRows.of(
                  setup.database(),
                  "SELECT seq, state, reason, receipt, kind FROM outcome_history"))
          .containsExactly("0|unknown|timeout|" + first.receipt() + "|superseded");
      String verify =
          "{\"exec_id\":\""
              + first.id()
              + "\",\"result\":{\"reason\":\"timeout\",\"state\":"
              + "\"unknown\"},\"receipt\":\""
              + first.receipt()
              + "\"}";
      assertThat(service.requests().post("/receipts/verify", verify).text())
          .as("a superseded receipt was issued all the same")
          .isEqualTo("{\"valid\":true,\"recorded\":true}");
    }
    assertThat(setup.traced()).containsExactly("1");
  }

  @Test
  void anOperatorsWordStandsAgainstALateOutcomeWhichIsKept() throws Exception {
    Path release = directory.resolve("release");
    TestService.Setup setup =
        new TestService.Setup(directory).tracing("slow", "?hold=" + release, "timeoutSeconds: 0.3");
    String body = Requests.body("slow", "{\"id\":1}", "n", null);
    try (TestService service = setup.start()) {
      Reply first = service.requests().execute(body);
      assertUnknown(first, Outcome.TIMEOUT);
      // Another connection, as an operator's command would have.
      try (Connection operator = DriverManager.getConnection("jdbc:sqlite:" + setup.database());
          Statement statement = operator.createStatement()) {
        statement.executeUpdate(
            "UPDATE executions SET state = 'failed', reason = 'checked_by_hand', receipt = '"
                + Outcome.failed("checked_by_hand").receipt(UUID.fromString(first.id()))
                + "'");
      }
      Files.createFile(release);
      for (int i = 0;
          i < 200 && StoreRows.of(setup.database(), "SELECT 1 FROM outcome_history").isEmpty();
          i++) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(StoreRows.of(setup.database(), "SELECT state, kind FROM outcome_history"))
          .containsExactly("succeeded|conflict");
      String conflict =
          StoreRows.of(setup.database(), "SELECT receipt FROM outcome_history").get(0);
      assertThat(
              service
                  .requests()
                  .post(
                      "/receipts/verify",
                      "{\"exec_id\":\""
                          + first.id()
                          + "\",\"result\":{\"traced\":1},\"receipt\":\""
                          + conflict
                          + "\"}")
                  .text())
          .as("a receipt that was never issued")
          .isEqualTo("{\"valid\":true,\"recorded\":false}");
      Reply replay = service.requests().execute(body);
      assertThat(replay.status()).isEqualTo(500);
      assertThat(replay.json().path("reason").asText()).isEqualTo("checked_by_hand");
    }
  }

  @Test
  void whatAnOperatorSettlesIsAnswered200Or500Afterwards() throws Exception {
    TestService.Setup setup =
        new TestService.Setup(directory).tracing("raise", "?raise=java.io.IOException");
    Reply one;
    Reply two;
    try (TestService service = setup.start()) {
      one = service.requests().execute("raise", "{\"id\":1}", "n1");
      two = service.requests().execute("raise", "{\"id\":2}", "n2");
    }
    try (JdbcExecutionStore store =
        Databases.attach(
            new DatabaseUrl.Sqlite(setup.database()),
            Keys.beside(setup.database()),
            Clock.systemUTC())) {
      UUID first = UUID.fromString(one.id());
      Outcome found =
          Outcome.succeeded(JsonValue.parse("{\"traced\":1}")).because("checked_by_hand");
      assertThat(store.settle(first, found)).isPresent();
      assertThat(store.settle(first, Outcome.failed("again"))).as("settled once").isEmpty();
      assertThat(store.settle(UUID.fromString(two.id()), Outcome.failed("rolled_back")))
          .isPresent();
      assertThat(store.settle(UUID.randomUUID(), Outcome.failed("nothing"))).isEmpty();
    }
    try (TestService service = setup.start()) {
      Reply settled = service.requests().execute("raise", "{\"id\":1}", "n1");
      assertThat(settled.status()).isEqualTo(200);
      assertThat(settled.id()).isEqualTo(one.id());
      assertThat(settled.json().path("result")).hasToString("{\"traced\":1}");
      Reply failed = service.requests().execute("raise", "{\"id\":2}", "n2");
      assertThat(failed.status()).isEqualTo(500);
      assertThat(failed.json().path("reason").asText()).isEqualTo("rolled_back");
    }
    assertThat(StoreRows.of(setup.database(), "SELECT state, reason, kind FROM outcome_history"))
        .containsExactly("unknown|action_error|superseded", "unknown|action_error|superseded");
  }

  @Test
  void anOutcomeThatCannotBeWrittenYetIsAnswered409AndWrittenLater() throws Exception {
    Path release = directory.resolve("release");
    TestService.Setup setup = new TestService.Setup(directory).tracing("hold", "?hold=" + release);
    try (TestService service = setup.start()) {
      String body = Requests.body("hold", "{\"id\":1}", "n", null);
      CompletableFuture<Reply> answer = service.requests().executeAsync(body);
      while (setup.traced().isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      try (Connection lock = DriverManager.getConnection("jdbc:sqlite:" + setup.database());
          Statement statement = lock.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");
        Files.createFile(release);
        assertThat(answer.get().status()).as("never 503 after dispatch").isEqualTo(409);
        assertThat(answer.get().code()).isEqualTo("execution_running");
        statement.execute("ROLLBACK");
      }
      Reply replay = service.requests().execute(body);
      assertThat(replay.status()).isEqualTo(200);
      assertThat(replay.replayed()).isTrue();
      assertThat(setup.traced()).containsExactly("1");
    }
  }

  @Test
  void whatAnActionRaisesIsLoggedByItsClassAlone() {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = root.getLevel();
    root.setLevel(Level.INFO);
    root.addAppender(log);
    try (TestService service =
        new TestService.Setup(directory).tracing("raise", "?raise=java.io.IOException").start()) {
      service.requests().execute("raise", "{\"id\":\"secret-in-a-payload\"}", "secret-nonce");
    } finally {
      root.detachAppender(log);
      root.setLevel(before);
    }
    assertThat(log.list)
        .extracting(event -> event.getFormattedMessage() + event.getThrowableProxy())
        .anyMatch(line -> line.contains("java.io.IOException"))
        .noneMatch(line -> line.contains("secret"));
  }

  @Test
  void thePayloadIsAllThatAnActionSees() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "peek",
                "description: d\nschema: {type: object}\neffect: pure\n",
                "setBody: {simple: '{\"header\": \"${header.secret}\", \"body\": \"${body}\"}'}");
    try (TestService service = setup.start()) {
      Reply reply =
          service
              .requests()
              .send(
                  service
                      .requests()
                      .to("/execute?secret=query")
                      .header("secret", "header")
                      .header("Content-Type", "application/json")
                      .POST(
                          java.net.http.HttpRequest.BodyPublishers.ofString(
                              Requests.body("peek", "{\"x\":1}", "n", null)))
                      .build());
      assertThat(reply.json().path("result")).hasToString("{\"body\":\"{x=1}\",\"header\":\"\"}");
    }
  }
}
