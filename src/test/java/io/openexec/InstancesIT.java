package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Packaged;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several packaged services, each a process, behind one PostgreSQL. */
class InstancesIT {
  private static final int LEASE_SECONDS = 3;
  private static final int NONCES = 240;
  private static final int AT_ONCE = 24;

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private final List<Packaged> instances = Collections.synchronizedList(new ArrayList<>());
  private Path release;
  private TestDatabase database;
  private TestService.Setup setup;

  @BeforeEach
  void makeDatabase() {
    release = directory.resolve("release");
    database = Postgres.database();
    setup =
        new TestService.Setup(directory)
            .clawshield(approver)
            .on(database)
            .with("OPENEXEC_LEASE_SECONDS", Integer.toString(LEASE_SECONDS))
            .with("OPENEXEC_SELF_TEST", "false")
            .tracing("trace", "")
            // Several services start while it runs.
            .tracing("hold", "?hold=" + release, "timeoutSeconds: 300");
  }

  private Packaged start() throws IOException {
    Path own = Files.createDirectories(directory.resolve("instance" + instances.size()));
    Packaged instance = Packaged.start(own, setup.environment(), true, Packaged.SOON);
    instances.add(instance);
    return instance;
  }

  @AfterEach
  void stop() {
    instances.forEach(Packaged::close);
  }

  private String body(String action, int id) {
    String payload = "{\"id\":" + id + "}";
    return Requests.body(action, payload, "n" + id, approver.approve(action, payload));
  }

  @Test
  void oneExecutionANonceWhoeverIsAskedAndWhoeverIsKilled() throws Exception {
    List<Packaged> three = List.of(start(), start(), start());
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int killAt = NONCES / 3 + random.nextInt(NONCES / 3);
    Packaged victim = three.get(random.nextInt(three.size()));
    Map<Integer, String> bodies = new HashMap<>();
    Map<Integer, Set<String>> answers = new ConcurrentHashMap<>();
    Semaphore slots = new Semaphore(AT_ONCE);
    for (int n = 0; n < NONCES; n++) {
      String body = body("trace", n);
      bodies.put(n, body);
      if (n == killAt) {
        new Thread(victim::kill).start();
      }
      for (Packaged instance : three) {
        int nonce = n;
        slots.acquire();
        var unused =
            instance
                .requests()
                .executeAsync(body)
                .whenComplete(
                    (reply, error) -> {
                      if (reply != null && reply.status() == 200) {
                        answers
                            .computeIfAbsent(nonce, key -> ConcurrentHashMap.newKeySet())
                            .add(reply.text());
                      }
                      slots.release();
                    });
      }
    }
    slots.acquire(AT_ONCE);
    // A new one that starts meanwhile changes nothing about whose lease lasts.
    start();
    awaitNothingRunning();

    List<String> traced = setup.traced();
    assertThat(traced).as("no action ran twice, seed " + seed).doesNotHaveDuplicates();
    assertThat(answers.size()).as("nonces that somebody acknowledged").isGreaterThan(NONCES / 2);
    Set<String> effects = new HashSet<>(traced);
    for (Map.Entry<Integer, String> request : bodies.entrySet()) {
      int n = request.getKey();
      List<String> states =
          database.rows("SELECT state FROM executions WHERE nonce = '\"n" + n + "\"'");
      assertThat(states).as("n" + n).hasSizeLessThanOrEqualTo(1);
      if (states.equals(List.of("succeeded"))) {
        assertThat(effects).contains("" + n);
      } else if (states.isEmpty()) {
        assertThat(effects).as("no effect without a reservation").doesNotContain("" + n);
      } else {
        assertThat(states).containsExactly("unknown");
        assertThat(answers).as("nothing acknowledged is forgotten").doesNotContainKey(n);
      }
      if (answers.containsKey(n)) {
        assertThat(answers.get(n)).as("one answer from all of them").hasSize(1);
        Reply replay = instances.get(3).requests().execute(request.getValue());
        assertThat(replay.replayed()).isTrue();
        assertThat(answers.get(n)).containsExactly(replay.text());
      }
    }
    assertThat(setup.traced()).isEqualTo(traced);
    Terminal terminal = new Terminal(directory, Map.of("OPENEXEC_DB_URL", database.url()));
    assertThat(terminal.run("audit")).as(terminal.out() + terminal.err()).isZero();
  }

  private void awaitNothingRunning() throws InterruptedException {
    String running = "SELECT COUNT(*) FROM executions WHERE state = 'running'";
    for (int i = 0; i < 100 * LEASE_SECONDS && !database.rows(running).equals(List.of("0")); i++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    assertThat(database.rows(running)).containsExactly("0");
  }

  @Test
  void aRestartOfAnotherDeclaresNothingUnknownAndAnAbandonedOneIsWhenItsLeaseEnds()
      throws Exception {
    Packaged working = start();
    String body = body("hold", 1);
    CompletableFuture<Reply> answer = working.requests().executeAsync(body);
    awaitEffects(1);
    for (int i = 0; i < 2; i++) {
      Packaged restarted = start();
      restarted.terminate();
      assertThat(restarted.awaitEnd()).as("ended by SIGTERM").isEqualTo(128 + 15);
    }
    Packaged other = start();
    // Longer than a lease: it is renewed.
    Reply waited = other.requests().execute(body);
    assertThat(waited.status()).isEqualTo(409);
    assertThat(waited.json().path("state").asText()).isEqualTo("running");
    assertThat(waited.header("Retry-After")).contains("1");
    assertThat(answer).isNotDone();

    working.kill();
    long killed = System.nanoTime();
    awaitNothingRunning();
    assertThat(System.nanoTime() - killed)
        .isBetween(
            TimeUnit.MILLISECONDS.toNanos(500), TimeUnit.SECONDS.toNanos(2 * LEASE_SECONDS + 2));
    Reply unknown = other.requests().execute(body);
    assertThat(unknown.status()).isEqualTo(409);
    assertThat(unknown.json().path("reason").asText()).isEqualTo("interrupted");
    assertThat(unknown.header("Retry-After")).isEmpty();
    assertThat(setup.traced()).containsExactly("1");
  }

  @Test
  void whoWasPausedPastItsLeaseIsFencedAndItsOutcomeIsLate() throws Exception {
    Packaged paused = start();
    Packaged other = start();
    String body = body("hold", 1);
    CompletableFuture<Reply> answer = paused.requests().executeAsync(body);
    awaitEffects(1);
    paused.signal("STOP");
    awaitNothingRunning();
    Reply unknown = other.requests().execute(body);
    assertThat(unknown.json().path("reason").asText()).isEqualTo("interrupted");
    // The operator has not looked yet; the effect is there, and its outcome comes in late.
    Files.createFile(release);
    paused.signal("CONT");
    Reply late = answer.get();
    assertThat(late.status()).as(late.text()).isEqualTo(200);
    Reply replay = other.requests().execute(body);
    assertThat(replay.status()).isEqualTo(200);
    assertThat(replay.text()).isEqualTo(late.text());
    assertThat(database.rows("SELECT state, reason FROM executions"))
        .containsExactly("succeeded|late_outcome");
    assertThat(database.rows("SELECT state, reason, kind FROM outcome_history"))
        .containsExactly("unknown|interrupted|superseded");
    // It goes on as somebody new.
    Reply next = awaitExecuted(paused, body("trace", 2));
    assertThat(next.status()).as(next.text()).isEqualTo(200);
    assertThat(setup.traced()).containsExactly("1", "2");
  }

  private static Reply awaitExecuted(Packaged instance, String body) throws InterruptedException {
    Reply reply = instance.requests().execute(body);
    for (int i = 0; i < 100 && reply.status() == 503; i++) {
      TimeUnit.MILLISECONDS.sleep(50);
      reply = instance.requests().execute(body);
    }
    return reply;
  }

  private void awaitEffects(int count) throws InterruptedException {
    while (setup.traced().size() < count) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }
}
