package io.openexec.execution;

import io.openexec.boundary.Refusal;
import io.openexec.execution.Claim.OnRecord;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Waits for the outcome of an execution that runs, here or in another process, without holding a
 * thread: one thread looks at the record for all who wait.
 */
public final class Patience implements AutoCloseable {
  private static final Duration LENGTH = Duration.ofSeconds(5);
  private static final Duration FIRST_LOOK = Duration.ofMillis(10);
  private static final Duration LAST_LOOK = Duration.ofMillis(200);

  private final ExecutionStore store;
  private final int size;
  private final Semaphore places;
  private final ScheduledThreadPoolExecutor looks =
      new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "openexec-wait"));

  /**
   * Waits on a store.
   *
   * @param places how many may wait at a time; the rest is answered at once that it is running
   */
  public Patience(ExecutionStore store, int places) {
    this.store = store;
    this.size = places;
    this.places = new Semaphore(places);
    this.looks.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /**
   * Waits for the outcome of somebody else's execution, at most five seconds.
   *
   * @return what is on record then; or a {@link Refusal} if the store is unavailable, or if the
   *     execution is on record no more, because it was never dispatched
   */
  public CompletableFuture<OnRecord> await(OnRecord found) {
    Execution execution = found.execution();
    // Whoever ran it itself and could not record it has nobody to wait for.
    if (execution.state() != State.RUNNING || !found.replayed() || !places.tryAcquire()) {
      return CompletableFuture.completedFuture(found);
    }
    Wait wait = new Wait(execution.id(), System.nanoTime() + LENGTH.toNanos());
    var unused = wait.end.whenComplete((settled, refusal) -> places.release());
    wait.lookIn(FIRST_LOOK, found);
    return wait.end;
  }

  /** Returns how many wait. */
  public int waiting() {
    return size - places.availablePermits();
  }

  private final class Wait {
    final CompletableFuture<OnRecord> end = new CompletableFuture<>();
    private final UUID id;
    private final long deadline;

    Wait(UUID id, long deadline) {
      this.id = id;
      this.deadline = deadline;
    }

    void lookIn(Duration pause, OnRecord last) {
      try {
        var unused = looks.schedule(() -> look(pause), pause.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        end.complete(last);
      }
    }

    private void look(Duration pause) {
      try {
        Optional<Execution> current = store.find(id);
        if (current.isEmpty()) {
          end.completeExceptionally(Refusal.storeUnavailable());
        } else if (current.get().state() != State.RUNNING || System.nanoTime() - deadline >= 0) {
          end.complete(new OnRecord(current.get(), true));
        } else {
          lookIn(longer(pause), new OnRecord(current.get(), true));
        }
      } catch (StoreUnavailable e) {
        end.completeExceptionally(Refusal.storeUnavailable());
      } catch (RuntimeException | Error e) {
        end.completeExceptionally(e);
      }
    }
  }

  private static Duration longer(Duration pause) {
    Duration next = pause.multipliedBy(3).dividedBy(2);
    return next.compareTo(LAST_LOOK) < 0 ? next : LAST_LOOK;
  }

  /** Takes nobody any more; who waits is not answered. */
  @Override
  public void close() {
    looks.shutdownNow();
  }
}
