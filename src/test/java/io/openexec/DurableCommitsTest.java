package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many durable commits a request costs, counted where the database keeps them. */
abstract class DurableCommitsTest {
  private static final int REQUESTS = 100;
  @TempDir Path directory;
  private final Approver approver = new Approver();
  private TestDatabase database;
  private TestService service;
  private int nonce;
  private long ledger;

  abstract TestDatabase database(Path directory);

  @BeforeEach
  void start() {
    database = database(directory);
    service =
        new TestService.Setup(directory)
            .clawshield(approver)
            .on(database)
            // Nothing but requests writes.
            .with("OPENEXEC_LEASE_SECONDS", "9999")
            .tracing("trace", "")
            .start();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private String body(String action) {
    String payload = "{\"id\":" + nonce++ + "}";
    return Requests.body(action, payload, "n" + nonce, approver.approve(action, payload));
  }

  /**
   * Commits, but for those of the ledger, which goes on beside: two for a checkpoint, which
   * PostgreSQL counts double, for each has a savepoint.
   */
  private long commitsOf(List<String> bodies, int status) throws Exception {
    awaitLedger();
    long before = database.commits();
    long checkpoints = checkpoints();
    for (String body : bodies) {
      Reply reply = service.requests().execute(body);
      assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    }
    long all = database.commits() - before;
    awaitLedger();
    long most = 4 * (checkpoints() - checkpoints);
    assertThat(most).as("what the ledger adds").isLessThan(REQUESTS / 2);
    ledger = most;
    return all;
  }

  private long checkpoints() {
    return Long.parseLong(database.rows("SELECT COUNT(*) FROM checkpoints").get(0));
  }

  /** Until all receipts are in a published checkpoint: then nothing is written any more. */
  private void awaitLedger() throws InterruptedException {
    String behind =
        "SELECT (SELECT COUNT(*) FROM unsequenced) + (SELECT tree_size FROM ledger)"
            + " - (SELECT COALESCE(MAX(tree_size), -1) FROM checkpoints)";
    while (!database.rows(behind).equals(List.of("0"))) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private List<String> bodies(String action) {
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      bodies.add(body(action));
    }
    return bodies;
  }

  @Test
  void aPureActionCostsOne() throws Exception {
    long commits = commitsOf(bodies("echo"), 200);
    assertThat(commits).isBetween((long) REQUESTS, REQUESTS + ledger);
  }

  @Test
  void anEffectfulActionCostsTwo() throws Exception {
    long commits = commitsOf(bodies("trace"), 200);
    assertThat(commits).isBetween(2L * REQUESTS, 2 * REQUESTS + ledger);
  }

  @Test
  void aReplayAndAnUnreadableRequestCostNoneAndADenialOne() throws Exception {
    List<String> pure = bodies("echo");
    List<String> effectful = bodies("trace");
    commitsOf(pure, 200);
    commitsOf(effectful, 200);
    assertThat(commitsOf(pure, 200)).isZero();
    assertThat(commitsOf(effectful, 200)).isZero();
    String forged = body("echo").replaceFirst("\"signature\":\".", "\"signature\":\"_");
    long denial = commitsOf(List.of(forged), 403);
    assertThat(denial).isBetween(1L, 1 + ledger);
    assertThat(commitsOf(List.of("{}"), 422)).isZero();
  }

  @Test
  void requestsAtOnceShareThem() throws Exception {
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      bodies.add(body("echo"));
    }
    long before = database.commits();
    List<CompletableFuture<Reply>> replies =
        bodies.stream().map(service.requests()::executeAsync).toList();
    for (CompletableFuture<Reply> reply : replies) {
      assertThat(reply.get().status()).isEqualTo(200);
    }
    assertThat(database.commits() - before).isBetween(1L, 50L);
  }
}
