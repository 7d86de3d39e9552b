package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Packaged;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import jakarta.jms.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged service is killed (SIGKILL) at random moments while effectful requests come in by
 * file, by queue and by HTTP at once, and started again each time.
 */
class ThreeDoorsIT {
  private static final int REQUESTS = 1_000;
  private static final int BY_HTTP = 334;
  private static final int BY_QUEUE = 333;
  private static final int LINES = 37;
  private static final int KILLS = 6;
  private static final int CLIENTS = 8;
  private static final long LONG_ENOUGH = 120_000;

  @TempDir Path directory;
  @TempDir Path brokerDirectory;
  private final Approver approver = new Approver();
  private final Map<Integer, Integer> statusByHttp = new ConcurrentHashMap<>();
  private TestService.Setup setup;
  private Path inbox;
  private Requests http;

  private String body(int id) {
    String payload = "{\"id\":" + id + "}";
    return Requests.body("trace", payload, "n" + id, approver.approve("trace", payload));
  }

  @Test
  @Timeout(300)
  void killedAgainAndAgainEachNonceHasOneOutcomeAndNoEffectTwice() throws Exception {
    inbox = Files.createDirectory(directory.resolve("inbox"));
    int port = Broker.freePort();
    http = new Requests(port);
    try (Broker broker = Broker.start(brokerDirectory)) {
      setup =
          new TestService.Setup(directory)
              .clawshield(approver)
              .with("OPENEXEC_PORT", Integer.toString(port))
              .with("OPENEXEC_QUEUE_URL", broker.url())
              .with("OPENEXEC_INBOX", inbox.toString())
              .tracing("trace", "");
      for (int id = BY_HTTP; id < BY_HTTP + BY_QUEUE; id++) {
        broker.send("openexec.requests", body(id), "c" + id);
      }
      int files = drop(BY_HTTP + BY_QUEUE);
      ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
      ConcurrentLinkedQueue<Integer> byHttp =
          IntStream.range(0, BY_HTTP)
              .boxed()
              .collect(Collectors.toCollection(ConcurrentLinkedQueue::new));
      for (int i = 0; i < CLIENTS; i++) {
        clients.execute(() -> sendAll(byHttp));
      }
      clients.shutdown();
      Random random = new Random(20261123);
      for (int kill = 1; kill <= KILLS; kill++) {
        int enough = kill * REQUESTS / (KILLS + 2) + random.nextInt(60);
        try (Packaged service = start()) {
          Eventually.within(LONG_ENOUGH, () -> setup.traced().size() >= enough);
          service.kill();
        }
      }
      try (Packaged service = start()) {
        assertThat(clients.awaitTermination(LONG_ENOUGH, TimeUnit.MILLISECONDS)).isTrue();
        Eventually.within(LONG_ENOUGH, () -> broker.count("openexec.requests") == 0);
        Eventually.within(LONG_ENOUGH, () -> names("done").size() + inputs("refused") == files);
        assertAnswered(broker);
        assertThat(service.isAlive()).isTrue();
      }
    }
    assertOneOutcomeEachAndNoEffectTwice();
  }

  private Packaged start() throws IOException {
    return Packaged.start(directory, setup.environment(), true, Packaged.SOON);
  }

  /** Drops what is left, from that id on, as files; returns how many. */
  private int drop(int from) throws IOException {
    int files = 0;
    for (int id = from; id < REQUESTS; id += LINES) {
      List<String> lines = new ArrayList<>();
      for (int line = id; line < Math.min(id + LINES, REQUESTS); line++) {
        lines.add(body(line));
      }
      Path file = Files.write(directory.resolve("next"), lines);
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
      Files.move(file, inbox.resolve("batch-" + id + ".jsonl"));
      files++;
    }
    return files;
  }

  /** A client that asks again until it knows. */
  private void sendAll(ConcurrentLinkedQueue<Integer> ids) {
    for (Integer id = ids.poll(); id != null; id = ids.poll()) {
      String body = body(id);
      while (!statusByHttp.containsKey(id)) {
        try {
          Reply reply = http.execute(body);
          if (reply.status() == 200 || "outcome_unknown".equals(reply.code())) {
            statusByHttp.put(id, reply.status());
          } else {
            assertThat(reply.status()).as(reply.text()).isIn(503, 409);
          }
        } catch (UncheckedIOException dead) {
          pause();
        }
      }
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(50);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> names(String folder) {
    Path path = inbox.resolve(folder);
    if (Files.notExists(path)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int inputs(String folder) {
    return (int) names(folder).stream().filter(name -> !name.endsWith(".reasons.jsonl")).count();
  }

  private void assertAnswered(Broker broker) throws Exception {
    Set<String> byQueue = new HashSet<>();
    for (Message answer : broker.drain("openexec.receipts")) {
      byQueue.add(answer.getJMSCorrelationID());
      assertThat(answer.getIntProperty("status")).isIn(200, 409);
    }
    assertThat(byQueue).as("each message has an answer").hasSize(BY_QUEUE);
    assertThat(broker.count("openexec.rejected")).isZero();
    int lines = 0;
    for (String file : names("out")) {
      lines += Files.readAllLines(inbox.resolve("out").resolve(file)).size();
    }
    assertThat(lines).as("each line has an answer").isEqualTo(REQUESTS - BY_HTTP - BY_QUEUE);
    assertThat(names("").stream().filter(name -> name.endsWith(".jsonl"))).isEmpty();
    assertThat(names(".work")).isEmpty();
  }

  private void assertOneOutcomeEachAndNoEffectTwice() throws Exception {
    List<String> traced = setup.traced();
    assertThat(traced).as("no effect twice").doesNotHaveDuplicates();
    Map<String, Set<Integer>> byState = new TreeMap<>();
    for (String row : StoreRows.of(setup.database(), "SELECT state, nonce FROM executions")) {
      String[] columns = row.split("\\|", -1);
      byState
          .computeIfAbsent(columns[0], state -> new TreeSet<>())
          .add(Integer.parseInt(columns[1].replaceAll("[^0-9]", "")));
    }
    assertThat(byState.keySet()).isSubsetOf("succeeded", "unknown");
    assertThat(byState.values().stream().mapToInt(Set::size).sum())
        .as("one outcome for each nonce")
        .isEqualTo(REQUESTS);
    Set<Integer> effects = traced.stream().map(Integer::valueOf).collect(Collectors.toSet());
    assertThat(effects).as("each that succeeded took effect").containsAll(byState.get("succeeded"));
    System.out.printf(
        "killed %d times: %s%n",
        KILLS,
        byState.entrySet().stream()
            .map(state -> state.getValue().size() + " " + state.getKey())
            .collect(Collectors.joining(", ")));
    Terminal terminal =
        new Terminal(directory, Map.of("OPENEXEC_DB_URL", "sqlite:///" + setup.database()));
    assertThat(terminal.run("audit")).as(terminal.out() + terminal.err()).isZero();
  }
}
