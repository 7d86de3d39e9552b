package io.openexec.execution;

import io.openexec.boundary.Refusal;
import io.openexec.execution.Candidate.Admissible;
import io.openexec.execution.Claim.Admitted;
import io.openexec.receipt.JsonValue;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gate 5: runs the action of an admitted request.
 *
 * <p>A pure action runs in the caller's thread. An effectful one runs in a thread of its own, so
 * that the caller can be answered when its time is over; it is not interrupted then, and what comes
 * of it late is still recorded.
 */
public final class Dispatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  private final Unfinished unfinished;
  private final Duration grace;
  private final ThreadPoolExecutor threads;

  /**
   * Makes a dispatcher.
   *
   * @param unfinished takes late outcomes, and reservations that found no thread
   * @param maxConcurrent how many effectful actions may run at a time
   * @param grace how long {@link #close} waits for those that run
   */
  public Dispatcher(Unfinished unfinished, int maxConcurrent, Duration grace) {
    this.unfinished = unfinished;
    this.grace = grace;
    this.threads =
        new ThreadPoolExecutor(
            0,
            maxConcurrent,
            60,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> new Thread(task, "openexec-action"));
  }

  /**
   * Runs the action once and says what came of it.
   *
   * @throws Refusal 503 if no thread was free: the action was not dispatched, and its reservation
   *     is taken back
   */
  public Executed dispatch(Admitted admitted) {
    Admissible candidate = admitted.candidate();
    Action action = candidate.action();
    JsonValue payload = candidate.verified().request().payload();
    Outcome outcome =
        action.effect() == Effect.PURE
            ? action.run(payload, Dispatcher::log)
            : runEffectful(action, payload, admitted);
    return new Executed(admitted, outcome);
  }

  private Outcome runEffectful(Action action, JsonValue payload, Admitted admitted) {
    UUID id = admitted.candidate().verified().executionId();
    CompletableFuture<Outcome> running;
    try {
      running = CompletableFuture.supplyAsync(() -> action.run(payload, Dispatcher::log), threads);
    } catch (RejectedExecutionException e) {
      unfinished.release(id, admitted.attempt());
      throw Refusal.overloaded();
    }
    try {
      return running.get(action.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.warn("action {} of {} did not end within {}", action.name(), id, action.timeout());
      recordLate(running, id, admitted.attempt());
      return Outcome.unknown(Outcome.TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      recordLate(running, id, admitted.attempt());
      return Outcome.unknown(Outcome.INTERRUPTED);
    } catch (ExecutionException e) {
      log(action.name(), e);
      return Outcome.unknown(Outcome.ACTION_ERROR);
    }
  }

  /** Records what comes after all; the store takes it and the unknown outcome in either order. */
  private void recordLate(CompletableFuture<Outcome> running, UUID id, Attempt attempt) {
    var unused = running.thenAccept(late -> unfinished.complete(id, attempt, late));
  }

  /** Logs the kinds of the errors and not their messages, which may repeat the payload. */
  private static void log(String action, Throwable error) {
    StringBuilder kinds = new StringBuilder(error.getClass().getName());
    Throwable cause = error.getCause();
    for (int i = 0; cause != null && i < 5; i++, cause = cause.getCause()) {
      kinds.append(" < ").append(cause.getClass().getName());
    }
    LOG.warn("action {} raised {}", action, kinds);
    LOG.debug("action {} raised", action, error);
  }

  /** Lets the actions that run end, for as long as the grace goes. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("{} actions still run: they will be unknown", threads.getActiveCount());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
