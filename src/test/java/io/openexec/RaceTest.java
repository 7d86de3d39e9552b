package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Races, the same on every database. */
abstract class RaceTest {
  private static final int THREADS = 64;
  @TempDir Path directory;
  private TestDatabase database;

  abstract TestDatabase database(Path directory);

  @BeforeEach
  void makeDatabase() {
    database = database(directory);
  }

  private TestService.Setup setup() {
    return new TestService.Setup(directory).on(database);
  }

  @Test
  void sixtyFourThreadsAndOneNonceLeaveOneLine() throws Exception {
    TestService.Setup setup = setup().tracing("trace", "");
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (TestService service = setup.start()) {
      for (int round = 0; round < 10; round++) {
        String body = Requests.body("trace", "{\"id\":" + round + "}", "race-" + round, null);
        List<Reply> replies = atOnce(threads, service.requests(), body);
        assertOneRecord(replies);
        assertThat(setup.traced()).hasSize(round + 1).doesNotHaveDuplicates();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aPureActionThatLosesTheRaceIsNoExecution() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (TestService service = setup().start()) {
      for (int round = 0; round < 10; round++) {
        assertOneRecord(
            atOnce(
                threads, service.requests(), Requests.body("add", "{\"a\":1}", "r" + round, null)));
      }
      // Two requests under one nonce: one is executed, the other refused, whoever comes first.
      for (int round = 0; round < 20; round++) {
        var one =
            service.requests().executeAsync(Requests.body("echo", "{\"x\":1}", "t" + round, null));
        var two =
            service.requests().executeAsync(Requests.body("echo", "{\"x\":2}", "t" + round, null));
        assertThat(List.of(one.get().status(), two.get().status()))
            .containsExactlyInAnyOrder(200, 422);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<Reply> atOnce(ExecutorService threads, Requests requests, String body)
      throws Exception {
    CyclicBarrier barrier = new CyclicBarrier(THREADS);
    List<Future<Reply>> futures = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      futures.add(
          threads.submit(
              () -> {
                barrier.await(10, TimeUnit.SECONDS);
                return requests.execute(body);
              }));
    }
    List<Reply> replies = new ArrayList<>();
    for (Future<Reply> future : futures) {
      replies.add(future.get());
    }
    return replies;
  }

  private static void assertOneRecord(List<Reply> replies) {
    Set<String> records = new HashSet<>();
    int firsts = 0;
    for (Reply reply : replies) {
      assertThat(reply.status()).as(reply.text()).isIn(200, 409);
      if (reply.status() == 200) {
        records.add(reply.text());
        firsts += reply.replayed() ? 0 : 1;
      }
    }
    assertThat(records).hasSize(1);
    assertThat(firsts).as("answers that are not replays").isEqualTo(1);
  }

  @Test
  void theWinnerIsStalledBetweenReservationAndOutcome() throws Exception {
    Path release = directory.resolve("release");
    TestService.Setup setup = setup().tracing("stall", "?hold=" + release);
    try (TestService service = setup.start()) {
      String body = Requests.body("stall", "{\"id\":1}", "stalled", null);
      CompletableFuture<Reply> winner = service.requests().executeAsync(body);
      while (setup.traced().isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      // The effect has happened and the outcome has not been written.
      assertThat(database.rows("SELECT state FROM executions")).containsExactly("running");
      List<CompletableFuture<Reply>> losers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        losers.add(service.requests().executeAsync(body));
      }
      Reply other = service.requests().execute("stall", "{\"id\":2}", "stalled");
      assertThat(other.status()).isEqualTo(422);
      Files.createFile(release);
      String record = winner.get().text();
      for (CompletableFuture<Reply> loser : losers) {
        assertThat(loser.get().status()).isEqualTo(200);
        assertThat(loser.get().text()).isEqualTo(record);
        assertThat(loser.get().replayed()).isTrue();
      }
      assertThat(setup.traced()).containsExactly("1");
    }
  }
}
