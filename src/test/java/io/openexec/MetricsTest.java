package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.openexec.receipt.ExecutionId;
import io.openexec.testing.Approver;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Exposition;
import io.openexec.testing.RawHttp;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code GET /metrics}: what was done through the doors is what it says, and nothing else shows.
 */
class MetricsTest {
  private static final long SOON = 15_000;

  @TempDir Path directory;

  private TestService.Setup setup() {
    return new TestService.Setup(directory);
  }

  private static Exposition metrics(TestService service) {
    return Exposition.parse(service.requests().get("/metrics").text());
  }

  /** Waits for what is counted a moment after its answer. */
  private static Exposition eventually(TestService service, Predicate<Exposition> condition) {
    Eventually.within(SOON, () -> condition.test(metrics(service)));
    return metrics(service);
  }

  private Path hold() {
    return directory.resolve("hold");
  }

  @Test
  void itIsPlainTextInPrometheusFormatForGetOnly() {
    try (TestService service = setup().start()) {
      Reply page = service.requests().get("/metrics");
      assertThat(page.status()).isEqualTo(200);
      assertThat(page.header("Content-Type")).contains("text/plain; version=0.0.4; charset=utf-8");
      assertThat(page.header("Cache-Control")).contains("no-cache");
      assertThat(page.header("X-Content-Type-Options")).contains("nosniff");
      Reply posted = service.requests().post("/metrics", "{}");
      assertThat(posted.status()).isEqualTo(405);
      assertThat(posted.header("Allow")).contains("GET");
      assertThat(service.requests().get("/metrics/all").status()).isEqualTo(404);
      assertThat(service.requests().get("/metrics?name=x").text()).contains("openexec_build_info");
      Exposition first = metrics(service);
      assertThat(first.value("openexec_build_info", "version", Status.VERSION)).isEqualTo(1);
      assertThat(first.types()).containsKeys("jvm_memory_used_bytes", "jvm_threads_live_threads");
      assertThat(first.types())
          .containsKeys("jvm_gc_memory_allocated_bytes_total", "process_uptime_seconds");
    }
  }

  @Test
  void switchedOffThereIsNoSuchPage() {
    try (TestService service = setup().with("OPENEXEC_METRICS", "off").start()) {
      assertThat(service.requests().get("/metrics").status()).isEqualTo(404);
      assertThat(service.requests().get("/health").status()).isEqualTo(200);
      assertThat(service.requests().execute("echo", "{}", "n").status()).isEqualTo(200);
    }
    assertThatThrownBy(() -> setup().with("OPENEXEC_METRICS", "no").start())
        .isInstanceOf(StartRefused.class)
        .hasMessage("OPENEXEC_METRICS is 'no'; set it to on or off");
  }

  /** What the start tried out is nobody's request. */
  @Test
  void countingBeginsWithTheFirstRequestAfterTheSelfTest() {
    try (TestService service = setup().with("OPENEXEC_SELF_TEST", "true").start()) {
      Exposition begin = metrics(service);
      for (String name :
          List.of(
              "openexec_requests_total",
              "openexec_executions_total",
              "openexec_replays_total",
              "openexec_denials_total",
              "openexec_http_refusals_total",
              "openexec_execute_duration_seconds_count")) {
        assertThat(begin.sum(name)).as(name).isZero();
      }
      assertThat(begin.has("openexec_denials_total", "reason", "signature_invalid")).isTrue();
      assertThat(begin.has("openexec_requests_total", "door", "http")).isTrue();
    }
  }

  @Test
  void executionsReplaysAndDenialsAreCountedByTheirCodes() {
    TestService.Setup setup =
        setup()
            .tracing("trace", "")
            .tracing("lose", "?raise=java.io.IOException")
            .tracing(
                "decline",
                "?refuse=java.io.FileNotFoundException",
                "definiteErrors: {java.io.FileNotFoundException: folder_missing}");
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      requests.execute("echo", "{}", "n1");
      requests.execute("echo", "{}", "n1");
      requests.execute("echo", "{\"another\":1}", "n1");
      requests.execute("trace", "{\"id\":1}", "n2");
      requests.execute("lose", "{\"id\":1}", "n3");
      requests.execute("lose", "{\"id\":1}", "n3");
      requests.execute("decline", "{\"id\":1}", "n4");
      requests.execute("nothing", "{}", "n5");
      requests.execute("nonsense");
      Exposition metrics = metrics(service);
      String executions = "openexec_executions_total";
      assertThat(executions(metrics, "echo", "succeeded", "none")).isEqualTo(1);
      assertThat(executions(metrics, "trace", "succeeded", "none")).isEqualTo(1);
      assertThat(executions(metrics, "lose", "unknown", "action_error")).isEqualTo(1);
      assertThat(executions(metrics, "decline", "failed", "folder_missing")).isEqualTo(1);
      assertThat(executions(metrics, "add", "succeeded", "none")).isZero();
      assertThat(metrics.sum(executions)).isEqualTo(4);
      assertThat(metrics.value("openexec_replays_total", "status", "succeeded")).isEqualTo(1);
      assertThat(metrics.value("openexec_replays_total", "status", "unknown")).isEqualTo(1);
      assertThat(metrics.sum("openexec_replays_total")).isEqualTo(2);
      assertThat(denials(metrics, "nonce_reused")).isEqualTo(1);
      assertThat(denials(metrics, "unknown_action")).isEqualTo(1);
      assertThat(denials(metrics, "malformed_request")).isEqualTo(1);
      assertThat(metrics.sum("openexec_denials_total")).isEqualTo(3);
      assertThat(metrics.value("openexec_requests_total", "door", "http")).isEqualTo(9);
      assertThat(metrics.sum("openexec_requests_total")).isEqualTo(9);
    }
  }

  private static double executions(
      Exposition metrics, String action, String status, String reason) {
    return metrics.value(
        "openexec_executions_total", "action", action, "status", status, "reason", reason);
  }

  private static double denials(Exposition metrics, String reason) {
    return metrics.value("openexec_denials_total", "reason", reason);
  }

  @Test
  void durationsCommitsAndTheLedgerAreMeasured() {
    TestService.Setup setup = setup().tracing("slow", "?before=" + hold());
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      CompletableFuture<Reply> slow =
          requests.executeAsync(Requests.body("slow", "{\"id\":1}", "s", null));
      eventually(service, m -> m.value("openexec_effectful_running") == 1);
      long begin = System.nanoTime();
      Eventually.within(SOON, () -> System.nanoTime() - begin > 300_000_000L);
      release();
      assertThat(slow.join().status()).isEqualTo(200);
      requests.execute("echo", "{}", "n");
      Exposition metrics =
          eventually(
              service,
              m ->
                  m.value("openexec_receipts_waiting") == 0
                      && m.value("openexec_ledger_receipts") == 2);
      String execute = "openexec_execute_duration_seconds";
      assertThat(metrics.value(execute + "_count")).isEqualTo(2);
      assertThat(metrics.value(execute + "_sum")).isBetween(0.3, 30.0);
      assertThat(metrics.value(execute + "_bucket", "le", "0.25")).isLessThanOrEqualTo(1);
      // A reservation and its outcome, an insert, and what the ledger wrote.
      assertThat(metrics.value("openexec_commit_duration_seconds_count"))
          .isGreaterThanOrEqualTo(5)
          .isEqualTo(metrics.value("openexec_commit_writes_count"));
      assertThat(metrics.value("openexec_commit_writes_sum"))
          .isGreaterThanOrEqualTo(metrics.value("openexec_commit_writes_count"));
      assertThat(metrics.value("openexec_commit_duration_seconds_sum")).isPositive();
      assertThat(metrics.value("openexec_commits_failed_total")).isZero();
      assertThat(metrics.value("openexec_commit_queue_writes")).isZero();
      assertThat(metrics.value("openexec_ledger_stuck")).isZero();
      assertThat(metrics.value("openexec_ledger_checkpoint_timestamp_seconds"))
          .isCloseTo(System.currentTimeMillis() / 1e3, within(60.0));
      assertThat(metrics.value("openexec_unfinished_writes")).isZero();
    }
  }

  private void release() {
    try {
      Files.createFile(hold());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatRunsAndWhatWaitsIsSeenWhileItDoes() {
    TestService.Setup setup = setup().tracing("slow", "?before=" + hold(), "concurrency: 2");
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      String body = Requests.body("slow", "{\"id\":1}", "s", null);
      CompletableFuture<Reply> first = requests.executeAsync(body);
      Exposition running = eventually(service, m -> m.value("openexec_effectful_running") == 1);
      assertThat(running.value("openexec_effectful_slots")).isEqualTo(64);
      assertThat(running.value("openexec_action_running", "action", "slow")).isEqualTo(1);
      assertThat(running.value("openexec_action_slots", "action", "slow")).isEqualTo(2);
      assertThat(running.has("openexec_action_slots", "action", "echo")).isFalse();
      assertThat(running.value("openexec_http_requests_in_progress")).isEqualTo(1);
      CompletableFuture<Reply> second = requests.executeAsync(body);
      eventually(service, m -> m.value("openexec_waiting_requests") == 1);
      release();
      assertThat(first.join().status()).isEqualTo(200);
      assertThat(second.join().replayed()).isTrue();
      Exposition over =
          eventually(
              service,
              m ->
                  m.value("openexec_http_requests_in_progress") == 0
                      && m.value("openexec_effectful_running") == 0);
      assertThat(over.value("openexec_waiting_requests")).isZero();
      assertThat(over.value("openexec_action_running", "action", "slow")).isZero();
    }
  }

  @Test
  void anActionWhoseTimeIsOverIsSeenAsLongAsItRuns() {
    TestService.Setup setup =
        setup().tracing("slow", "?before=" + hold(), "concurrency: 2", "timeoutSeconds: 1");
    try (TestService service = setup.start()) {
      Reply reply = service.requests().execute(Requests.body("slow", "{\"id\":1}", "s", null));
      assertThat(reply.json().path("state").asText()).isEqualTo("unknown");
      Exposition late = eventually(service, m -> m.value("openexec_effectful_running") == 1);
      assertThat(late.value("openexec_action_running", "action", "slow")).isEqualTo(1);
      release();
      eventually(service, m -> m.value("openexec_effectful_running") == 0);
    }
  }

  @Test
  void whatTheServerRefusesBeforeTheGatesIsCountedApart() throws Exception {
    try (TestService service = setup().start()) {
      Requests requests = service.requests();
      requests.get("/nowhere");
      requests.get("/execute");
      requests.send(requests.to("/execute").POST(BodyPublishers.ofString("{}")).build());
      requests.execute("\"" + "x".repeat(1 << 20) + "\"");
      RawHttp.send(service.port(), "GET / HTTP/1.1", "Host: evil.example");
      Exposition metrics = metrics(service);
      for (String reason :
          List.of("not_found", "method_not_allowed", "not_json", "body_too_large", "misdirected")) {
        assertThat(metrics.value("openexec_http_refusals_total", "reason", reason))
            .as(reason)
            .isEqualTo(1);
      }
      assertThat(metrics.value("openexec_http_refusals_total", "reason", "overloaded")).isZero();
      assertThat(metrics.sum("openexec_requests_total")).isZero();
      assertThat(metrics.sum("openexec_denials_total")).isZero();
    }
  }

  @Test
  void connectionsAreCountedWhileTheyAreOpen() throws Exception {
    try (TestService service = setup().start()) {
      double before = metrics(service).value("openexec_http_connections");
      try (Socket one = new Socket(InetAddress.getLoopbackAddress(), service.port());
          Socket another = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
        assertThat(one.isConnected() && another.isConnected()).isTrue();
        eventually(service, m -> m.value("openexec_http_connections") == before + 2);
      }
      eventually(service, m -> m.value("openexec_http_connections") == before);
    }
  }

  @Test
  void denialsWithoutAReceiptAreCounted() {
    try (TestService service = setup().start()) {
      Requests requests = service.requests();
      List<CompletableFuture<Reply>> denied = new ArrayList<>();
      for (int n = 0; n < 1_200; n++) {
        denied.add(requests.executeAsync(Requests.body("none", "{}", "n" + n, null)));
        if (denied.size() == 50) {
          denied.forEach(CompletableFuture::join);
          denied.clear();
        }
      }
      Exposition metrics = metrics(service);
      assertThat(metrics.value("openexec_denials_total", "reason", "unknown_action"))
          .isEqualTo(1_200);
      assertThat(metrics.value("openexec_denials_dropped_total")).isBetween(1.0, 200.0);
    }
  }

  @Test
  void aLongFileShowsHowFarItIs() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    TestService.Setup setup =
        setup().tracing("slow", "?before=" + hold()).with("OPENEXEC_INBOX", inbox.toString());
    StringBuilder lines = new StringBuilder();
    for (int n = 0; n < 20; n++) {
      lines.append(Requests.body("echo", "{}", "n" + n, null)).append('\n');
    }
    lines.append("nonsense\n\n");
    lines.append(Requests.body("slow", "{\"id\":1}", "s1", null)).append('\n');
    lines.append(Requests.body("slow", "{\"id\":1}", "s2", null)).append('\n');
    try (TestService service = setup.start()) {
      assertThat(metrics(service).value("openexec_inbox_open_files")).isZero();
      Files.writeString(inbox.resolve("a.part"), lines);
      Files.move(inbox.resolve("a.part"), inbox.resolve("secret-name.jsonl"));
      Exposition during =
          eventually(
              service, m -> m.value("openexec_inbox_open_lines", "state", "succeeded") == 20);
      assertThat(during.value("openexec_inbox_open_files")).isEqualTo(1);
      assertThat(during.value("openexec_inbox_open_lines", "state", "refused")).isEqualTo(1);
      assertThat(during.value("openexec_inbox_open_lines", "state", "waiting")).isEqualTo(2);
      assertThat(during.value("openexec_inbox_open_bytes")).isEqualTo(lines.length());
      assertThat(during.value("openexec_inbox_open_read_bytes")).isEqualTo(lines.length());
      assertThat(during.value("openexec_inbox_lines_read_total")).isEqualTo(24);
      release();
      Exposition after =
          eventually(service, m -> m.value("openexec_inbox_files_total", "result", "refused") == 1);
      assertThat(after.value("openexec_inbox_files_total", "result", "done")).isZero();
      assertThat(after.value("openexec_inbox_lines_total", "result", "succeeded")).isEqualTo(22);
      assertThat(after.value("openexec_inbox_lines_total", "result", "refused")).isEqualTo(1);
      assertThat(after.value("openexec_requests_total", "door", "file")).isEqualTo(23);
      after = eventually(service, m -> m.value("openexec_inbox_open_files") == 0);
      assertThat(after.sum("openexec_inbox_open_lines")).isZero();
      assertThat(after.value("openexec_inbox_open_bytes")).isZero();
      assertThat(after.value("openexec_inbox_waiting_files")).isZero();
      assertThat(service.requests().get("/metrics").text()).doesNotContain("secret-name");
    }
  }

  /** What is sent again until its answer is final is one request. */
  @Test
  void aRequestThatIsSentAgainCountsOnce() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    TestService.Setup setup =
        setup()
            .tracing("slow", "?before=" + hold(), "concurrency: 1")
            .with("OPENEXEC_INBOX", inbox.toString());
    try (TestService service = setup.start()) {
      var held = service.requests().executeAsync(Requests.body("slow", "{\"id\":1}", "s1", null));
      eventually(service, m -> m.value("openexec_effectful_running") == 1);
      Files.writeString(inbox.resolve("a.part"), Requests.body("slow", "{\"id\":2}", "s2", null));
      Files.move(inbox.resolve("a.part"), inbox.resolve("a.jsonl"));
      eventually(service, m -> denials(m, "overloaded") >= 2);
      release();
      assertThat(held.join().status()).isEqualTo(200);
      Exposition after =
          eventually(service, m -> m.value("openexec_inbox_files_total", "result", "done") == 1);
      assertThat(after.value("openexec_requests_total", "door", "file")).isEqualTo(1);
      assertThat(executions(after, "slow", "succeeded", "none")).isEqualTo(2);
    }
  }

  @Test
  void messagesAreCountedByWhatBecameOfThem() throws Exception {
    Broker broker = Broker.start(Files.createDirectory(directory.resolve("broker")));
    try (broker;
        TestService service = setup().with("OPENEXEC_QUEUE_URL", broker.url()).start()) {
      eventually(service, m -> m.value("openexec_queue_connected") == 1);
      broker.send(
          "openexec.requests",
          session -> session.createTextMessage(Requests.body("echo", "{}", "n", null)));
      broker.send(
          "openexec.requests",
          session -> session.createTextMessage(Requests.body("none", "{}", "n", null)));
      broker.send("openexec.requests", session -> session.createTextMessage("nonsense"));
      broker.receive("openexec.receipts", 2);
      broker.receive("openexec.rejected", 1);
      // They count when they are committed, which the receiver may be the first to see.
      for (String result : List.of("succeeded", "refused", "rejected")) {
        eventually(service, m -> m.value("openexec_queue_messages_total", "result", result) == 1);
      }
      Exposition metrics = metrics(service);
      assertThat(metrics.value("openexec_requests_total", "door", "queue")).isEqualTo(3);
      broker.stop();
      eventually(service, m -> m.value("openexec_queue_connected") == 0);
      broker.restart();
    }
  }

  @Test
  void aDoorOfOnesOwnCountsAsOther() throws Exception {
    Path in = Files.createDirectory(directory.resolve("in"));
    TestService.Setup setup =
        setup()
            .door(
                "ingress-own",
                "- route:",
                "    id: own-route",
                "    from:",
                "      uri: \"file:" + in + "?delay=50&initialDelay=0\"",
                "      steps:",
                "        - to: direct:execute");
    Files.writeString(in.resolve("request"), Requests.body("echo", "{}", "n", null));
    try (TestService service = setup.start()) {
      eventually(service, m -> m.value("openexec_requests_total", "door", "other") == 1);
    }
  }

  /** Whatever a request says, labels have words of ours only, and there are never more of them. */
  @Test
  void nothingOfARequestShows() {
    Approver approver = new Approver();
    String payload = "{\"to\":\"Zyxwvut Ltd\",\"amount\":4711.25}";
    try (TestService service =
        setup().clawshield(approver).tracing("lose", "?raise=java.io.IOException").start()) {
      Requests requests = service.requests();
      int before = metrics(service).labelValues("openexec_").size();
      List<Reply> replies = new ArrayList<>();
      var artifact = approver.approve("echo", payload);
      replies.add(requests.execute("echo", payload, "invoice-0815", artifact));
      replies.add(requests.execute("echo", payload, "invoice-0815", artifact));
      replies.add(requests.execute("echo", payload, "invoice-0816", artifact));
      replies.add(
          requests.execute("lose", payload, "invoice-0817", approver.approve("lose", payload)));
      replies.add(requests.execute("grab\\\"}", payload.replace("Z", "Y"), "invoice-0818"));
      for (int n = 0; n < 50; n++) {
        String hostile = "hostile-" + n;
        replies.add(
            requests.execute(hostile, payload, hostile, approver.approve(hostile, payload)));
        replies.add(requests.get("/" + hostile + "?" + hostile));
      }
      // Without the numbers, in which any digits may come.
      String text =
          requests.get("/metrics").text().replaceAll(" [^ ]+\n", "\n").toLowerCase(Locale.ROOT);
      List<String> secrets =
          new ArrayList<>(
              List.of("zyxwvut", "yyxwvut", "4711", "invoice", "hostile", "grab", Approver.TENANT));
      secrets.add(artifact.path("approval_id").asText());
      secrets.add(artifact.path("signature").asText());
      secrets.add(ExecutionId.of(Approver.TENANT, "invoice-0815").toString());
      replies.stream()
          .filter(reply -> !reply.id().isEmpty())
          .forEach(reply -> secrets.add(reply.id()));
      for (String secret : secrets) {
        assertThat(text).as(secret).doesNotContain(secret.toLowerCase(Locale.ROOT));
      }
      // The reason of a failure that came for the first time.
      assertThat(metrics(service).labelValues("openexec_")).hasSizeLessThanOrEqualTo(before + 1);
    }
  }

  /** README's table has each metric and its labels, and nothing else. */
  @Test
  void theTableInTheReadmeIsComplete() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    TestService.Setup setup = setup().with("OPENEXEC_INBOX", inbox.toString());
    setup.tracing("slow", "", "concurrency: 1");
    Set<String> documented = new TreeSet<>();
    Matcher row =
        Pattern.compile("`(openexec_[a-z_]+)(?:\\{([a-z, ]+)})?`")
            .matcher(Files.readString(Path.of("README.md")));
    while (row.find()) {
      documented.add(row.group(1) + new TreeSet<>(labels(row.group(2))));
    }
    Broker broker = Broker.start(Files.createDirectory(directory.resolve("broker")));
    try (broker;
        TestService service = setup.with("OPENEXEC_QUEUE_URL", broker.url()).start()) {
      Exposition metrics = metrics(service);
      Set<String> there = new TreeSet<>();
      for (String name : metrics.types().keySet()) {
        if (name.startsWith("openexec_")) {
          there.add(name + metrics.labelNames(name));
        }
      }
      assertThat(documented).isEqualTo(there);
    }
  }

  private static List<String> labels(String list) {
    return list == null ? List.of() : List.of(list.split(", "));
  }
}
