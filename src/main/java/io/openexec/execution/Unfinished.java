package io.openexec.execution;

import io.openexec.execution.Claim.Admitted;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writes that have to happen and could not yet: outcomes of dispatched actions, and releases of
 * reservations that were never dispatched. Their owner keeps trying; if the process ends first,
 * what is left becomes {@code unknown}: at the next start, or when its lease runs out.
 *
 * <p>Outcomes are never more than were dispatched. Reservations have to be refused while it {@link
 * #isBehind}: each may leave a release.
 */
public final class Unfinished implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Unfinished.class);
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);
  private static final Duration LAST_RETRY = Duration.ofSeconds(5);
  private static final int MANY = 256;
  private static final Duration STOP = Duration.ofSeconds(5);

  private final ExecutionStore store;
  private final AtomicInteger releases = new AtomicInteger();
  private final AtomicInteger left = new AtomicInteger();
  private final ScheduledExecutorService retries =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "openexec-unfinished"));

  /** Keeps trying on this store. */
  public Unfinished(ExecutionStore store) {
    this.store = store;
  }

  /** Records an outcome that came too late to be the answer, sooner or later. */
  void complete(Admitted admitted, Outcome outcome) {
    complete(
        admitted.attempt(),
        store.evidence().ended(admitted.candidate().verified(), admitted.at(), outcome));
  }

  /** Records an outcome, sooner or later. */
  void complete(Attempt attempt, Execution ended) {
    left.incrementAndGet();
    keepTrying("outcome", attempt, () -> store.complete(attempt, ended), Duration.ZERO);
  }

  /** Takes a reservation back, sooner or later. */
  void release(Reservation reservation) {
    releases.incrementAndGet();
    left.incrementAndGet();
    keepTrying(
        "release",
        reservation.attempt(),
        () -> store.release(reservation).thenRun(releases::decrementAndGet),
        Duration.ZERO);
  }

  /** Returns how many writes are left, of outcomes and of releases. */
  public int left() {
    return left.get();
  }

  /** Returns whether so many releases are left that nothing should be reserved that may add one. */
  boolean isBehind() {
    return releases.get() >= MANY;
  }

  private void keepTrying(String what, Attempt whose, Write write, Duration delay) {
    try {
      var unused =
          retries.schedule(
              () -> attempt(what, whose, write, delay), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.error("{} of {} was not written: it will be declared unknown", what, whose);
    }
  }

  private void attempt(String what, Attempt whose, Write write, Duration delay) {
    // One at a time, and each waited for: a store that comes back is not stormed.
    try {
      write.begin().get();
      left.decrementAndGet();
    } catch (ExecutionException | RuntimeException | Error e) {
      LOG.warn("{} of {} could not be written, trying again", what, whose);
      keepTrying(what, whose, write, next(delay));
    } catch (InterruptedException e) {
      LOG.error("{} of {} was not written", what, whose);
      Thread.currentThread().interrupt();
    }
  }

  private static Duration next(Duration delay) {
    Duration doubled = delay.isZero() ? FIRST_RETRY : delay.multipliedBy(2);
    return doubled.compareTo(LAST_RETRY) < 0 ? doubled : LAST_RETRY;
  }

  /** Gives what is left one last try. */
  @Override
  public void close() {
    retries.shutdown();
    try {
      if (!retries.awaitTermination(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.error("{} writes were not done", retries.shutdownNow().size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @FunctionalInterface
  private interface Write {
    CompletableFuture<?> begin();
  }
}
