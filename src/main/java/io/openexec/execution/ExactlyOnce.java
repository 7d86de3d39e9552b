package io.openexec.execution;

import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Candidate.Admissible;
import io.openexec.execution.Candidate.ReplayOnly;
import io.openexec.execution.Claim.Admitted;
import io.openexec.execution.Claim.OnRecord;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gates 4 and 6: one execution for a nonce, one for an approval, and its outcome on record before
 * anyone is answered.
 *
 * <p>A pure action costs one durable commit: it runs, and then nonce, approval and outcome are
 * inserted together. A crash before that leaves nothing, and running it again is harmless. An
 * effectful one costs two: nonce and approval are reserved, it runs, the outcome is written. A
 * crash between the two leaves {@code running}, which the next start turns into {@code unknown}.
 *
 * <p>Reads may find a replay; only inserts admit. Whoever loses an insert answers from the winner.
 */
public final class ExactlyOnce {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(20);

  private final ExecutionStore store;
  private final UUID owner;
  private final Unfinished unfinished;
  private final Semaphore waiters;
  private final AtomicLong attempts = new AtomicLong();

  /**
   * Makes the gates over a store.
   *
   * @param owner this process, a new id at each start
   * @param unfinished keeps trying what could not be written
   * @param maxWaiters how many requests may wait for another one's outcome at a time; the rest is
   *     answered at once that it is running
   */
  public ExactlyOnce(ExecutionStore store, UUID owner, Unfinished unfinished, int maxWaiters) {
    this.store = store;
    this.owner = owner;
    this.unfinished = unfinished;
    this.waiters = new Semaphore(maxWaiters);
  }

  /**
   * Gate 4: answers what is on record, or claims the nonce.
   *
   * @throws Refusal if the nonce belongs to another request, if nothing is on record and the
   *     candidate is for replay only, if its approval is used, or if the store is unavailable
   */
  public Claim claim(Candidate candidate) {
    VerifiedRequest verified = candidate.verified();
    Optional<Execution> found = find(verified.executionId());
    if (found.isPresent()) {
      return replay(found.get(), verified.request());
    }
    if (candidate instanceof ReplayOnly replayOnly) {
      throw replayOnly.refusal();
    }
    Admissible admissible = (Admissible) candidate;
    Attempt attempt = new Attempt(owner, attempts.incrementAndGet());
    return admissible.action().effect() == Effect.PURE
        ? new Admitted(admissible, attempt)
        : reserve(admissible, attempt);
  }

  private Claim reserve(Admissible admissible, Attempt attempt) {
    VerifiedRequest verified = admissible.verified();
    try {
      return switch (store.reserve(verified, attempt)) {
        case INSERTED -> new Admitted(admissible, attempt);
        case NONCE_TAKEN -> replay(winner(verified), verified.request());
        case APPROVAL_USED -> throw Refusal.approvalUsed();
      };
    } catch (StoreUnavailable e) {
      // The commit may have happened all the same, and nobody will ever dispatch it.
      unfinished.release(verified.executionId(), attempt);
      throw Refusal.storeUnavailable();
    }
  }

  /**
   * Gate 6: puts the outcome on record.
   *
   * @return what is on record: this outcome, or the winner's where a pure action lost the race; a
   *     running one where the outcome of a dispatched action could not be written yet
   * @throws Refusal if a pure action's outcome could not be recorded, so that nothing happened
   */
  public OnRecord record(Executed executed) {
    Admissible candidate = executed.admitted().candidate();
    return candidate.action().effect() == Effect.PURE
        ? insert(candidate.verified(), executed)
        : complete(candidate.verified(), executed);
  }

  private OnRecord insert(VerifiedRequest verified, Executed executed) {
    Outcome outcome = executed.outcome();
    try {
      return switch (store.insert(verified, executed.admitted().attempt(), outcome)) {
        case INSERTED -> new OnRecord(Execution.of(verified, outcome), false);
        case NONCE_TAKEN -> replay(winner(verified), verified.request());
        case APPROVAL_USED -> throw Refusal.approvalUsed();
      };
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }

  private OnRecord complete(VerifiedRequest verified, Executed executed) {
    Attempt attempt = executed.admitted().attempt();
    try {
      return new OnRecord(
          store.complete(verified.executionId(), attempt, executed.outcome()), false);
    } catch (StoreUnavailable e) {
      unfinished.complete(verified.executionId(), attempt, executed.outcome());
      return new OnRecord(Execution.of(verified, null), false);
    }
  }

  private OnRecord replay(Execution found, ExecutionRequest request) {
    if (!found.isOf(request)) {
      throw Refusal.nonceReused();
    }
    return new OnRecord(awaitOutcome(found), true);
  }

  /** Waits for an execution that runs, here or in another process, for as long as patience goes. */
  private Execution awaitOutcome(Execution found) {
    Execution current = found;
    if (current.state() != State.RUNNING || !waiters.tryAcquire()) {
      return current;
    }
    try {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (current.state() == State.RUNNING && System.nanoTime() < deadline) {
        Thread.sleep(POLL.toMillis());
        // A reservation that was released meanwhile leaves nothing on record.
        current = find(current.id()).orElseThrow(Refusal::storeUnavailable);
      }
      return current;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return current;
    } finally {
      waiters.release();
    }
  }

  private Execution winner(VerifiedRequest verified) {
    return find(verified.executionId()).orElseThrow(Refusal::storeUnavailable);
  }

  private Optional<Execution> find(UUID id) {
    try {
      return store.find(id);
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }
}
