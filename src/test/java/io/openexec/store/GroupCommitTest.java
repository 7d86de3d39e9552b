package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.zaxxer.hikari.HikariDataSource;
import io.openexec.boundary.Approvals;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.State;
import io.openexec.execution.StoreUnavailable;
import io.openexec.testing.Keys;
import io.openexec.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shared commits, the same tests on every database. */
abstract class GroupCommitTest {
  private static final int CAPACITY = 64;
  private static final Attempt MINE = new Attempt(UUID.randomUUID(), 1);

  @TempDir Path directory;
  private CountDownLatch latch = new CountDownLatch(1);
  TestDatabase database;
  HikariDataSource pool;
  GroupCommit commits;

  abstract TestDatabase database();

  abstract HikariDataSource pool(TestDatabase of);

  abstract Dialect dialect();

  /** Makes every commit fail until the result is closed. */
  abstract AutoCloseable takeAway() throws Exception;

  /** Makes the database refuse the row whose nonce is {@code refused}. */
  abstract void refuseARow();

  @BeforeEach
  void open() {
    database = database();
    Databases.open(
            database.parsed(),
            Optional.of(""),
            ExecutionStoreTest.LEASE,
            Keys.signatories(),
            Runnable::run,
            Clock.systemUTC())
        .close();
    pool = pool(database);
    commits =
        new GroupCommit(
            pool,
            dialect(),
            Fence.NONE,
            SameFiles.none(),
            Runnable::run,
            Keys.evidence(),
            CAPACITY);
  }

  @AfterEach
  void close() {
    // A test that fails leaves nobody waiting.
    latch.countDown();
    commits.close();
    pool.close();
  }

  private static Write.OfRow row(String nonce, State state) {
    VerifiedRequest request = ExecutionStoreTest.request(nonce);
    Execution execution =
        state == State.RUNNING
            ? Execution.running(request)
            : Keys.ended(request, ExecutionStoreTest.succeeded("{}"));
    return new Write.OfRow(new ExecutionTable.NewRow(request, Instant.now(), MINE, execution));
  }

  private CompletableFuture<Insert> insert(String nonce, ObjectNode... approvals) {
    VerifiedRequest request = Approvals.of("pay", "{}", nonce, List.of(approvals));
    return commits.submit(
        new Write.OfRow(
            new ExecutionTable.NewRow(
                request,
                Instant.now(),
                MINE,
                Keys.ended(request, ExecutionStoreTest.succeeded("{}")))));
  }

  private static ObjectNode approval() {
    return ExecutionStoreTest.APPROVER.approve("pay", "{}");
  }

  private CompletableFuture<Insert> insert(String nonce) {
    return commits.submit(row(nonce, State.SUCCEEDED));
  }

  private List<String> nonces() {
    return database.rows("SELECT nonce FROM executions ORDER BY nonce").stream()
        .map(nonce -> nonce.replace("\"", ""))
        .toList();
  }

  /** Holds the writer until the latch opens, so that what comes meanwhile shares one commit. */
  private CompletableFuture<Integer> hold() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch until = latch;
    CompletableFuture<Integer> first =
        commits.submit(
            new Write.Other<>(
                table -> {
                  held.countDown();
                  try {
                    until.await();
                  } catch (InterruptedException e) {
                    throw new SQLException(e);
                  }
                  return 1;
                }));
    held.await();
    return first;
  }

  /** Lets the writer go on, and makes ready for another hold. */
  private void release() {
    latch.countDown();
    latch = new CountDownLatch(1);
  }

  private <T> CompletableFuture<T> other(String sql, T result, Exception failure) {
    return commits.submit(
        new Write.Other<>(
            table -> {
              try (Statement statement = table.connection().createStatement()) {
                statement.execute(sql);
              }
              if (failure instanceof SQLException e) {
                throw e;
              } else if (failure instanceof RuntimeException e) {
                throw e;
              }
              return result;
            }));
  }

  @Test
  void whatWaitsSharesOneCommit() throws Exception {
    CompletableFuture<Integer> first = hold();
    List<CompletableFuture<Insert>> inserts = new ArrayList<>();
    for (int i = 0; i < CAPACITY; i++) {
      inserts.add(insert("n" + i));
    }
    long before = database.commits();
    latch.countDown();
    first.get();
    for (CompletableFuture<Insert> insert : inserts) {
      assertThat(insert.get()).isEqualTo(Insert.INSERTED);
    }
    assertThat(database.commits() - before).isEqualTo(1);
    assertThat(nonces()).hasSize(CAPACITY);
  }

  @Test
  void aConflictCostsItsNeighboursNothing() throws Exception {
    insert("taken").get();
    CompletableFuture<Integer> first = hold();
    CompletableFuture<Insert> one = insert("one");
    CompletableFuture<Insert> taken = insert("taken");
    CompletableFuture<Insert> twin = insert("twin");
    CompletableFuture<Insert> otherTwin = insert("twin");
    CompletableFuture<Insert> two = insert("two");
    latch.countDown();
    first.get();
    assertThat(one.get()).isEqualTo(Insert.INSERTED);
    assertThat(taken.get()).isEqualTo(Insert.NONCE_TAKEN);
    assertThat(List.of(twin.get(), otherTwin.get()))
        .containsExactlyInAnyOrder(Insert.INSERTED, Insert.NONCE_TAKEN);
    assertThat(two.get()).isEqualTo(Insert.INSERTED);
    assertThat(nonces()).containsExactly("one", "taken", "twin", "two");
  }

  @Test
  void ofTwoThatShareAnApprovalOneIsRefusedAndLeavesItsOthersUnused() throws Exception {
    for (int i = 0; i < 20; i++) {
      ObjectNode a = approval();
      ObjectNode shared = approval();
      ObjectNode b = approval();
      CompletableFuture<Insert> one = insert("one" + i, a, shared);
      CompletableFuture<Insert> two = insert("two" + i, shared, b);
      assertThat(List.of(one.get(), two.get()))
          .containsExactlyInAnyOrder(Insert.INSERTED, Insert.APPROVAL_USED);
      ObjectNode left = one.get() == Insert.INSERTED ? b : a;
      assertThat(insert("left" + i, left).get()).isEqualTo(Insert.INSERTED);
    }
    assertThat(database.rows("SELECT COUNT(*) FROM approvals")).containsExactly("60");
  }

  @Test
  void nobodyIsToldThatAnApprovalIsUsedWhichSomeoneRefusedHadTriedFor() throws Exception {
    // Of ten in a row, each shares one approval with the next. The first is refused for its used
    // one. Whatever order the commit tries them in, those that run have all of theirs, those that
    // do not are short of one that another one has, and nothing else is used.
    ObjectNode used = approval();
    insert("used", used).get();
    for (int round = 0; round < 10; round++) {
      CompletableFuture<Integer> first = hold();
      List<ObjectNode> approvals = new ArrayList<>(List.of(used));
      List<CompletableFuture<Insert>> inserts = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        approvals.add(approval());
        inserts.add(insert(round + "-" + i, approvals.get(i), approvals.get(i + 1)));
      }
      release();
      first.get();
      assertThat(inserts.get(0).get()).isEqualTo(Insert.APPROVAL_USED);
      int executed = 0;
      for (int i = 1; i < 10; i++) {
        boolean before = i > 1 && inserts.get(i - 1).get() == Insert.INSERTED;
        boolean after = i < 9 && inserts.get(i + 1).get() == Insert.INSERTED;
        boolean itself = inserts.get(i).get() == Insert.INSERTED;
        assertThat(itself).as("round %d, request %d", round, i).isEqualTo(!before && !after);
        executed += itself ? 1 : 0;
      }
      assertThat(
              database.rows("SELECT COUNT(*) FROM executions WHERE nonce LIKE '\"" + round + "-%'"))
          .containsExactly(String.valueOf(executed));
    }
    assertThat(
            database.rows(
                "SELECT COUNT(*) FROM approvals LEFT JOIN executions ON execution_id = id"
                    + " WHERE id IS NULL"))
        .containsExactly("0");
    assertThat(database.rows("SELECT (SELECT COUNT(*) FROM executions) * 2 - 1"))
        .isEqualTo(database.rows("SELECT COUNT(*) FROM approvals"));
  }

  @Test
  void anOutcomeOfWhatIsNotThereAnyMoreFailsAlone() throws Exception {
    CompletableFuture<Integer> first = hold();
    CompletableFuture<Insert> one = insert("one");
    VerifiedRequest gone = ExecutionStoreTest.request("gone");
    CompletableFuture<Execution> outcome =
        commits.submit(
            new Write.OfOutcome(
                new ExecutionTable.NewOutcome(
                    MINE, Keys.ended(gone, ExecutionStoreTest.succeeded("{}")))));
    CompletableFuture<Insert> two = insert("two");
    latch.countDown();
    first.get();
    assertThat(one.get()).isEqualTo(Insert.INSERTED);
    assertThat(two.get()).isEqualTo(Insert.INSERTED);
    assertThatThrownBy(outcome::get).hasRootCauseMessage("no such execution");
    assertThat(commits.isFailing()).isFalse();
    assertThat(nonces()).containsExactly("one", "two");
  }

  @Test
  void aRowThatTheDatabaseWillNotHaveFailsAlone() throws Exception {
    refuseARow();
    CompletableFuture<Integer> first = hold();
    List<CompletableFuture<Insert>> good = new ArrayList<>();
    good.add(insert("n1"));
    CompletableFuture<Insert> refused = insert("refused");
    good.add(insert("n2"));
    latch.countDown();
    first.get();
    assertThatThrownBy(refused::get).hasCauseInstanceOf(StoreUnavailable.class);
    for (CompletableFuture<Insert> insert : good) {
      assertThat(insert.get()).isEqualTo(Insert.INSERTED);
    }
    assertThat(nonces()).containsExactly("n1", "n2");
  }

  @Test
  void aWriteThatFailsHalfWayIsUndoneAloneAndItsNeighboursAreCommitted() throws Exception {
    CompletableFuture<Integer> first = hold();
    String half = "INSERT INTO probe (id, written_at) VALUES (1, 1)";
    CompletableFuture<Integer> bad = other(half, 1, new SQLException("the other half"));
    CompletableFuture<Integer> worse = other(half, 1, new IllegalStateException("a fault"));
    CompletableFuture<Insert> good = insert("good");
    latch.countDown();
    assertThat(first.get()).isEqualTo(1);
    assertThat(good.get()).isEqualTo(Insert.INSERTED);
    assertThatThrownBy(bad::get).hasRootCauseMessage("the other half");
    assertThatThrownBy(worse::get).hasRootCauseMessage("a fault");
    assertThat(nonces()).containsExactly("good");
    assertThat(database.rows("SELECT COUNT(*) FROM probe")).containsExactly("0");
  }

  @Test
  void nothingIsSaidToBeDoneBeforeOthersCanSeeIt() throws Exception {
    for (int i = 0; i < 50; i++) {
      insert("n" + i).get();
      assertThat(nonces()).hasSize(i + 1);
    }
  }

  @Test
  void aCommitThatFailsTakesExactlyItsOwnWritesAndTheNextOneBeginsAnew() throws Exception {
    insert("before").get();
    assertThat(commits.isFailing()).isFalse();
    AutoCloseable away = takeAway();
    assertThatThrownBy(() -> insert("meanwhile").get()).hasCauseInstanceOf(StoreUnavailable.class);
    away.close();
    assertThat(commits.isFailing()).isTrue();
    assertThat(insert("after").get()).isEqualTo(Insert.INSERTED);
    assertThat(nonces()).containsExactly("after", "before");
  }

  @Test
  void anErrorDoesNotEndTheWriter() throws Exception {
    assertThatThrownBy(
            () ->
                commits
                    .submit(
                        new Write.Other<>(
                            table -> {
                              throw new OutOfMemoryError("for the test");
                            }))
                    .get())
        .hasCauseInstanceOf(StoreUnavailable.class);
    assertThat(insert("after").get()).isEqualTo(Insert.INSERTED);
  }

  @Test
  void oneWriteMoreThanMayWaitIsRefusedAtOnce() throws Exception {
    CompletableFuture<Integer> first = hold();
    List<CompletableFuture<Insert>> waiting = new ArrayList<>();
    for (int i = 0; i < CAPACITY; i++) {
      waiting.add(insert("waiting " + i));
    }
    assertThat(commits.waiting()).isEqualTo(CAPACITY);
    CompletableFuture<Insert> oneTooMany = insert("one too many");
    assertThat(oneTooMany).isCompletedExceptionally();
    assertThatThrownBy(oneTooMany::get).hasRootCauseMessage("too many writes are waiting");
    latch.countDown();
    first.get();
    for (CompletableFuture<Insert> write : waiting) {
      write.get();
    }
    assertThat(nonces()).hasSize(CAPACITY);
  }

  @Test
  void afterTheCloseNothingIsTaken() {
    commits.close();
    assertThatThrownBy(() -> insert("late").get()).hasRootCauseMessage("the store is closed");
  }
}
