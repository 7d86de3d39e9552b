package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Packaged;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged service is killed (SIGKILL) while effectful actions run. */
class CrashIT {
  private static final int ROUNDS = 4;

  /** A kill may come between two commits, when nothing runs. */
  private static final int MOST_ROUNDS = 40;

  private static final int AT_ONCE = 32;
  @TempDir Path directory;

  @Test
  void nothingAcknowledgedIsLostAndNothingRunsTwice() throws Exception {
    Approver approver = new Approver();
    TestService.Setup setup =
        new TestService.Setup(directory).clawshield(approver).tracing("trace", "");
    Map<Integer, String> bodies = new HashMap<>();
    Map<Integer, Reply> acknowledged = new ConcurrentHashMap<>();
    Random random = new Random(20260301);
    int id = 0;
    for (int round = 0; ; round++) {
      assertThat(round).as("rounds until a kill interrupts something").isLessThan(MOST_ROUNDS);
      try (Packaged service = Packaged.start(directory, setup.environment(), true, Packaged.SOON)) {
        if (round >= ROUNDS && interrupted(setup)) {
          break;
        }
        Semaphore slots = new Semaphore(AT_ONCE);
        CountDownLatch enough = new CountDownLatch(5 + random.nextInt(120));
        Thread killer = new Thread(() -> killAfter(enough, service));
        killer.start();
        while (service.isAlive()) {
          int n = id++;
          String payload = "{\"id\":" + n + "}";
          String body =
              Requests.body("trace", payload, "n" + n, approver.approve("trace", payload));
          bodies.put(n, body);
          slots.acquire();
          var unused =
              service
                  .requests()
                  .executeAsync(body)
                  .whenComplete(
                      (reply, error) -> {
                        if (reply != null && reply.status() == 200) {
                          acknowledged.put(n, reply);
                          enough.countDown();
                        }
                        slots.release();
                      });
        }
        killer.join();
        slots.acquire(AT_ONCE);
      }
    }
    List<String> traced = setup.traced();
    assertThat(traced).as("no action ran twice").doesNotHaveDuplicates();
    assertThat(acknowledged.size()).isGreaterThan(30);

    int unknown = 0;
    try (Packaged service = Packaged.start(directory, setup.environment(), true, Packaged.SOON)) {
      Set<String> effects = new HashSet<>(traced);
      for (Map.Entry<Integer, String> request : bodies.entrySet()) {
        int n = request.getKey();
        List<String> state =
            StoreRows.of(
                setup.database(), "SELECT state FROM executions WHERE nonce = '\"n" + n + "\"'");
        if (acknowledged.containsKey(n)) {
          Reply replay = service.requests().execute(request.getValue());
          assertThat(replay.status()).isEqualTo(200);
          assertThat(replay.replayed()).isTrue();
          assertThat(replay.text()).isEqualTo(acknowledged.get(n).text());
          assertThat(effects).contains(Integer.toString(n));
        } else if (state.equals(List.of("unknown"))) {
          unknown++;
          Reply replay = service.requests().execute(request.getValue());
          assertThat(replay.status()).isEqualTo(409);
          assertThat(replay.json().path("reason").asText()).isEqualTo("interrupted");
          assertThat(replay.header("Retry-After")).isEmpty();
        } else if (state.isEmpty()) {
          assertThat(effects).as("no effect without a reservation").doesNotContain("" + n);
        } else {
          assertThat(state).containsExactly("succeeded");
        }
      }
    }
    assertThat(setup.traced()).as("what was in flight stays un-run").isEqualTo(traced);
    assertThat(unknown).as("executions that the kills interrupted").isPositive();
    Terminal terminal =
        new Terminal(directory, Map.of("OPENEXEC_DB_URL", "sqlite:///" + setup.database()));
    assertThat(terminal.run("audit")).as(terminal.out() + terminal.err()).isZero();
  }

  private static boolean interrupted(TestService.Setup setup) throws SQLException {
    return !StoreRows.of(setup.database(), "SELECT id FROM executions WHERE state = 'unknown'")
        .isEmpty();
  }

  /** Kills while the rest of the requests is under way. */
  private static void killAfter(CountDownLatch acknowledgements, Packaged service) {
    try {
      acknowledgements.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    service.kill();
  }

  @Test
  void anActionThatIsKilledIsUnknown() throws Exception {
    Path never = directory.resolve("never");
    TestService.Setup setup = new TestService.Setup(directory).tracing("hold", "?hold=" + never);
    String body = Requests.body("hold", "{\"id\":1}", "n", null);
    try (Packaged service = Packaged.start(directory, setup.environment(), true, Packaged.SOON)) {
      var unused = service.requests().executeAsync(body);
      while (setup.traced().isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      service.kill();
    }
    for (int restart = 0; restart < 2; restart++) {
      try (Packaged service = Packaged.start(directory, setup.environment(), true, Packaged.SOON)) {
        Reply reply = service.requests().execute(body);
        assertThat(reply.status()).isEqualTo(409);
        assertThat(reply.code()).isEqualTo("outcome_unknown");
        assertThat(reply.json().path("state").asText()).isEqualTo("unknown");
        assertThat(reply.json().path("reason").asText()).isEqualTo("interrupted");
        assertThat(reply.receipt()).hasSize(64);
        assertThat(reply.replayed()).isTrue();
      }
    }
    assertThat(setup.traced()).containsExactly("1");
  }
}
