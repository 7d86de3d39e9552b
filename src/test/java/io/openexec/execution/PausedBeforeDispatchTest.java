package io.openexec.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.execution.Claim.Admitted;
import io.openexec.execution.Claim.Unclaimed;
import io.openexec.store.Databases;
import io.openexec.testing.Keys;
import io.openexec.testing.Postgres;
import io.openexec.testing.TestDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A process that reserved, was paused, and wakes up when others have taken it for dead. */
class PausedBeforeDispatchTest {
  private static final Duration LEASE = Duration.ofMillis(900);

  @Test
  void whatWasReservedUnderALeaseThatIsGoneIsNotDispatched() throws Exception {
    TestDatabase database = Postgres.database();
    AtomicInteger ran = new AtomicInteger();
    Candidate candidate =
        Candidates.effectful(
            payload -> {
              ran.incrementAndGet();
              return payload;
            });
    try (ExecutionStore store =
            Databases.open(
                database.parsed(),
                Optional.of(""),
                LEASE,
                Keys.signatories(),
                Runnable::run,
                Clock.systemUTC());
        Unfinished unfinished = new Unfinished(store);
        Dispatcher dispatcher = new Dispatcher(store.lease(), unfinished, 1)) {
      ExactlyOnce exactlyOnce =
          new ExactlyOnce(store, unfinished, Runnable::run, dispatcher::isFull);
      Admitted admitted =
          (Admitted) exactlyOnce.reserve((Unclaimed) exactlyOnce.find(candidate)).get();
      // Another process sees its lease run out.
      database.execute("DELETE FROM instances");
      Databases.open(
              database.parsed(),
              Optional.of(""),
              LEASE,
              Keys.signatories(),
              Runnable::run,
              Clock.systemUTC())
          .close();
      while (store.lease().isHeldBy(admitted.attempt().owner())) {
        TimeUnit.MILLISECONDS.sleep(5);
      }

      Throwable thrown = catchThrowable(() -> dispatcher.dispatch(admitted).get());
      assertThat(thrown).isInstanceOf(ExecutionException.class);
      assertThat(((Refusal) thrown.getCause()).reason()).isEqualTo(Reason.STORE_UNAVAILABLE);
      assertThat(ran).hasValue(0);
      Execution settled = store.find(candidate.verified().executionId()).orElseThrow();
      for (int i = 0; i < 500 && settled.state() == State.UNKNOWN; i++) {
        TimeUnit.MILLISECONDS.sleep(10);
        settled = store.find(candidate.verified().executionId()).orElseThrow();
      }
      assertThat(settled.state()).isEqualTo(State.FAILED);
      assertThat(settled.reason()).isEqualTo(Outcome.NEVER_DISPATCHED);
    }
  }
}
