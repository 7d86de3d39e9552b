package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.store.Sequencer.Step;
import io.openexec.testing.Postgres;
import io.openexec.testing.TestDatabase;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several instances, as there may be. */
class PostgresSequencerTest extends SequencerTest {
  private JdbcExecutionStore other;

  @Override
  TestDatabase database() {
    return Postgres.database();
  }

  @Override
  JdbcExecutionStore other() {
    other = open();
    return other;
  }

  @AfterEach
  void closeOther() {
    if (other != null) {
      other.close();
    }
  }

  @Test
  void pausedInTheMiddleOfItsTransactionItHoldsUpNoExecutionAndTheLogForSecondsOnly()
      throws Exception {
    store
        .keep(
            new io.openexec.receipt.Receipt(
                java.util.UUID.randomUUID(), null, "evidence", java.util.List.of()),
            false)
        .join();
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch wake = new CountDownLatch(1);
    Sequencer paused =
        sequencer(
            store,
            step -> {
              if (step == Step.SET) {
                reached.countDown();
                await(wake);
              }
            });
    CompletableFuture<Void> turn = CompletableFuture.runAsync(() -> step(paused));
    await(reached);
    JdbcExecutionStore alive = other();
    long begin = System.nanoTime();
    Sequencer next = sequencer(alive, step -> {});
    next.step();
    VerifiedRequest request = ExecutionStoreTest.request("n");
    assertThat(
            alive
                .insert(
                    request,
                    Instant.now(),
                    new Attempt(alive.lease().owner(), 1),
                    Execution.running(request))
                .get())
        .isEqualTo(Insert.INSERTED);
    assertThat(System.nanoTime() - begin)
        .as("neither the turn nor an execution waits")
        .isLessThan(TimeUnit.SECONDS.toNanos(2));
    while (!database.rows("SELECT COUNT(*) FROM unsequenced").equals(List.of("0"))) {
      assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(15));
      TimeUnit.MILLISECONDS.sleep(50);
      next.step();
    }
    wake.countDown();
    assertThat(turn.handle((nothing, failure) -> failure).get())
        .as("whoever wakes up finds its transaction gone")
        .isNotNull();
    assertThat(database.rows("SELECT tree_size FROM ledger")).containsExactly("1");
    assertThat(database.rows("SELECT COUNT(*) FROM leaves")).containsExactly("1");
    step(sequencer(store, step -> {}));
    assertThat(database.rows("SELECT MAX(tree_size) FROM checkpoints")).containsExactly("1");
  }
}
