package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.RawHttp;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DESIGN section 1, row by row, against the real server on a real port. */
class ContractTest {
  @TempDir static Path directory;
  private static TestService service;
  private static Requests demo;

  @BeforeAll
  static void start() {
    service = new TestService.Setup(directory).start();
    demo = service.requests();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static void assertProblem(Reply reply, int status, String detailStart) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    assertThat(reply.header("Content-Type")).contains("application/problem+json");
    assertThat(reply.json().path("status").asInt()).isEqualTo(status);
    assertThat(reply.json().path("type").asText()).isEqualTo("about:blank");
    assertThat(reply.json().path("title").asText()).isNotEmpty();
    assertThat(reply.detail()).startsWith(detailStart);
    assertThat(reply.detail().length())
        .as("says what to do")
        .isGreaterThan(detailStart.length() + 10);
    assertThat(reply.text()).doesNotContain("Exception").doesNotContain("\tat ");
  }

  @Test
  void index() {
    Reply reply = demo.get("/");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("Content-Type")).contains("application/json");
    assertThat(reply.text())
        .isEqualTo(
            "{\"service\":\"OpenExec\",\"status\":\"running\",\"version\":\""
                + Status.VERSION
                + "\"}");
  }

  @Test
  void healthOfAnOpenDemo() {
    assertThat(demo.get("/health").text())
        .isEqualTo(
            "{\"status\":\"healthy\",\"exec_mode\":\"demo\",\"signature_verification\":\"disabled\","
                + "\"restriction\":\"open\",\"warning\":\"No execution allow-list configured\"}");
  }

  @Test
  void healthOfARestrictedClawshield(@TempDir Path other) {
    try (TestService strict =
        new TestService.Setup(other)
            .clawshield(new Approver())
            .with("OPENEXEC_ALLOWED_ACTIONS", "echo, add")
            .start()) {
      assertThat(strict.requests().get("/health").text())
          .isEqualTo(
              "{\"status\":\"healthy\",\"exec_mode\":\"clawshield\","
                  + "\"signature_verification\":\"enabled\",\"restriction\":\"restricted\","
                  + "\"allow_list\":[\"add\",\"echo\"]}");
      assertThat(strict.requests().get("/ready").text()).isEqualTo("{\"ready\":true}");
    }
  }

  @Test
  void readyAndVersion() {
    assertThat(demo.get("/ready").status()).isEqualTo(200);
    assertThat(demo.get("/ready").text()).isEqualTo("{\"ready\":true}");
    Reply version = demo.get("/version");
    assertThat(version.json().path("version").asText()).isEqualTo(Status.VERSION);
    Instant timestamp = Instant.parse(version.json().path("timestamp").asText());
    assertThat(timestamp).isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
  }

  @Test
  void notReadyWhenTheConfigurationCouldNeverExecuteAnything(@TempDir Path other) {
    try (TestService keyless =
        new TestService.Setup(other).with("OPENEXEC_MODE", "clawshield").start()) {
      Reply reply = keyless.requests().get("/ready");
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.json().path("ready").asBoolean(true)).isFalse();
      assertThat(reply.detail()).contains("CLAWSHIELD_PUBLIC_KEY").contains("CLAWSHIELD_TENANT_ID");
    }
    try (TestService useless =
        new TestService.Setup(other).with("OPENEXEC_ALLOWED_ACTIONS", "nothing").start()) {
      assertThat(useless.requests().get("/ready").status()).isEqualTo(503);
    }
  }

  @Test
  void theTwoCallsOfTheReadme() {
    Reply executed = demo.execute("echo", "{\"msg\":\"hello\"}", "unique-1");
    assertThat(executed.status()).isEqualTo(200);
    assertThat(executed.header("Content-Type")).contains("application/json");
    List<String> members = new ArrayList<>();
    executed.json().fieldNames().forEachRemaining(members::add);
    assertThat(members.subList(0, 5))
        .containsExactly("id", "action", "result", "approved", "receipt");
    assertThat(executed.json().path("action").asText()).isEqualTo("echo");
    assertThat(executed.json().path("result").toString())
        .isEqualTo("{\"echo\":{\"msg\":\"hello\"}}");
    assertThat(executed.json().path("approved").asBoolean()).isTrue();

    String asString = "\"{\\\"echo\\\": {\\\"msg\\\": \\\"hello\\\"}}\"";
    String asObject = "{\"echo\":{\"msg\":\"hello\"}}";
    for (String result :
        List.of(asString, asObject, "\"{\\\"echo\\\":{\\\"msg\\\":\\\"hello\\\"}}\"")) {
      assertThat(verify(executed.id(), result, executed.receipt()))
          .isEqualTo("{\"valid\":true,\"recorded\":true}");
    }
  }

  private static String verify(String id, String result, String receipt) {
    return demo.post(
            "/receipts/verify",
            "{\"exec_id\":\""
                + id
                + "\",\"result\":"
                + result
                + ",\"receipt\":\""
                + receipt
                + "\"}")
        .text();
  }

  @Test
  void aHashThatAnyoneCouldMakeIsValidButNotRecorded() {
    Reply executed = demo.execute("echo", "{}", "verify-1");
    String invented = "{\"echo\": {\"paid\": true}}";
    String hash = io.openexec.receipt.ReceiptHash.ofText(executed.id(), invented).hex();
    assertThat(verify(executed.id(), invented, hash))
        .isEqualTo("{\"valid\":true,\"recorded\":false}");
    assertThat(verify(executed.id(), invented, executed.receipt()))
        .isEqualTo("{\"valid\":false,\"recorded\":false}");
    assertThat(verify("not-an-id", "{}", "not-a-hash"))
        .isEqualTo("{\"valid\":false,\"recorded\":false}");
  }

  @Test
  void receiptsVerifyRefusesOtherSchemas() {
    for (String body :
        List.of(
            "",
            "[]",
            "{}",
            "{\"exec_id\":1,\"result\":{},\"receipt\":\"x\"}",
            "{\"exec_id\":\"x\",\"receipt\":\"x\"}",
            "{\"exec_id\":\"x\",\"exec_id\":\"y\",\"result\":{},\"receipt\":\"x\"}")) {
      Reply reply = demo.post("/receipts/verify", body);
      assertThat(reply.status()).as(body).isEqualTo(422);
      assertThat(reply.detail()).contains("exec_id");
    }
  }

  @Test
  void unknownMembersAreIgnored() {
    assertThat(
            demo.execute("{\"action\":\"echo\",\"payload\":{},\"nonce\":\"members\",\"later\":[1]}")
                .status())
        .isEqualTo(200);
  }

  @Test
  void aMissingPayloadIsAnEmptyOne() {
    assertThat(demo.execute("{\"action\":\"echo\",\"nonce\":\"no-payload\"}").json().path("result"))
        .hasToString("{\"echo\":{}}");
    Reply explicit = demo.execute("{\"action\":\"echo\",\"payload\":{},\"nonce\":\"no-payload\"}");
    assertThat(explicit.status()).isEqualTo(200);
    assertThat(explicit.replayed()).isTrue();
    assertThat(
            demo.execute("{\"action\":\"echo\",\"payload\":null,\"nonce\":\"no-payload\"}")
                .replayed())
        .isTrue();
  }

  @Test
  void aReplayAnswersTheSameBytes() {
    Reply first = demo.execute("add", "{\"a\":1,\"b\":2}", "replay");
    Reply second = demo.execute("add", "{\"b\":2,\"a\":1}", "replay");
    assertThat(first.replayed()).isFalse();
    assertThat(second.replayed()).isTrue();
    assertThat(second.status()).isEqualTo(first.status());
    assertThat(second.text()).isEqualTo(first.text());
  }

  @Test
  void status400() {
    assertProblem(demo.execute("nope", "{}", "s400"), 400, "Unknown action: nope");
    assertProblem(
        demo.execute("add", "{\"a\":\"one\"}", "s400"), 400, "The payload does not fit the schema");
  }

  @Test
  void status403(@TempDir Path other) {
    Approver approver = new Approver();
    try (TestService strict =
        new TestService.Setup(other)
            .clawshield(approver)
            .with("OPENEXEC_ALLOWED_ACTIONS", "echo")
            .start()) {
      assertProblem(
          strict.requests().execute("echo", "{}", "s403"),
          403,
          "ClawShield mode requires an approval artifact");
      assertProblem(
          strict.requests().execute("add", "{}", "s403", approver.approve("add", "{}")),
          403,
          "Action 'add' is not in the execution allow-list");
    }
  }

  @Test
  void status404And405() {
    for (String path :
        List.of("/nothing", "/execute/", "/execute/x", "//", "/%65xecute", "/receipts")) {
      assertProblem(demo.get(path), 404, "Not found");
    }
    assertProblem(
        RawHttp.send(service.port(), "GET /%zz HTTP/1.1", "Host: localhost"), 404, "Not found");
    for (String method : List.of("GET", "PUT", "DELETE", "PATCH", "OPTIONS")) {
      Reply reply = demo.send(demo.to("/execute").method(method, BodyPublishers.noBody()).build());
      assertProblem(reply, 405, "Method not allowed");
      assertThat(reply.header("Allow")).contains("POST");
    }
    Reply reply = demo.post("/health", "{}");
    assertProblem(reply, 405, "Method not allowed");
    assertThat(reply.header("Allow")).contains("GET");
  }

  @Test
  void status409(@TempDir Path other) throws Exception {
    Path release = other.resolve("release");
    TestService.Setup setup = new TestService.Setup(other).tracing("hold", "?hold=" + release);
    try (TestService running = setup.start()) {
      String body = Requests.body("hold", "{\"id\":1}", "s409", null);
      CompletableFuture<Reply> winner = running.requests().executeAsync(body);
      while (setup.traced().isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      long begin = System.nanoTime();
      Reply loser = running.requests().execute(body);
      assertProblem(loser, 409, "The nonce is being executed");
      assertThat(loser.header("Retry-After")).contains("1");
      assertThat(loser.replayed()).isFalse();
      assertThat((System.nanoTime() - begin) / 1e9).isBetween(4.5, 9.0);
      Files.createFile(release);
      assertThat(winner.get().status()).isEqualTo(200);
      Reply replay = running.requests().execute(body);
      assertThat(replay.replayed()).isTrue();
      assertThat(replay.text()).isEqualTo(winner.get().text());
      assertThat(setup.traced()).containsExactly("1");
    }
  }

  @Test
  void status413And415() {
    String large =
        "{\"action\":\"echo\",\"payload\":{\"x\":\"" + "x".repeat(1 << 20) + "\"},\"nonce\":\"n\"}";
    assertProblem(demo.execute(large), 413, "The body is larger than 1048576 bytes");
    assertProblem(
        demo.send(
            demo.to("/execute")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.fromPublisher(BodyPublishers.ofString(large)))
                .build()),
        413,
        "The body is larger");
    for (String type :
        List.of(
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "application/xml",
            "json",
            "text/json")) {
      Reply reply =
          demo.send(
              demo.to("/execute")
                  .header("Content-Type", type)
                  .POST(BodyPublishers.ofString(Requests.body("echo", "{}", "s415", null)))
                  .build());
      assertProblem(reply, 415, "The Content-Type is absent or not JSON");
    }
    assertProblem(
        demo.send(demo.to("/execute").POST(BodyPublishers.ofString("{}")).build()),
        415,
        "The Content-Type");
    for (String type :
        List.of(
            "application/json; charset=utf-8",
            "application/json;charset=utf-16",
            "Application/JSON",
            "application/vnd.openexec+json")) {
      Reply reply =
          demo.send(
              demo.to("/execute")
                  .header("Content-Type", type)
                  .POST(
                      BodyPublishers.ofString(
                          Requests.body("echo", "{\"ü\":\"é\"}", "json-types", null)))
                  .build());
      assertThat(reply.status()).as(type).isEqualTo(200);
      assertThat(reply.json().path("result")).hasToString("{\"echo\":{\"ü\":\"é\"}}");
    }
  }

  @Test
  void status421() {
    int port = service.port();
    for (String host :
        List.of(
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "evil:5000",
            "")) {
      assertProblem(
          RawHttp.send(port, "GET /health HTTP/1.1", "Host: " + host), 421, "The Host header");
    }
    assertThat(
            RawHttp.send(port, "GET /health HTTP/1.1", "Host: localhost", "Host: evil.example")
                .status())
        .isIn(400, 421);
    for (String host :
        List.of("localhost", "LOCALHOST:1", "127.0.0.1:" + port, "127.9.9.9", "[::1]:5000")) {
      assertThat(RawHttp.send(port, "GET /health HTTP/1.1", "Host: " + host).status())
          .as(host)
          .isEqualTo(200);
    }
    for (String origin :
        List.of(
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "file://",
            "http://127.0.0.1@evil.example")) {
      assertProblem(
          RawHttp.send(port, "GET /health HTTP/1.1", "Host: localhost", "Origin: " + origin),
          421,
          "The Origin header");
    }
    assertThat(
            RawHttp.send(
                    port,
                    "GET /health HTTP/1.1",
                    "Host: localhost",
                    "Origin: http://localhost:3000")
                .status())
        .isEqualTo(200);
  }

  @Test
  void status422() {
    assertProblem(demo.execute("{"), 422, "The body is not acceptable JSON");
    assertThat(demo.execute("echo", "{}", "s422").status()).isEqualTo(200);
    assertProblem(
        demo.execute("echo", "{\"x\":1}", "s422"),
        422,
        "The nonce was used for a different request");
    assertProblem(
        demo.execute("add", "{}", "s422"), 422, "The nonce was used for a different request");
  }

  @Test
  void status500IsRecordedWithItsReceipt() {
    Reply first = demo.execute("add", "{\"a\":1e308,\"b\":1e308}", "s500");
    assertProblem(first, 500, "The action failed (action_error)");
    assertThat(first.json().path("state").asText()).isEqualTo("failed");
    assertThat(
            verify(
                first.id(), "{\"reason\":\"action_error\",\"state\":\"failed\"}", first.receipt()))
        .isEqualTo("{\"valid\":true,\"recorded\":true}");
    Reply again = demo.execute("add", "{\"a\":1e308,\"b\":1e308}", "s500");
    assertThat(again.replayed()).isTrue();
    assertThat(again.status()).isEqualTo(500);
    assertThat(again.text()).isEqualTo(first.text());
  }

  @Test
  void status503WhenTheStoreCannotBeWritten(@TempDir Path other) throws Exception {
    TestService.Setup setup = new TestService.Setup(other).tracing("trace", "");
    try (TestService blocked = setup.start()) {
      Requests requests = blocked.requests();
      try (Connection lock = DriverManager.getConnection("jdbc:sqlite:" + setup.database());
          Statement statement = lock.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");
        for (String action : List.of("echo", "trace")) {
          Reply reply = requests.execute(action, "{\"id\":1}", "s503-" + action);
          assertProblem(reply, 503, "The store is unavailable. Nothing was executed");
          assertThat(reply.header("Retry-After")).contains("1");
        }
        assertThat(requests.get("/ready").status()).isEqualTo(503);
        assertThat(requests.get("/ready").json().path("ready").asBoolean(true)).isFalse();
        assertProblem(requests.get("/ready"), 503, "the store cannot be written");
        statement.execute("ROLLBACK");
      }
      assertThat(setup.traced()).isEmpty();
      assertThat(requests.execute("echo", "{\"id\":1}", "s503-echo").status()).isEqualTo(200);
      assertThat(requests.execute("trace", "{\"id\":1}", "s503-trace").status()).isEqualTo(200);
      assertThat(setup.traced()).containsExactly("1");
    }
  }

  @Test
  void longEffectsKeepNobodyElseFromBeingAnsweredAndOneTooManyUsesUpNothing(@TempDir Path other)
      throws Exception {
    Path release = other.resolve("release");
    TestService.Setup setup =
        new TestService.Setup(other).tracing("slow", "?hold=" + release).tracing("trace", "");
    try (TestService full = setup.start()) {
      Requests requests = full.requests();
      List<CompletableFuture<Reply>> slow =
          IntStream.range(0, 64)
              .mapToObj(
                  i ->
                      requests.executeAsync(
                          Requests.body("slow", "{\"id\":" + i + "}", "slow-" + i, null)))
              .toList();
      // Their reservations say nothing yet: an action has its thread when its trace is there.
      while (setup.traced().size() < 64) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      Reply reply = requests.execute("trace", "{\"id\":99}", "refused");
      assertProblem(reply, 503, "Too much is under way. Nothing was executed");
      assertThat(reply.header("Retry-After")).contains("1");
      long begin = System.nanoTime();
      assertThat(requests.execute("echo", "{}", "quick").status()).isEqualTo(200);
      assertThat(requests.execute("echo", "{}", "quick").replayed()).isTrue();
      assertThat(requests.get("/health").status()).isEqualTo(200);
      assertThat(requests.get("/ready").status()).isEqualTo(200);
      assertThat((System.nanoTime() - begin) / 1e9).as("seconds").isLessThan(3);
      Files.createFile(release);
      for (CompletableFuture<Reply> late : slow) {
        assertThat(late.get().status()).isEqualTo(200);
      }
      assertThat(requests.execute("trace", "{\"id\":99}", "refused").status()).isEqualTo(200);
      assertThat(setup.traced()).hasSize(65).doesNotHaveDuplicates();
    }
  }

  @Test
  void status503WhenTooManyRequestsAreUnderWayAlsoWhereTheirClientsHaveGone(@TempDir Path other)
      throws Exception {
    TestService.Setup setup = new TestService.Setup(other);
    try (TestService full = setup.start();
        Connection lock = DriverManager.getConnection("jdbc:sqlite:" + setup.database());
        Statement statement = lock.createStatement()) {
      // Everybody waits for the store.
      statement.execute("BEGIN IMMEDIATE");
      for (int i = 0; i < 1_024; i++) {
        RawHttp.leave(
            full.port(), "POST /execute HTTP/1.1", Requests.body("echo", "{}", "gone-" + i, null));
      }
      Reply reply = full.requests().execute("echo", "{}", "one-too-many");
      assertProblem(reply, 503, "Too much is under way");
      assertThat(full.requests().get("/health").status()).as("status pages answer").isEqualTo(200);
      statement.execute("ROLLBACK");
      Reply again = reply;
      for (int i = 0; i < 200 && again.status() == 503; i++) {
        TimeUnit.MILLISECONDS.sleep(50);
        again = full.requests().execute("echo", "{}", "one-too-many");
      }
      assertThat(again.status()).isEqualTo(200);
    }
  }

  @Test
  void whatIsNotHttpIsAProblemDocumentToo() {
    int port = service.port();
    String post = "POST /execute HTTP/1.1";
    String json = "Content-Type: application/json";
    assertProblem(
        RawHttp.send(port, "GET /" + "x".repeat(5_000) + " HTTP/1.1", "Host: localhost"),
        414,
        "The request target is too long");
    assertProblem(
        RawHttp.send(port, "GET / HTTP/1.1", "Host: localhost", "X: " + "x".repeat(9_000)),
        431,
        "The headers are too large");
    assertProblem(
        RawHttp.send(port, "GET / HTTP/1.1", "Host: localhost", "a b: c"),
        400,
        "The request is not well-formed HTTP");
    assertProblem(
        RawHttp.sendBody(port, post, "{}", "Host: localhost", json, "Expect: miracles"),
        417,
        "The Expect header");
    assertProblem(
        RawHttp.send(port, "GET http://evil.example/health HTTP/1.1", "Host: localhost"),
        421,
        "The Host header");
    assertProblem(
        RawHttp.send(
            port,
            "GET /health HTTP/1.1",
            "Host: localhost",
            "Origin: http://localhost",
            "Origin: http://evil.example"),
        421,
        "The Origin header");
    assertProblem(
        RawHttp.send(port, post, "Host: localhost", json, "Content-Length: 10"),
        408,
        "The body did not arrive in time. Nothing was executed");
    assertThat(RawHttp.send(port, "GET /health?%zz HTTP/1.1", "Host: localhost").status())
        .isEqualTo(200);
    assertThat(
            RawHttp.sendBody(
                    port,
                    post,
                    Requests.body("echo", "{}", "odd-type", null),
                    "Host: localhost",
                    "Content-Type: application/json; a=\"")
                .status())
        .isEqualTo(200);
  }
}
