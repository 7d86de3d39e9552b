package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.RequestParser;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.Outcome;
import io.openexec.execution.State;
import io.openexec.execution.StoreUnavailable;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.testing.Approver;
import io.openexec.testing.Requests;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcExecutionStoreTest {
  private static final Approver APPROVER = new Approver();
  private static final Attempt MINE = new Attempt(UUID.randomUUID(), 1);
  private static final Attempt OTHER_NUMBER = new Attempt(MINE.owner(), 2);
  private static final Attempt OTHER_OWNER = new Attempt(UUID.randomUUID(), 1);

  @TempDir Path directory;
  private JdbcExecutionStore store;

  @BeforeEach
  void open() {
    store = SqliteStore.open(new DatabaseUrl(directory.resolve("x.db")), Clock.systemUTC());
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static VerifiedRequest request(String nonce) {
    return request(nonce, APPROVER.approve("pay", "{}"));
  }

  private static VerifiedRequest request(
      String nonce, com.fasterxml.jackson.databind.JsonNode artifact) {
    return ApprovalVerifier.demo()
        .verify(
            RequestParser.parse(
                Requests.body("pay", "{}", nonce, artifact).getBytes(StandardCharsets.UTF_8)));
  }

  private static Outcome succeeded(String result) {
    try {
      return Outcome.succeeded(JsonValue.parse(result));
    } catch (JsonRefused e) {
      throw new IllegalArgumentException(e);
    }
  }

  private State state(VerifiedRequest request) throws StoreUnavailable {
    return store.find(request.executionId()).orElseThrow().state();
  }

  @Test
  void onlyTheAttemptThatReservedCompletesAndReleases() throws Exception {
    VerifiedRequest request = request("n");
    UUID id = request.executionId();
    assertThat(store.reserve(request, MINE)).isEqualTo(Insert.INSERTED);
    for (Attempt other : new Attempt[] {OTHER_NUMBER, OTHER_OWNER}) {
      assertThat(store.complete(id, other, succeeded("{}")).state()).isEqualTo(State.RUNNING);
      store.release(id, other);
      assertThat(state(request)).isEqualTo(State.RUNNING);
    }
    assertThat(store.complete(id, MINE, succeeded("{}")).state()).isEqualTo(State.SUCCEEDED);
  }

  @Test
  void whatHasEndedIsNotReleased() throws Exception {
    VerifiedRequest request = request("n");
    store.reserve(request, MINE);
    store.complete(request.executionId(), MINE, Outcome.unknown(Outcome.TIMEOUT));
    store.release(request.executionId(), MINE);
    assertThat(state(request)).isEqualTo(State.UNKNOWN);
    assertThat(store.reserve(request, MINE)).isEqualTo(Insert.NONCE_TAKEN);
  }

  @Test
  void aReleaseGivesBackNonceAndApproval() throws Exception {
    VerifiedRequest request = request("n");
    store.reserve(request, MINE);
    store.release(request.executionId(), MINE);
    store.release(request.executionId(), MINE);
    assertThat(store.find(request.executionId())).isEmpty();
    assertThat(store.reserve(request, OTHER_OWNER)).isEqualTo(Insert.INSERTED);
  }

  @Test
  void nonceAndApprovalAreInsertedTogetherOrNotAtAll() throws Exception {
    var artifact = APPROVER.approve("pay", "{}");
    VerifiedRequest first = request("n1", artifact);
    VerifiedRequest second = request("n2", artifact);
    assertThat(store.insert(first, MINE, succeeded("{}"))).isEqualTo(Insert.INSERTED);
    assertThat(store.insert(second, MINE, succeeded("{}"))).isEqualTo(Insert.APPROVAL_USED);
    assertThat(store.reserve(second, MINE)).isEqualTo(Insert.APPROVAL_USED);
    assertThat(store.find(second.executionId())).isEmpty();
    assertThat(store.insert(first, MINE, succeeded("{\"x\":1}"))).isEqualTo(Insert.NONCE_TAKEN);
    assertThat(store.find(first.executionId()).orElseThrow().result()).isEqualTo("{}");
  }

  @Test
  void anOutcomeWrittenTwiceIsWrittenOnce() throws Exception {
    for (Outcome outcome : new Outcome[] {succeeded("{}"), Outcome.failed("out_of_stock")}) {
      VerifiedRequest request = request("n" + outcome.state());
      UUID id = request.executionId();
      store.reserve(request, MINE);
      store.complete(id, MINE, Outcome.unknown(Outcome.TIMEOUT));
      for (int i = 0; i < 3; i++) {
        assertThat(store.complete(id, MINE, outcome).reason()).isEqualTo(Outcome.LATE_OUTCOME);
      }
      // An unknown outcome that arrives after the definite one changes nothing.
      assertThat(store.complete(id, MINE, Outcome.unknown(Outcome.TIMEOUT)).state())
          .isEqualTo(outcome.state());
    }
    assertThat(query("SELECT COUNT(*) FROM outcome_history")).isEqualTo("2");
  }

  @Test
  void whatWasRunningWhenTheServiceEndedIsUnknown() throws Exception {
    VerifiedRequest request = request("n");
    store.reserve(request, MINE);
    store.close();
    open();
    assertThat(state(request)).isEqualTo(State.UNKNOWN);
    assertThat(store.find(request.executionId()).orElseThrow().reason())
        .isEqualTo(Outcome.INTERRUPTED);
  }

  @Test
  void aDatabaseThatWasDeletedTakesNoMoreCommits() throws Exception {
    store.insert(request("before"), MINE, succeeded("{}"));
    Files.delete(directory.resolve("x.db"));
    assertThatThrownBy(() -> store.insert(request("after"), MINE, succeeded("{}")))
        .isInstanceOf(StoreUnavailable.class)
        .hasRootCauseMessage(
            directory.resolve("x.db") + " was deleted or replaced; restart the service");
    assertThatThrownBy(() -> store.probe()).isInstanceOf(StoreUnavailable.class);
  }

  @Test
  void aLockThatWasDeletedTakesNoMoreCommits() throws Exception {
    Files.delete(directory.resolve("x.db.lock"));
    assertThatThrownBy(() -> store.insert(request("after"), MINE, succeeded("{}")))
        .isInstanceOf(StoreUnavailable.class);
  }

  @Test
  void everyConnectionSyncsFully() throws Exception {
    try (HikariDataSource pool = SqliteStore.pool(directory.resolve("x.db"))) {
      Connection[] all = new Connection[pool.getMaximumPoolSize()];
      for (int i = 0; i < all.length; i++) {
        all[i] = pool.getConnection();
        assertThat(pragma(all[i], "synchronous")).as("FULL").isEqualTo("2");
        assertThat(pragma(all[i], "journal_mode")).isEqualTo("wal");
        assertThat(pragma(all[i], "foreign_keys")).isEqualTo("1");
      }
      for (Connection connection : all) {
        connection.close();
      }
    }
  }

  private String query(String sql) throws Exception {
    try (HikariDataSource pool = SqliteStore.pool(directory.resolve("x.db"));
        Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.getString(1);
    }
  }

  private static String pragma(Connection connection, String name) throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA " + name)) {
      return row.getString(1);
    }
  }
}
