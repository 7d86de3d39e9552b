package io.openexec.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Claim.OnRecord;
import io.openexec.execution.Claim.Unclaimed;
import io.openexec.receipt.Hash;
import io.openexec.receipt.Receipt;
import io.openexec.store.Databases;
import io.openexec.testing.Keys;
import io.openexec.testing.TestDatabase;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits whose confirmation gets lost, or that fail: no request over HTTP can cause one. */
class ExactlyOnceTest {
  @TempDir Path directory;
  private final Candidate candidate = Candidates.effectful(payload -> payload);
  private ExecutionStore real;
  private Faulty faulty;
  private Unfinished unfinished;
  private ExactlyOnce exactlyOnce;

  @BeforeEach
  void open() {
    real =
        Databases.open(
            TestDatabase.sqlite(directory).parsed(),
            Optional.of(""),
            Duration.ofSeconds(60),
            Keys.signatories(),
            Runnable::run,
            Clock.systemUTC());
    faulty = new Faulty(real);
    unfinished = new Unfinished(faulty);
    exactlyOnce = new ExactlyOnce(faulty, unfinished, Runnable::run, action -> false);
  }

  @AfterEach
  void close() {
    faulty.failure = null;
    unfinished.close();
    real.close();
  }

  private Claim reserve() throws Exception {
    return exactlyOnce.reserve((Unclaimed) exactlyOnce.find(candidate)).get();
  }

  private void assertRefused(Unclaimed unclaimed) {
    assertRefused(unclaimed, Reason.STORE_UNAVAILABLE);
  }

  private void assertRefused(Unclaimed unclaimed, Reason reason) {
    Throwable thrown = catchThrowable(() -> exactlyOnce.reserve(unclaimed).get());
    Throwable refusal = thrown instanceof Refusal ? thrown : thrown.getCause();
    assertThat(refusal).isInstanceOf(Refusal.class);
    assertThat(((Refusal) refusal).reason()).isEqualTo(reason);
  }

  @Test
  void aReservationWhoseCommitWasAmbiguousIsReleased() throws Exception {
    faulty.inserting = true;
    faulty.failure = new StoreUnavailable("the confirmation was lost");
    assertRefused((Unclaimed) exactlyOnce.find(candidate));
    for (int i = 0; i < 500 && real.find(candidate.verified().executionId()).isPresent(); i++) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertThat(real.find(candidate.verified().executionId())).isEmpty();
    faulty.failure = null;
    assertThat(reserve())
        .as("neither nonce nor approval is used up")
        .isInstanceOf(Claim.Admitted.class);
  }

  private OnRecord runEffectful() throws Exception {
    Claim claim = reserve();
    if (claim instanceof OnRecord replay) {
      return replay;
    }
    Outcome outcome = Outcome.succeeded(candidate.verified().request().payload());
    return exactlyOnce.record(new Executed((Claim.Admitted) claim, outcome)).get();
  }

  @Test
  void whileReservationsCannotBeWrittenReplaysAreAnswered() throws Exception {
    OnRecord first = runEffectful();
    assertThat(first.replayed()).isFalse();
    for (StoreUnavailable failed :
        List.of(
            StoreUnavailable.undone("too many writes are waiting", null),
            new StoreUnavailable("the disk is full"))) {
      faulty.failure = failed;
      OnRecord again = runEffectful();
      assertThat(again.replayed()).isTrue();
      assertThat(again.execution().receipt()).isEqualTo(first.execution().receipt());
      assertThat(again.execution().evidence()).isEqualTo(first.execution().evidence());
    }
    // What was never written to release is not released from whoever wrote it.
    faulty.failure = null;
    unfinished.close();
    assertThat(faulty.releases.get()).isPositive();
    assertThat(real.find(candidate.verified().executionId()).orElseThrow().state())
        .isEqualTo(State.SUCCEEDED);
  }

  @Test
  void whatIsRunningIsSaidToBeUnlessItMayBeTheReservationThatFailed() throws Exception {
    assertThat(reserve()).isInstanceOf(Claim.Admitted.class);
    faulty.failure = StoreUnavailable.undone("too many writes are waiting", null);
    assertThat(((OnRecord) reserve()).execution().state()).isEqualTo(State.RUNNING);
    faulty.failure = new StoreUnavailable("the disk is full");
    assertRefused((Unclaimed) exactlyOnce.find(candidate));
  }

  @Test
  void whatIsRunningUnderTheNonceIsNotTheReservationThatFailedIfItIsAnotherRequests()
      throws Exception {
    Unclaimed another = (Unclaimed) exactlyOnce.find(Candidates.another(payload -> payload));
    assertThat(reserve()).isInstanceOf(Claim.Admitted.class);
    for (StoreUnavailable failed :
        List.of(
            StoreUnavailable.undone("too many writes are waiting", null),
            new StoreUnavailable("the disk is full"))) {
      faulty.failure = failed;
      assertRefused(another, Reason.NONCE_REUSED);
    }
    assertThat(real.find(candidate.verified().executionId()).orElseThrow().state())
        .as("and what runs, runs")
        .isEqualTo(State.RUNNING);
  }

  private OnRecord runPure(Candidate pure) throws Exception {
    Claim claim = exactlyOnce.reserve((Unclaimed) exactlyOnce.find(pure)).get();
    Outcome outcome = Outcome.succeeded(pure.verified().request().payload());
    return exactlyOnce.record(new Executed((Claim.Admitted) claim, outcome)).get();
  }

  @Test
  void whilePureOutcomesCannotBeWrittenReplaysAreAnswered() throws Exception {
    Candidate pure = Candidates.pure(payload -> payload);
    OnRecord first = runPure(pure);
    assertThat(first.replayed()).isFalse();
    faulty.failure = StoreUnavailable.undone("the disk is full", null);
    OnRecord again = runPure(pure);
    assertThat(again.replayed()).isTrue();
    assertThat(again.execution().receipt()).isEqualTo(first.execution().receipt());
    assertThat(again.execution().evidence()).isEqualTo(first.execution().evidence());
  }

  @Test
  void aReplayOfAPureActionNeedsNoSlotToRunIn() throws Exception {
    Candidate pure = Candidates.bounded(payload -> payload);
    OnRecord first = runPure(pure);
    OnRecord again = (OnRecord) exactlyOnce.find(pure);
    assertThat(again.replayed()).isTrue();
    assertThat(again.execution().receipt()).isEqualTo(first.execution().receipt());
  }

  @Test
  void aPureOutcomeThatCannotBeWrittenIsNoExecution() throws Exception {
    Candidate pure = Candidates.pure(payload -> payload);
    faulty.failure = StoreUnavailable.undone("the disk is full", null);
    assertThatThrownBy(() -> runPure(pure))
        .hasCauseInstanceOf(Refusal.class)
        .extracting(thrown -> ((Refusal) thrown.getCause()).reason())
        .isEqualTo(Reason.STORE_UNAVAILABLE);
    assertThat(real.find(pure.verified().executionId())).isEmpty();
  }

  @Test
  void whatWasCertainlyNotWrittenIsNotReleased() {
    faulty.failure = StoreUnavailable.undone("too many writes are waiting", null);
    Unclaimed unclaimed = (Unclaimed) exactlyOnce.find(candidate);
    for (int i = 0; i < 10; i++) {
      assertRefused(unclaimed);
    }
    // Tries what is left.
    unfinished.close();
    assertThat(faulty.inserts).hasValue(10);
    assertThat(faulty.releases).hasValue(0);
  }

  @Test
  void whileManyReleasesAreLeftNothingIsReservedThatMayLeaveMore() throws Exception {
    faulty.failure = new StoreUnavailable("the disk is full");
    Unclaimed unclaimed = (Unclaimed) exactlyOnce.find(candidate);
    for (int i = 0; i < 2_000; i++) {
      assertRefused(unclaimed);
    }
    assertThat(faulty.inserts.get()).isBetween(256, 400);

    faulty.failure = null;
    Claim claim = null;
    for (int i = 0; i < 1_000 && claim == null; i++) {
      try {
        claim = exactlyOnce.reserve(unclaimed).get();
      } catch (ExecutionException stillBehind) {
        assertThat(stillBehind).hasCauseInstanceOf(Refusal.class);
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
    assertThat(claim).as("when they are done").isInstanceOf(Claim.Admitted.class);
  }

  /** The real store, behind a connection that fails: after what it was asked for, or before. */
  private static final class Faulty implements ExecutionStore {
    final AtomicInteger inserts = new AtomicInteger();
    final AtomicInteger releases = new AtomicInteger();
    volatile boolean inserting;
    volatile @Nullable StoreUnavailable failure;
    private final ExecutionStore real;

    Faulty(ExecutionStore real) {
      this.real = real;
    }

    @Override
    public CompletableFuture<Insert> insert(
        VerifiedRequest request, Instant admittedAt, Attempt attempt, Execution execution) {
      inserts.incrementAndGet();
      StoreUnavailable now = failure;
      if (now == null) {
        return real.insert(request, admittedAt, attempt, execution);
      }
      return inserting
          ? real.insert(request, admittedAt, attempt, execution)
              .thenCompose(insert -> CompletableFuture.failedFuture(now))
          : CompletableFuture.failedFuture(now);
    }

    @Override
    public Optional<Execution> find(UUID id) throws StoreUnavailable {
      return real.find(id);
    }

    @Override
    public Optional<Execution> find(VerifiedRequest request) throws StoreUnavailable {
      return real.find(request);
    }

    @Override
    public boolean insertsFindAll() {
      return real.insertsFindAll();
    }

    @Override
    public boolean isUsedBeforeTakeover(VerifiedRequest request) throws StoreUnavailable {
      return real.isUsedBeforeTakeover(request);
    }

    @Override
    public CompletableFuture<Execution> complete(Attempt attempt, Execution ended) {
      return real.complete(attempt, ended);
    }

    @Override
    public CompletableFuture<Void> release(Reservation reservation) {
      releases.incrementAndGet();
      return failure == null || inserting
          ? real.release(reservation)
          : CompletableFuture.failedFuture(failure);
    }

    @Override
    public CompletableFuture<Void> keep(Receipt receipt, boolean disclosures) {
      return real.keep(receipt, disclosures);
    }

    @Override
    public Evidence evidence() {
      return real.evidence();
    }

    @Override
    public Lease lease() {
      return real.lease();
    }

    @Override
    public Optional<Execution> settle(UUID id, Outcome outcome) throws StoreUnavailable {
      return real.settle(id, outcome);
    }

    @Override
    public boolean issued(UUID id, Hash receipt) throws StoreUnavailable {
      return real.issued(id, receipt);
    }

    @Override
    public void probe() throws StoreUnavailable {
      real.probe();
    }

    @Override
    public void close() {
      real.close();
    }
  }
}
