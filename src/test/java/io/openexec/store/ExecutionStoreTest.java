package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.Approvals;
import io.openexec.boundary.RequestParser;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.Outcome;
import io.openexec.execution.Reservation;
import io.openexec.execution.State;
import io.openexec.execution.StoreUnavailable;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.StrictJson;
import io.openexec.testing.Approver;
import io.openexec.testing.Keys;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The record, the same tests on every database. */
abstract class ExecutionStoreTest {
  static final Approver APPROVER = new Approver();
  static final Duration LEASE = Duration.ofSeconds(60);

  @TempDir Path directory;
  TestDatabase database;
  JdbcExecutionStore store;

  abstract TestDatabase database();

  @BeforeEach
  void open() {
    database = database();
    store =
        Databases.open(
            database.parsed(),
            Optional.of(""),
            LEASE,
            Keys.signatories(),
            Runnable::run,
            Clock.systemUTC());
  }

  @AfterEach
  void close() {
    store.close();
  }

  Attempt mine() {
    return new Attempt(store.lease().owner(), 1);
  }

  static VerifiedRequest request(String nonce) {
    return request(nonce, APPROVER.approve("pay", "{}"));
  }

  static VerifiedRequest request(String nonce, com.fasterxml.jackson.databind.JsonNode artifact) {
    return ApprovalVerifier.demo()
        .verify(
            RequestParser.parse(
                Requests.body("pay", "{}", nonce, artifact).getBytes(StandardCharsets.UTF_8)));
  }

  static Outcome succeeded(String result) {
    try {
      return Outcome.succeeded(JsonValue.parse(result));
    } catch (JsonRefused e) {
      throw new IllegalArgumentException(e);
    }
  }

  Insert reserve(VerifiedRequest request, Attempt attempt) throws Exception {
    return store.insert(request, Instant.now(), attempt, Execution.running(request)).get();
  }

  Insert insert(VerifiedRequest request, Attempt attempt, Outcome outcome) throws Exception {
    return store.insert(request, Instant.now(), attempt, Keys.ended(request, outcome)).get();
  }

  Execution complete(VerifiedRequest request, Attempt attempt, Outcome outcome) throws Exception {
    return store.complete(attempt, Keys.ended(request, outcome)).get();
  }

  State state(VerifiedRequest request) throws StoreUnavailable {
    return store.find(request.executionId()).orElseThrow().state();
  }

  @Test
  void onlyTheAttemptThatReservedCompletesAndReleases() throws Exception {
    VerifiedRequest request = request("n");
    Attempt mine = mine();
    assertThat(reserve(request, mine)).isEqualTo(Insert.INSERTED);
    for (Attempt other :
        List.of(new Attempt(mine.owner(), 2), new Attempt(UUID.randomUUID(), mine.number()))) {
      assertThat(complete(request, other, succeeded("{}")).state()).isEqualTo(State.RUNNING);
      store.release(Reservation.of(request, other)).get();
      assertThat(state(request)).isEqualTo(State.RUNNING);
    }
    assertThat(complete(request, mine, succeeded("{}")).state()).isEqualTo(State.SUCCEEDED);
    assertThat(store.find(request.executionId()).orElseThrow())
        .usingRecursiveComparison()
        .ignoringFields("evidence")
        .isEqualTo(Keys.ended(request, succeeded("{}")));
  }

  @Test
  void onlyTheAttemptThatReservedSettlesWhatWasDeclaredUnknown() throws Exception {
    VerifiedRequest request = request("n");
    Attempt mine = mine();
    reserve(request, mine);
    complete(request, mine, Outcome.unknown(Outcome.INTERRUPTED));
    for (Attempt other :
        List.of(new Attempt(mine.owner(), 2), new Attempt(UUID.randomUUID(), mine.number()))) {
      assertThat(complete(request, other, succeeded("{}")).state()).isEqualTo(State.UNKNOWN);
    }
    assertThat(complete(request, mine, succeeded("{}")).state()).isEqualTo(State.SUCCEEDED);
  }

  @Test
  void whatHasEndedIsNotReleased() throws Exception {
    for (Outcome ended : List.of(succeeded("{}"), Outcome.failed("out_of_stock"))) {
      VerifiedRequest request = request("n" + ended.state());
      reserve(request, mine());
      complete(request, mine(), ended);
      store.release(Reservation.of(request, mine())).get();
      assertThat(state(request)).isEqualTo(ended.state());
      assertThat(reserve(request, mine())).isEqualTo(Insert.NONCE_TAKEN);
    }
  }

  @Test
  void whatWasDeclaredUnknownAndNeverDispatchedIsSettledByItsReleaseAsFailed() throws Exception {
    VerifiedRequest request = request("n");
    reserve(request, mine());
    complete(request, mine(), Outcome.unknown(Outcome.INTERRUPTED));
    store.release(Reservation.of(request, mine())).get();
    store.release(Reservation.of(request, mine())).get();
    Execution settled = store.find(request.executionId()).orElseThrow();
    assertThat(settled.state()).isEqualTo(State.FAILED);
    assertThat(settled.reason()).isEqualTo(Outcome.NEVER_DISPATCHED);
    assertThat(database.rows("SELECT state, kind FROM outcome_history"))
        .containsExactly("unknown|superseded");
  }

  @Test
  void aReleaseGivesBackNonceAndApproval() throws Exception {
    VerifiedRequest request = request("n");
    reserve(request, mine());
    store.release(Reservation.of(request, mine())).get();
    store.release(Reservation.of(request, mine())).get();
    assertThat(store.find(request.executionId())).isEmpty();
    assertThat(reserve(request, new Attempt(mine().owner(), 2))).isEqualTo(Insert.INSERTED);
  }

  @Test
  void nonceAndApprovalAreInsertedTogetherOrNotAtAll() throws Exception {
    var artifact = APPROVER.approve("pay", "{}");
    VerifiedRequest first = request("n1", artifact);
    VerifiedRequest second = request("n2", artifact);
    assertThat(insert(first, mine(), succeeded("{}"))).isEqualTo(Insert.INSERTED);
    assertThat(insert(second, mine(), succeeded("{}"))).isEqualTo(Insert.APPROVAL_USED);
    assertThat(reserve(second, mine())).isEqualTo(Insert.APPROVAL_USED);
    assertThat(store.find(second.executionId())).isEmpty();
    assertThat(insert(first, mine(), succeeded("{\"x\":1}"))).isEqualTo(Insert.NONCE_TAKEN);
    assertThat(store.find(first.executionId()).orElseThrow().result()).isEqualTo("{}");
    assertThat(database.rows("SELECT COUNT(*) FROM approvals")).containsExactly("1");
  }

  @Test
  void allApprovalsAreUsedOrNone() throws Exception {
    var a = APPROVER.approve("pay", "{}");
    var b = APPROVER.approve("pay", "{}");
    var c = APPROVER.approve("pay", "{}");
    assertThat(reserve(Approvals.of("pay", "{}", "n1", List.of(a, b)), mine()))
        .isEqualTo(Insert.INSERTED);
    for (var pair : List.of(List.of(b, c), List.of(c, b), List.of(c, a))) {
      VerifiedRequest refused = Approvals.of("pay", "{}", "n2", pair);
      assertThat(reserve(refused, mine())).isEqualTo(Insert.APPROVAL_USED);
      assertThat(store.find(refused.executionId())).isEmpty();
    }
    assertThat(reserve(request("n3", c), mine())).as("left unused").isEqualTo(Insert.INSERTED);
    assertThat(database.rows("SELECT COUNT(*) FROM approvals")).containsExactly("3");
  }

  @Test
  void aReleaseGivesBackAllApprovalsAndNothingOfOthers() throws Exception {
    var a = APPROVER.approve("pay", "{}");
    var b = APPROVER.approve("pay", "{}");
    var c = APPROVER.approve("pay", "{}");
    reserve(request("other", c), mine());
    VerifiedRequest request = Approvals.of("pay", "{}", "n", List.of(a, b));
    reserve(request, mine());
    store.release(Reservation.of(request, mine())).get();
    assertThat(store.find(request.executionId())).isEmpty();
    assertThat(database.rows("SELECT approval_id FROM approvals"))
        .containsExactly(c.get("approval_id").textValue());
    // One that never was: what it names is not its own.
    store.release(Reservation.of(Approvals.of("pay", "{}", "never", List.of(a, c)), mine())).get();
    assertThat(database.rows("SELECT COUNT(*) FROM approvals")).containsExactly("1");
    assertThat(reserve(Approvals.of("pay", "{}", "m", List.of(b, a)), mine()))
        .isEqualTo(Insert.INSERTED);
  }

  @Test
  void approvalsAreKeptAsTheyCame() throws Exception {
    var a = APPROVER.approve("pay", "{}");
    var b = APPROVER.approve("pay", "{}");
    insert(Approvals.of("pay", "{}", "n0", List.of()), mine(), succeeded("{}"));
    assertThat(database.rows("SELECT COUNT(*) FROM executions WHERE approvals IS NULL"))
        .containsExactly("1");
    insert(Approvals.of("pay", "{}", "n1", List.of(a, b)), mine(), succeeded("{}"));
    assertThat(database.rows("SELECT approvals FROM executions WHERE approvals IS NOT NULL"))
        .containsExactly("[" + a + "," + b + "]");
  }

  @Test
  void anOutcomeWrittenTwiceIsWrittenOnce() throws Exception {
    for (Outcome outcome : List.of(succeeded("{}"), Outcome.failed("out_of_stock"))) {
      VerifiedRequest request = request("n" + outcome.state());
      reserve(request, mine());
      complete(request, mine(), Outcome.unknown(Outcome.TIMEOUT));
      for (int i = 0; i < 3; i++) {
        assertThat(complete(request, mine(), outcome).reason()).isEqualTo(Outcome.LATE_OUTCOME);
      }
      // An unknown outcome that arrives after the definite one changes nothing.
      assertThat(complete(request, mine(), Outcome.unknown(Outcome.TIMEOUT)).state())
          .isEqualTo(outcome.state());
    }
    assertThat(database.rows("SELECT COUNT(*) FROM outcome_history")).containsExactly("2");
  }

  /** As they are written they are longer than anything that is read from outside. */
  @Test
  void theLargestResultMayComeLate() throws Exception {
    String numbers = "{\"a\":[" + "1,".repeat((StrictJson.MAX_LENGTH - 10) / 2) + "1]}";
    String umlauts = "{\"a\":\"" + "\u00fc".repeat(StrictJson.MAX_LENGTH - 10) + "\"}";
    for (String result : List.of(numbers, umlauts)) {
      Outcome outcome = succeeded(result);
      String text = outcome.result().spaced();
      assertThat(text.length()).isGreaterThan(StrictJson.MAX_LENGTH);
      VerifiedRequest late = request("late" + text.length());
      reserve(late, mine());
      complete(late, mine(), Outcome.unknown(Outcome.TIMEOUT));
      assertThat(complete(late, mine(), outcome).reason()).isEqualTo(Outcome.LATE_OUTCOME);
      assertThat(complete(late, mine(), outcome).result()).isEqualTo(text);

      VerifiedRequest settled = request("settled" + text.length());
      reserve(settled, mine());
      complete(settled, mine(), Outcome.unknown(Outcome.TIMEOUT));
      store.settle(settled.executionId(), outcome.because("checked"));
      assertThat(complete(settled, mine(), outcome).result()).isEqualTo(text);
      assertThat(complete(settled, mine(), Outcome.failed("late")).result()).isEqualTo(text);
    }
    assertThat(database.rows("SELECT state FROM outcome_history WHERE kind = 'conflict'"))
        .containsExactly("failed", "failed");
  }

  @Test
  void anOutcomeThatContradictsASettlementIsKeptAndChangesNothing() throws Exception {
    VerifiedRequest request = request("n");
    reserve(request, mine());
    complete(request, mine(), Outcome.unknown(Outcome.TIMEOUT));
    Outcome settlement = Outcome.failed("rolled_back");
    assertThat(store.settle(request.executionId(), settlement)).isPresent();
    assertThat(store.settle(request.executionId(), settlement)).as("settled once").isEmpty();
    assertThat(complete(request, mine(), succeeded("{}")).state()).isEqualTo(State.FAILED);
    assertThat(database.rows("SELECT state, kind FROM outcome_history ORDER BY seq"))
        .containsExactly("unknown|superseded", "succeeded|conflict");
  }

  @Test
  void everyReceiptThatWasOnRecordWasIssuedAndNoOther() throws Exception {
    VerifiedRequest request = request("n");
    UUID id = request.executionId();
    reserve(request, mine());
    complete(request, mine(), Outcome.unknown(Outcome.TIMEOUT));
    store.settle(id, Outcome.failed("rolled_back"));
    complete(request, mine(), succeeded("{}"));
    assertThat(store.issued(id, Outcome.unknown(Outcome.TIMEOUT).receipt(id))).isTrue();
    assertThat(store.issued(id, Outcome.failed("rolled_back").receipt(id))).isTrue();
    assertThat(store.issued(id, succeeded("{}").receipt(id))).as("a conflict").isFalse();
    assertThat(store.issued(UUID.randomUUID(), Outcome.failed("rolled_back").receipt(id)))
        .isFalse();
  }

  @Test
  void whatTextCanHoldComesBackAsItWent() throws Exception {
    String nonce = "\\u0000\\ud83d\\ude00 ' \\\" \\\\ \u00fc";
    VerifiedRequest request = request(nonce);
    Outcome outcome =
        succeeded("{\"\\u0000\":[1e400000000,\"\u00fc\"]}".replace("1e400000000", "1.5"));
    insert(request, mine(), outcome);
    assertThat(store.find(request.executionId()).orElseThrow())
        .usingRecursiveComparison()
        .ignoringFields("evidence")
        .isEqualTo(Keys.ended(request, outcome));
  }
}
