package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.Outcome;
import io.openexec.execution.Reservation;
import io.openexec.execution.State;
import io.openexec.execution.StoreUnavailable;
import io.openexec.testing.Keys;
import io.openexec.testing.Postgres;
import io.openexec.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;

class PostgresExecutionStoreTest extends ExecutionStoreTest {
  private static final Duration SHORT = Duration.ofMillis(600);

  @Override
  TestDatabase database() {
    return Postgres.database();
  }

  private JdbcExecutionStore another(Duration lease) {
    return Databases.open(
        database.parsed(),
        Optional.of(""),
        lease,
        Keys.signatories(),
        Runnable::run,
        Clock.systemUTC());
  }

  @Test
  void aReleaseIsNotDoneWhileTheCommitOfItsReservationIsStillUnderWay() throws Exception {
    VerifiedRequest request = request("n");
    Reservation reservation = Reservation.of(request, mine());
    // As after a timeout of the socket: the server is in the midst of it, and nobody hears of it.
    try (Connection lost = database.connect();
        ExecutionTable table = new ExecutionTable(lost, Dialect.POSTGRESQL, Keys.evidence())) {
      lost.setAutoCommit(false);
      table.insert(
          List.of(
              new ExecutionTable.NewRow(
                  request, Instant.now(), mine(), Execution.running(request))));
      assertThatThrownBy(() -> store.release(reservation).get())
          .hasRootCauseInstanceOf(PSQLException.class)
          .hasStackTraceContaining("lock timeout");
      lost.commit();
    }
    assertThat(state(request)).isEqualTo(State.RUNNING);
    store.release(reservation).get();
    assertThat(store.find(request.executionId())).isEmpty();
    assertThat(database.rows("SELECT * FROM approvals")).isEmpty();
  }

  @Test
  void aReleaseLeavesAloneWhoReservedAfterALostCommitThatFailed() throws Exception {
    VerifiedRequest request = request("n");
    Attempt later = new Attempt(mine().owner(), 2);
    Reservation lost = Reservation.of(request, mine());
    store.release(lost).get();
    assertThat(database.rows("SELECT * FROM executions")).isEmpty();
    reserve(request, later);
    store.release(lost).get();
    assertThat(state(request)).isEqualTo(State.RUNNING);
    assertThat(database.rows("SELECT approval_id FROM approvals")).hasSize(1);
  }

  @Test
  void anotherProcessThatStartsOrEndsDeclaresNothingOfOthersInterrupted() throws Exception {
    VerifiedRequest request = request("n");
    reserve(request, mine());
    for (int i = 0; i < 3; i++) {
      another(SHORT).close();
      assertThat(state(request)).isEqualTo(State.RUNNING);
    }
    assertThat(complete(request, mine(), succeeded("{}")).state()).isEqualTo(State.SUCCEEDED);
  }

  @Test
  void whatAProcessLeftRunningIsUnknownWhenItsLeaseHasRunOutAndNotBefore() throws Exception {
    try (JdbcExecutionStore alive = another(SHORT)) {
      VerifiedRequest request = request("n");
      reserve(request, mine());
      database.execute(
          "UPDATE instances SET lease_until = lease_until - 59000 WHERE owner = '"
              + mine().owner()
              + "'");
      assertThat(state(request)).as("one second is left").isEqualTo(State.RUNNING);
      awaitState(request, State.UNKNOWN);
      Execution unknown = alive.find(request.executionId()).orElseThrow();
      assertThat(unknown.reason()).isEqualTo(Outcome.INTERRUPTED);
    }
  }

  @Test
  void whoWasTakenForDeadIsFencedAndItsOutcomeIsLate() throws Exception {
    VerifiedRequest request = request("n");
    Attempt mine = mine();
    reserve(request, mine);
    takenForDead();
    assertThat(state(request)).isEqualTo(State.UNKNOWN);
    assertThatThrownBy(() -> reserve(request("m"), mine))
        .as("no reservation without a lease")
        .hasRootCauseMessage("the lease of this process has run out");
    assertThat(insert(request("pure"), mine, succeeded("{}")))
        .as("what is over needs no lease")
        .isEqualTo(Insert.INSERTED);
    Execution late = complete(request, mine, succeeded("{}"));
    assertThat(late.state()).isEqualTo(State.SUCCEEDED);
    assertThat(late.reason()).isEqualTo(Outcome.LATE_OUTCOME);
  }

  @Test
  void aLeaseThatCouldNotBeRenewedIsNotHeldAfterItsEndThoughNobodyElseHasNoticed()
      throws Exception {
    try (JdbcExecutionStore cutOff = another(SHORT);
        Connection other = database.connect()) {
      var owner = cutOff.lease().owner();
      other.setAutoCommit(false);
      other.createStatement().execute("SELECT * FROM instances FOR UPDATE");
      for (int i = 0; i < 500 && cutOff.lease().isHeldBy(owner); i++) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(cutOff.lease().owner()).isEqualTo(owner);
      assertThat(cutOff.lease().isHeldBy(owner)).isFalse();
    }
  }

  @Test
  void nothingIsReservedUnderALeaseThatIsOverInTheDatabase() {
    database.execute("UPDATE instances SET lease_until = 0");
    assertThat(store.lease().isHeldBy(mine().owner())).as("as far as it knows itself").isTrue();
    assertThatThrownBy(() -> reserve(request("n"), mine()))
        .hasRootCauseMessage("the lease of this process has run out");
  }

  @Test
  void aLeaseUnderWhichSomebodyIsReservingIsNotEndedBeforeThat() throws Exception {
    try (Connection reserving = database.connect();
        Connection other = database.connect()) {
      reserving.setAutoCommit(false);
      assertThat(((Fence) store.lease()).holds(reserving, mine().owner())).isTrue();
      other.createStatement().execute("SET lock_timeout = '200ms'");
      assertThatThrownBy(() -> other.createStatement().execute("DELETE FROM instances"))
          .hasMessageContaining("lock timeout");
      reserving.commit();
      assertThat(other.createStatement().executeUpdate("DELETE FROM instances")).isEqualTo(1);
    }
  }

  @Test
  void aLeaseThatEndsInTheMiddleOfACommitUsesUpNothingOfANeighbour() throws Exception {
    List<VerifiedRequest> two = twoUnderOneApproval();
    try (HikariDataSource pool = PostgresStore.pool((DatabaseUrl.Postgres) database.parsed())) {
      GroupCommit commits = endingTheLease(pool);
      try {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch submitted = new CountDownLatch(1);
        CompletableFuture<Void> pause =
            commits.inPause(
                () -> {
                  held.countDown();
                  awaitOpen(submitted);
                });
        held.await();
        // They share a commit, in which the first one takes the approval and is taken back.
        var reserved = commits.submit(write(two.get(0), Execution.running(two.get(0))));
        var neighbour = commits.submit(write(two.get(1), ended(two.get(1))));
        submitted.countDown();
        pause.get();
        assertThatThrownBy(reserved::get)
            .hasCauseInstanceOf(StoreUnavailable.class)
            .hasRootCauseMessage("the lease of this process has run out");
        assertThatThrownBy(neighbour::get)
            .as("not that its approval was used, for it was not")
            .hasCauseInstanceOf(StoreUnavailable.class);
        assertThat(database.rows("SELECT * FROM executions")).isEmpty();
        assertThat(database.rows("SELECT * FROM approvals")).isEmpty();
        assertThat(commits.submit(write(two.get(1), ended(two.get(1)))).get())
            .as("sent again")
            .isEqualTo(Insert.INSERTED);
      } finally {
        commits.close();
      }
    }
  }

  /** The first one comes first in a commit too: they are sorted by their ids. */
  private static List<VerifiedRequest> twoUnderOneApproval() {
    var approval = APPROVER.approve("pay", "{}");
    return Stream.of(request("n1", approval), request("n2", approval))
        .sorted(Comparator.comparing(VerifiedRequest::executionId))
        .toList();
  }

  /** Writes as the store does, but for the lease: it ends while the first commit is under way. */
  private GroupCommit endingTheLease(HikariDataSource pool) {
    Fence lease = (Fence) store.lease();
    return new GroupCommit(
        pool,
        Dialect.POSTGRESQL,
        (connection, owner) -> {
          database.execute("UPDATE instances SET lease_until = 0");
          return lease.holds(connection, owner);
        },
        SameFiles.none(),
        Runnable::run,
        Keys.evidence(),
        10);
  }

  private Write.OfRow write(VerifiedRequest request, Execution execution) {
    return new Write.OfRow(new ExecutionTable.NewRow(request, Instant.now(), mine(), execution));
  }

  private static Execution ended(VerifiedRequest request) {
    return Keys.ended(request, succeeded("{}"));
  }

  private static void awaitOpen(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What another process does that sees the lease run out. */
  private void takenForDead() {
    database.execute("UPDATE instances SET lease_until = 0");
    another(LEASE).close();
  }

  @Test
  void whoWasTakenForDeadGoesOnAsSomeoneNew() throws Exception {
    try (JdbcExecutionStore paused = another(SHORT)) {
      var before = paused.lease().owner();
      assertThat(paused.lease().isHeldBy(before)).isTrue();
      database.execute("DELETE FROM instances WHERE owner = '" + before + "'");
      while (paused.lease().owner().equals(before)) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(paused.lease().isHeldBy(before)).isFalse();
      VerifiedRequest request = request("n");
      Attempt attempt = new Attempt(paused.lease().owner(), 7);
      assertThat(paused.insert(request, Instant.now(), attempt, Execution.running(request)).get())
          .isEqualTo(Insert.INSERTED);
    }
  }

  @Test
  void aLeaseThatIsRenewedLasts() throws Exception {
    try (JdbcExecutionStore alive = another(SHORT)) {
      VerifiedRequest request = request("n");
      Attempt attempt = new Attempt(alive.lease().owner(), 1);
      alive.insert(request, Instant.now(), attempt, Execution.running(request)).get();
      long end = System.nanoTime() + SHORT.multipliedBy(3).toNanos();
      try (JdbcExecutionStore watcher = another(SHORT)) {
        while (System.nanoTime() < end) {
          assertThat(watcher.find(request.executionId()).orElseThrow().state())
              .isEqualTo(State.RUNNING);
          TimeUnit.MILLISECONDS.sleep(20);
        }
      }
    }
  }

  @Test
  void theSameRowsInOppositeOrderFromTwoProcessesNeitherFailNorHangEachOther() throws Exception {
    try (JdbcExecutionStore other = another(LEASE)) {
      for (int round = 0; round < 20; round++) {
        List<VerifiedRequest> requests = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
          requests.add(request(round + "/" + i));
        }
        List<CompletableFuture<Insert>> here = insertAll(store, requests);
        Collections.reverse(requests);
        List<CompletableFuture<Insert>> there = insertAll(other, requests);
        Collections.reverse(there);
        for (int i = 0; i < here.size(); i++) {
          assertThat(List.of(here.get(i).get(), there.get(i).get()))
              .containsExactlyInAnyOrder(Insert.INSERTED, Insert.NONCE_TAKEN);
        }
      }
    }
  }

  private static List<CompletableFuture<Insert>> insertAll(
      JdbcExecutionStore into, List<VerifiedRequest> requests) {
    List<CompletableFuture<Insert>> inserts = new ArrayList<>();
    for (VerifiedRequest request : requests) {
      inserts.add(
          into.insert(
              request,
              Instant.now(),
              new Attempt(into.lease().owner(), inserts.size()),
              Keys.ended(request, succeeded("{}"))));
    }
    return inserts;
  }

  private void awaitState(VerifiedRequest request, State state) throws Exception {
    for (int i = 0; i < 500 && state(request) != state; i++) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertThat(state(request)).isEqualTo(state);
  }

  @Test
  void everyConnectionSyncsAlsoWhereTheDatabaseSaysOtherwise() throws Exception {
    database.execute("ALTER ROLE postgres IN DATABASE " + name() + " SET synchronous_commit = off");
    try (HikariDataSource pool = PostgresStore.pool((DatabaseUrl.Postgres) database.parsed());
        Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW synchronous_commit")) {
      row.next();
      assertThat(row.getString(1)).isEqualTo("on");
    }
  }

  private String name() {
    return ((DatabaseUrl.Postgres) database.parsed()).database();
  }

  @Test
  void anotherProgramsTablesAreNotAddedTo() {
    TestDatabase foreign = Postgres.database();
    foreign.execute("CREATE TABLE customers (id INTEGER)");
    assertThatThrownBy(
            () ->
                Databases.open(
                    foreign.parsed(),
                    Optional.of(""),
                    LEASE,
                    Keys.signatories(),
                    Runnable::run,
                    Clock.systemUTC()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("another program's tables");
    assertThat(foreign.rows("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"))
        .containsExactly("1");
  }
}
