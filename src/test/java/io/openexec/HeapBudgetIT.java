package io.openexec;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.HttpTarget;
import io.openexec.testing.Packaged;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import jakarta.jms.BytesMessage;
import jakarta.jms.Message;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bodies that take eighty times their size while they are worked on, many at once, by each door and
 * by all of them, in a small heap: each is answered, and the service goes on.
 */
@Timeout(600)
class HeapBudgetIT {
  private static final String HEAP = "-Xmx256m";
  private static final int BOMBS = 64;
  private static final int HUGE_MEBIBYTES = 150;
  // Each takes about a second, so by all doors at once there are fewer.
  private static final int FEWER = 20;
  private static final String BOMB = "{\"a\":[" + "[],".repeat(345_000) + "[]]}";
  private static final long LONG_ENOUGH = 150_000;

  @TempDir Path directory;
  @TempDir Path brokerDirectory;

  private static String bomb(String nonce) {
    return Requests.body("echo", BOMB, nonce, null);
  }

  private Path makeInbox() throws IOException {
    return Files.createDirectory(directory.resolve("inbox"));
  }

  /** Drops so many files, whose lines are so many bombs together. */
  private void drop(int files, int bombs) throws IOException {
    for (int file = 0; file < files; file++) {
      Path next = directory.resolve("next");
      try (BufferedWriter lines = Files.newBufferedWriter(next)) {
        for (int n = 0; n < bombs / files; n++) {
          lines.write(bomb("file-" + file + "-" + n));
          lines.newLine();
        }
      }
      Files.move(next, directory.resolve("inbox").resolve("bombs" + file + ".jsonl"));
    }
  }

  private void awaitAnswers(int files, int bombs) throws IOException {
    Path inbox = directory.resolve("inbox");
    for (int file = 0; file < files; file++) {
      String name = "bombs" + file + ".jsonl";
      Eventually.within(LONG_ENOUGH, () -> Files.exists(inbox.resolve("done").resolve(name)));
      try (BufferedReader answers =
          Files.newBufferedReader(inbox.resolve("out").resolve(name + ".receipts.jsonl"))) {
        for (int n = 1; n <= bombs / files; n++) {
          assertThat(answers.readLine()).startsWith("{\"line\":" + n + ",\"status\":200,");
        }
        assertThat(answers.readLine()).isNull();
      }
    }
  }

  private static void send(Broker broker, int bombs) throws Exception {
    for (int n = 0; n < bombs; n++) {
      broker.send("openexec.requests", bomb("queue-" + n), "c" + n);
    }
  }

  private static void awaitAnswers(Broker broker, int bombs) throws Exception {
    Eventually.within(LONG_ENOUGH, () -> broker.count("openexec.requests") == 0);
    Set<String> answered = new HashSet<>();
    // More than one for a request that was delivered again.
    for (Message answer : broker.drain("openexec.receipts")) {
      assertThat(answer.getIntProperty("status")).isEqualTo(200);
      answered.add(answer.getJMSCorrelationID());
    }
    assertThat(answered).hasSize(bombs);
  }

  private void assertWell(Packaged service) throws IOException {
    assertThat(service.requests().execute("echo", BOMB, "last").status()).isEqualTo(200);
    Reply ready = service.requests().get("/ready");
    assertThat(ready.status()).as(ready.text()).isEqualTo(200);
    assertThat(Files.readString(directory.resolve("err.txt"))).doesNotContain("OutOfMemory");
  }

  @Test
  void byFile() throws Exception {
    TestService.Setup setup =
        new TestService.Setup(directory).with("OPENEXEC_INBOX", makeInbox().toString());
    drop(4, BOMBS);
    try (Packaged service = Packaged.start(directory, setup.environment(), false, HEAP)) {
      awaitAnswers(4, BOMBS);
      assertWell(service);
    }
  }

  @Test
  void byQueue() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      send(broker, BOMBS);
      TestService.Setup setup =
          new TestService.Setup(directory).with("OPENEXEC_QUEUE_URL", broker.url());
      try (Packaged service = Packaged.start(directory, setup.environment(), false, HEAP)) {
        awaitAnswers(broker, BOMBS);
        assertWell(service);
      }
    }
  }

  /** Of which the validator keeps a thousand times their size, as long as it tries alternatives. */
  @Test
  void soAreManyValuesAgainstASchemaWithAlternatives() throws Exception {
    String each =
        "{type: array, items: {oneOf: [{type: string}, {type: integer}, {type: boolean}]}}";
    String fit = "{properties: {rows: {items: {required: [sku, qty]}}}}";
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "each",
                "description: d\nschema: {type: object, properties: {rows: " + each + "}}",
                "setBody: {constant: '{}'}")
            .action(
                "fit",
                "description: d\nschema: {type: object, if: " + fit + ", then: {maxProperties: 9}}",
                "setBody: {constant: '{}'}");
    try (Packaged service = Packaged.start(directory, setup.environment(), false, HEAP)) {
      for (int count : new int[] {15_000, 340_000}) {
        List<CompletableFuture<Reply>> replies = new ArrayList<>();
        for (int n = 0; n < 16; n++) {
          String name = n % 2 == 0 ? "each" : "fit";
          String value = n % 2 == 0 ? "1," : "{},";
          String rows = "{\"rows\":[" + value.repeat(count) + value.charAt(0);
          rows += n % 2 == 0 ? "]}" : "}]}";
          replies.add(
              service.requests().executeAsync(Requests.body(name, rows, count + "-" + n, null)));
        }
        for (CompletableFuture<Reply> reply : replies) {
          // 503 where there are too many large ones at a time.
          assertThat(reply.join().status()).isIn(count < 20_000 ? List.of(200) : List.of(400, 503));
        }
      }
      assertWell(service);
    }
  }

  /** Of the last, there are more rows than a result may have. */
  @Test
  void aMessageThatIsLargerThanTheHeapGoesAside() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      TestService.Setup setup = new TestService.Setup(directory);
      setup.with("OPENEXEC_QUEUE_URL", broker.url());
      byte[] part = new byte[1 << 20];
      Arrays.fill(part, (byte) 'x');
      broker.send(
          "openexec.requests",
          session -> {
            BytesMessage huge = session.createBytesMessage();
            for (int i = 0; i < HUGE_MEBIBYTES; i++) {
              huge.writeBytes(part);
            }
            huge.setJMSCorrelationID("huge");
            return huge;
          });
      broker.send("openexec.requests", Requests.body("echo", "{}", "behind", null), "behind");
      try (Packaged service = Packaged.start(directory, setup.environment(), false, HEAP)) {
        Message aside = broker.receive("openexec.rejected");
        assertThat(aside.getJMSCorrelationID()).isEqualTo("huge");
        assertThat(aside.getIntProperty("status")).isEqualTo(413);
        assertThat(broker.receive("openexec.receipts").getJMSCorrelationID()).isEqualTo("behind");
        assertWell(service);
      }
    }
  }

  @Test
  void soAreLargeRows() throws Exception {
    TestDatabase database = Postgres.database();
    TestService.Setup setup = new TestService.Setup(directory).with("DATA", database.url());
    Files.writeString(
        setup.ownRoutes().resolve("resources.yaml"),
        "dataSources: {data: {url: '${secret:DATA}'}}");
    String columns =
        IntStream.rangeClosed(10, 29)
            .mapToObj(n -> "i - -" + n + " AS c" + n)
            .collect(joining(", "));
    for (int rows : new int[] {3_000, 5_000, 1_000_000}) {
      setup.action(
          "read" + rows,
          "description: reads\nschema: {type: object}\n",
          "to: {uri: 'sql:x', parameters: {dataSource: '#data', query: 'SELECT "
              + columns
              + " FROM generate_series(1, "
              + rows
              + ") AS i'}}");
    }
    assertEachIsAnswered(setup, n -> "read" + List.of(3_000, 5_000, 1_000_000).get(n % 3));
  }

  @Test
  void soAreLargeAnswersOverHttp() throws Exception {
    try (HttpTarget target = new HttpTarget()) {
      target.answer(200, BOMB);
      TestService.Setup setup =
          new TestService.Setup(directory)
              .action(
                  "call",
                  "description: calls\nschema: {type: object}\n",
                  "marshal: {json: {library: Jackson}}",
                  "to: {uri: '" + target.url() + "', parameters: {httpMethod: POST}}",
                  "unmarshal: {json: {library: Jackson}}");
      assertEachIsAnswered(setup, n -> "call");
    }
  }

  private void assertEachIsAnswered(TestService.Setup setup, IntFunction<String> action)
      throws Exception {
    try (Packaged service = Packaged.start(directory, setup.environment(), false, HEAP)) {
      List<CompletableFuture<Reply>> replies =
          IntStream.range(0, 96)
              .mapToObj(n -> Requests.body(action.apply(n), "{}", "n" + n, null))
              .map(body -> service.requests().executeAsync(body))
              .toList();
      int executed = 0;
      for (CompletableFuture<Reply> reply : replies) {
        assertThat(reply.get().status()).as(reply.get().text()).isIn(200, 409, 503);
        executed += reply.get().status() == 200 ? 1 : 0;
      }
      assertThat(executed).isPositive();
      assertWell(service);
    }
  }

  @Test
  void byAllDoorsAtOnce() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      send(broker, FEWER);
      TestService.Setup setup =
          new TestService.Setup(directory)
              .with("OPENEXEC_INBOX", makeInbox().toString())
              .with("OPENEXEC_QUEUE_URL", broker.url());
      drop(1, FEWER);
      try (Packaged service = Packaged.start(directory, setup.environment(), false, HEAP)) {
        Requests http = service.requests();
        int executed = 0;
        // The other doors leave it room for one such request at any time.
        for (int round = 0; round < 4; round++) {
          int from = round * FEWER;
          List<CompletableFuture<Reply>> replies =
              IntStream.range(from, from + FEWER)
                  .mapToObj(n -> http.executeAsync(bomb("http-" + n)))
                  .toList();
          for (CompletableFuture<Reply> reply : replies) {
            assertThat(reply.get().status()).isIn(200, 503);
            executed += reply.get().status() == 200 ? 1 : 0;
          }
          assertThat(executed).isGreaterThan(round);
        }
        awaitAnswers(1, FEWER);
        awaitAnswers(broker, FEWER);
        assertWell(service);
      }
    }
  }
}
