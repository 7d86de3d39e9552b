package io.openexec.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Claim.Unclaimed;
import io.openexec.receipt.Hash;
import io.openexec.store.Databases;
import io.openexec.testing.TestDatabase;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits that happen and whose confirmation gets lost: no request over HTTP can cause one. */
class ExactlyOnceTest {
  @TempDir Path directory;

  @Test
  void aReservationWhoseCommitWasAmbiguousIsReleased() throws Exception {
    try (ExecutionStore real =
            Databases.open(
                TestDatabase.sqlite(directory).parsed(),
                Optional.of(""),
                Duration.ofSeconds(60),
                Runnable::run,
                Clock.systemUTC());
        Unfinished unfinished = new Unfinished(real)) {
      AtomicBoolean losing = new AtomicBoolean(true);
      ExactlyOnce exactlyOnce =
          new ExactlyOnce(new Losing(real, losing), unfinished, Runnable::run);
      Candidate candidate = Candidates.effectful(payload -> payload);
      Unclaimed first = (Unclaimed) exactlyOnce.find(candidate);
      Throwable thrown = catchThrowable(() -> exactlyOnce.reserve(first).get());
      assertThat(thrown).hasCauseInstanceOf(Refusal.class);
      assertThat(((Refusal) thrown.getCause()).reason()).isEqualTo(Reason.STORE_UNAVAILABLE);
      for (int i = 0; i < 500 && real.find(candidate.verified().executionId()).isPresent(); i++) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(real.find(candidate.verified().executionId())).isEmpty();
      losing.set(false);
      Unclaimed second = (Unclaimed) exactlyOnce.find(candidate);
      assertThat(exactlyOnce.reserve(second).get())
          .as("neither nonce nor approval is used up")
          .isInstanceOf(Claim.Admitted.class);
    }
  }

  /** The real store, behind a connection that loses confirmations. */
  private record Losing(ExecutionStore real, AtomicBoolean losing) implements ExecutionStore {
    @Override
    public CompletableFuture<Insert> insert(
        VerifiedRequest request, Attempt attempt, Execution execution) {
      return real.insert(request, attempt, execution)
          .thenCompose(
              insert ->
                  losing.get()
                      ? CompletableFuture.failedFuture(
                          new StoreUnavailable("the confirmation was lost"))
                      : CompletableFuture.completedFuture(insert));
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
    public boolean isUsedBeforeTakeover(VerifiedRequest request) throws StoreUnavailable {
      return real.isUsedBeforeTakeover(request);
    }

    @Override
    public CompletableFuture<Execution> complete(Attempt attempt, Execution ended) {
      return real.complete(attempt, ended);
    }

    @Override
    public CompletableFuture<Void> release(VerifiedRequest request, Attempt attempt) {
      return real.release(request, attempt);
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
