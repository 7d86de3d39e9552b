package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.ledger.Hashing;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.Receipt;
import io.openexec.receipt.Uuid7;
import io.openexec.store.Sequencer.Step;
import io.openexec.testing.Keys;
import io.openexec.testing.TestDatabase;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One log without a gap or a fork, whatever becomes of who writes it. */
abstract class SequencerTest {
  private static final VerifierKey LOG =
      new VerifierKey(Keys.ORIGIN, SignatureType.ED25519, Keys.LEDGER.verificationKey());

  TestDatabase database;
  JdbcExecutionStore store;
  private int receipts;

  abstract TestDatabase database();

  /** Another instance on the same database; where there can be none, this one. */
  abstract JdbcExecutionStore other();

  JdbcExecutionStore open() {
    return Databases.open(
        database.parsed(),
        Optional.of(""),
        ExecutionStoreTest.LEASE,
        Keys.signatories(),
        Runnable::run,
        Clock.systemUTC());
  }

  @BeforeEach
  void prepare() {
    database = database();
    store = open();
  }

  @AfterEach
  void close() {
    store.close();
  }

  static Sequencer sequencer(JdbcExecutionStore of, Consumer<Step> observer) {
    return new Sequencer(of, Keys.ORIGIN, Keys.LEDGER, observer);
  }

  private static Receipt receipt() {
    byte[] random = new byte[Uuid7.RANDOM_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    UUID id = Uuid7.of(System.currentTimeMillis(), ByteBuffer.wrap(random));
    return new Receipt(id, null, "evidence-" + id, List.of());
  }

  void keep(int count, JdbcExecutionStore in) {
    List<CompletableFuture<Void>> kept = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      kept.add(in.keep(receipt(), false));
    }
    kept.forEach(CompletableFuture::join);
    receipts += count;
  }

  static void drain(Sequencer sequencer) throws Exception {
    while (sequencer.step()) {
      // There is more.
    }
  }

  /** Reads the database as anyone can, and computes the tree by RFC 9162, section 2.1.1. */
  private void assertOneLogOfAllReceipts() throws Exception {
    assertThat(database.rows("SELECT COUNT(*) FROM unsequenced")).containsExactly("0");
    List<String> leaves =
        database.rows(
            "SELECT leaf_index, evidence FROM leaves JOIN receipts ON receipts.jti = leaves.jti"
                + " ORDER BY leaf_index");
    assertThat(leaves).as("no receipt is lost, none is there twice").hasSize(receipts);
    List<NodeHash> hashes = new ArrayList<>();
    for (int i = 0; i < leaves.size(); i++) {
      String[] leaf = leaves.get(i).split("\\|", 2);
      assertThat(leaf[0]).as("no gap").isEqualTo("" + i);
      hashes.add(Hashing.leaf(leaf[1].getBytes(StandardCharsets.US_ASCII)));
    }
    long last = -1;
    for (String note : database.rows("SELECT note FROM checkpoints ORDER BY tree_size")) {
      VerifiedCheckpoint checkpoint =
          VerifiedCheckpoint.open(note.getBytes(StandardCharsets.UTF_8), LOG, List.of());
      last = checkpoint.head().size();
      assertThat(checkpoint.head().root())
          .as("no fork at %s", last)
          .isEqualTo(root(hashes.subList(0, (int) last)));
    }
    assertThat(last).as("all is published").isEqualTo(receipts);
  }

  private static NodeHash root(List<NodeHash> leaves) {
    if (leaves.size() < 2) {
      return leaves.isEmpty() ? Hashing.EMPTY_ROOT : leaves.get(0);
    }
    int split = Integer.highestOneBit(leaves.size() - 1);
    return Hashing.node(root(leaves.subList(0, split)), root(leaves.subList(split, leaves.size())));
  }

  /** What ends a sequencer where it stands. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void killedAtAnyStepAnotherGoesOn(Step at) throws Exception {
    keep(300, store);
    drain(sequencer(store, step -> {}));
    keep(7, store);
    Sequencer killed =
        sequencer(
            store,
            step -> {
              if (step == at) {
                throw new Killed();
              }
            });
    assertThatThrownBy(killed::step)
        .satisfiesAnyOf(
            e -> assertThat(e).isInstanceOf(Killed.class),
            e -> assertThat(e).hasRootCauseInstanceOf(Killed.class));
    keep(3, store);
    drain(sequencer(store, step -> {}));
    assertOneLogOfAllReceipts();
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      // There it holds a transaction open, which is another story.
      mode = EnumSource.Mode.EXCLUDE,
      names = "SET")
  void pausedAtAnyStepItDoesNoHarmWhenItWakesUp(Step at) throws Exception {
    keep(5, store);
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch wake = new CountDownLatch(1);
    AtomicBoolean once = new AtomicBoolean();
    Sequencer paused =
        sequencer(
            store,
            step -> {
              if (step == at && once.compareAndSet(false, true)) {
                reached.countDown();
                await(wake);
              }
            });
    CompletableFuture<Void> turn = CompletableFuture.runAsync(() -> step(paused));
    await(reached);
    JdbcExecutionStore another = other();
    keep(260, another);
    Sequencer next = sequencer(another, step -> {});
    drain(next);
    keep(4, another);
    drain(next);
    wake.countDown();
    turn.join();
    assertOneLogOfAllReceipts();
    keep(1, store);
    drain(paused);
    assertOneLogOfAllReceipts();
  }

  @Test
  void twoAtOnceMakeOneLog() throws Exception {
    JdbcExecutionStore another = other();
    AtomicBoolean over = new AtomicBoolean();
    List<CompletableFuture<Void>> racing = new ArrayList<>();
    for (Sequencer sequencer :
        List.of(sequencer(store, step -> {}), sequencer(another, step -> {}))) {
      racing.add(
          CompletableFuture.runAsync(
              () -> {
                while (!over.get()) {
                  step(sequencer);
                }
              }));
    }
    for (int i = 0; i < 40; i++) {
      keep(25, i % 2 == 0 ? store : another);
    }
    over.set(true);
    racing.forEach(CompletableFuture::join);
    drain(sequencer(store, step -> {}));
    assertOneLogOfAllReceipts();
    assertThat(database.rows("SELECT COUNT(*) FROM checkpoints WHERE tree_size > 0"))
        .as("they took turns")
        .doesNotContain("1");
  }

  @Test
  void anEmptyLogIsPublishedAndNothingNewIsPublishedTwice() throws Exception {
    drain(sequencer(store, step -> {}));
    drain(sequencer(store, step -> {}));
    assertThat(database.rows("SELECT tree_size FROM checkpoints")).containsExactly("0");
    assertOneLogOfAllReceipts();
  }

  @Test
  void aCheckpointOfMoreThanThereIsStopsItAndItSaysSo() throws Exception {
    keep(60, store);
    Sequencer sequencer = sequencer(store, step -> {});
    drain(sequencer);
    database.execute(
        "INSERT INTO checkpoints SELECT 500, note, signed_at FROM checkpoints WHERE tree_size = 60");
    keep(1, store);
    assertThatThrownBy(sequencer::step)
        .isInstanceOf(SignedBefore.Contradiction.class)
        .hasMessageContaining(
            "the ledger has 60 leaves, and there is a checkpoint of 500 on record");
    database.execute("DELETE FROM checkpoints WHERE tree_size = 500");
    drain(sequencer);
    assertOneLogOfAllReceipts();
  }

  @Test
  void onTopOfDamagedTilesNothingIsSigned() throws Exception {
    keep(300, store);
    Sequencer sequencer = sequencer(store, step -> {});
    drain(sequencer);
    database.execute(
        "UPDATE tiles SET hashes = (SELECT leaf_hash FROM unsequenced UNION ALL"
            + " SELECT hashes FROM tiles WHERE level = 1 LIMIT 1) WHERE level = 0 AND tile_index = 1");
    keep(1, store);
    assertThatThrownBy(sequencer::step).isInstanceOf(RuntimeException.class);
    assertThat(database.rows("SELECT MAX(tree_size) FROM checkpoints")).containsExactly("300");
    assertThat(database.rows("SELECT COUNT(*) FROM unsequenced")).containsExactly("1");
  }

  static void step(Sequencer sequencer) {
    try {
      sequencer.step();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
