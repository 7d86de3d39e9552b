package io.openexec.execution;

import io.openexec.boundary.Refusal;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Candidate.Admissible;
import io.openexec.execution.Claim.Admitted;
import io.openexec.execution.Slots.SlotsTaken;
import io.openexec.receipt.JsonValue;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gate 5: runs the action of an admitted request.
 *
 * <p>A pure action runs in the caller's thread. An effectful one runs in a thread of its own, and
 * nobody waits for it in another: so long ones keep nobody else from being answered. When its time
 * is over its outcome counts as unknown; it is not interrupted then, and what comes of it late is
 * still recorded.
 */
public final class Dispatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
  private static final int TIMERS = 4;

  private final Lease lease;
  private final Unfinished unfinished;
  private final ThreadPoolExecutor threads;
  private final ScheduledThreadPoolExecutor timers;
  private final Slots slots = new Slots();
  private final Map<Attempt, CompletableFuture<Outcome>> underWay = new ConcurrentHashMap<>();

  /**
   * Makes a dispatcher.
   *
   * @param lease what has to last still when an effectful action begins
   * @param unfinished takes late outcomes, and reservations that found no thread
   * @param maxConcurrent how many effectful actions may run at a time
   */
  public Dispatcher(Lease lease, Unfinished unfinished, int maxConcurrent) {
    this.lease = lease;
    this.unfinished = unfinished;
    this.threads =
        new ThreadPoolExecutor(
            0,
            maxConcurrent,
            60,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> new Thread(task, "openexec-action"));
    this.timers =
        new ScheduledThreadPoolExecutor(TIMERS, task -> new Thread(task, "openexec-timeout"));
    this.timers.setRemoveOnCancelPolicy(true);
  }

  /**
   * Runs the action once.
   *
   * @return what came of it: at once if it is pure, later if it is effectful. It may end, and this
   *     method may throw, with a {@link Refusal}:
   * @throws Refusal 503 if no thread was free, if as many of the action run as may, or if so much
   *     time has passed since the reservation that others may have declared it interrupted: the
   *     action was not dispatched, and its reservation is taken back
   */
  public CompletableFuture<Executed> dispatch(Admitted admitted) {
    return dispatch(admitted, () -> {});
  }

  /**
   * Runs the action once, as {@link #dispatch(Admitted)} does.
   *
   * @param end is run when it holds no thread any more, which may be long after its time is over;
   *     also if it was not dispatched, and more than once
   */
  public CompletableFuture<Executed> dispatch(Admitted admitted, Runnable end) {
    Admissible candidate = admitted.candidate();
    Action action = candidate.action();
    JsonValue payload = candidate.verified().request().payload();
    if (action.effect() == Effect.PURE) {
      end.run();
      return CompletableFuture.completedFuture(new Executed(admitted, runPure(action, payload)));
    }
    return runEffectful(action, payload, admitted, end)
        .thenApply(outcome -> new Executed(admitted, outcome));
  }

  private Outcome runPure(Action action, JsonValue payload) {
    Runnable slot;
    try {
      slot = slots.take(action);
    } catch (SlotsTaken e) {
      throw Refusal.overloaded();
    }
    try {
      return action.run(payload, Dispatcher::log);
    } finally {
      slot.run();
    }
  }

  private CompletableFuture<Outcome> runEffectful(
      Action action, JsonValue payload, Admitted admitted, Runnable end) {
    VerifiedRequest verified = admitted.candidate().verified();
    Attempt attempt = admitted.attempt();
    CompletableFuture<Outcome> answer = new CompletableFuture<>();
    Runnable slot;
    try {
      Runnable ofAction = slots.take(action);
      slot =
          () -> {
            ofAction.run();
            end.run();
          };
    } catch (SlotsTaken e) {
      end.run();
      unfinished.release(Reservation.of(verified, attempt));
      throw Refusal.overloaded();
    }
    underWay.put(attempt, answer);
    try {
      threads.execute(
          () -> {
            // As late as can be: this process may have been paused since it reserved.
            if (!lease.isHeldBy(attempt.owner())) {
              slot.run();
              unfinished.release(Reservation.of(verified, attempt));
              answer.completeExceptionally(Refusal.storeUnavailable());
              return;
            }
            Outcome outcome;
            try {
              outcome = action.run(payload, Dispatcher::log);
            } finally {
              slot.run();
            }
            if (!answer.complete(outcome)) {
              // Too late to be the answer; the store takes it and the unknown one in either order.
              unfinished.complete(admitted, outcome);
            }
          });
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      slot.run();
      underWay.remove(attempt);
      unfinished.release(Reservation.of(verified, attempt));
      throw Refusal.overloaded();
    }
    var timer =
        timers.schedule(
            () -> timeOut(action, attempt, answer),
            action.timeout().toMillis(),
            TimeUnit.MILLISECONDS);
    return answer.whenComplete(
        (outcome, error) -> {
          timer.cancel(false);
          underWay.remove(attempt);
        });
  }

  private static void timeOut(Action action, Attempt attempt, CompletableFuture<Outcome> answer) {
    LOG.warn("action {}, {}, did not end within {}", action.name(), attempt, action.timeout());
    answer.complete(Outcome.unknown(Outcome.TIMEOUT));
  }

  /** Logs the kinds of the errors and not their messages, which may repeat the payload. */
  private static void log(String action, Throwable error) {
    StringBuilder kinds = new StringBuilder(error.getClass().getName());
    Throwable cause = error.getCause();
    for (int i = 0; cause != null && i < 5; i++, cause = cause.getCause()) {
      kinds.append(" < ").append(cause.getClass().getName());
    }
    LOG.warn("action {} raised {}", action, kinds);
  }

  /** Returns whether as many of an action run as may, so that another one is sent away just now. */
  public boolean isFull(Action action) {
    return slots.isFull(action);
  }

  /** Returns how many effectful actions run, those among them whose time is over. */
  public int running() {
    return threads.getActiveCount();
  }

  /** Returns how many effectful actions may run at a time. */
  public int most() {
    return threads.getMaximumPoolSize();
  }

  /** Returns how many of an action run, if that is bounded; else nothing. */
  public OptionalInt running(Action action) {
    return slots.taken(action);
  }

  /** Waits for the actions that run, for as long as given. */
  public void awaitActions(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (!underWay.isEmpty() && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Ends waiting for whatever still runs: its callers are answered that the outcome is unknown, and
   * so it is recorded.
   */
  public void giveUp() {
    for (CompletableFuture<Outcome> answer : underWay.values()) {
      answer.complete(Outcome.unknown(Outcome.INTERRUPTED));
    }
  }

  /** Takes no more actions, and waits for nothing. */
  @Override
  public void close() {
    threads.shutdown();
    timers.shutdownNow();
  }
}
