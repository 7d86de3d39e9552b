package io.openexec.execution;

import io.openexec.boundary.Refusal;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Candidate.Admissible;
import io.openexec.execution.Candidate.ReplayOnly;
import io.openexec.execution.Claim.Admitted;
import io.openexec.execution.Claim.OnRecord;
import io.openexec.execution.Claim.Unclaimed;
import io.openexec.execution.ExecutionStore.Insert;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Gates 4 and 6: one execution for a nonce, one for an approval, and its outcome on record before
 * anyone is answered.
 *
 * <p>A pure action costs one durable commit: it runs, and then nonce, approval and outcome are
 * inserted together. A crash before that leaves nothing, and running it again is harmless. An
 * effectful one costs two: nonce and approval are reserved, it runs, the outcome is written. A
 * crash between the two leaves {@code running}, which becomes {@code unknown} when the process that
 * held it is known to be gone.
 *
 * <p>Reads may find a replay; only inserts admit. Whoever loses an insert answers from the winner.
 * What was taken over from OpenExec 0.1.10 is found by reads alone: it never changes.
 */
public final class ExactlyOnce {
  private final ExecutionStore store;
  private final Unfinished unfinished;
  private final Executor readers;
  private final Predicate<Action> full;
  private final AtomicLong attempts = new AtomicLong();

  /**
   * Makes the gates over a store.
   *
   * @param unfinished keeps trying what could not be written
   * @param readers runs what has to read after a write that somebody else was first with
   * @param full whether as many of an action run as may ({@link Dispatcher#isFull})
   */
  public ExactlyOnce(
      ExecutionStore store, Unfinished unfinished, Executor readers, Predicate<Action> full) {
    this.store = store;
    this.unfinished = unfinished;
    this.readers = readers;
    this.full = full;
  }

  /**
   * Gate 4, the first half: finds what is on record, where the insert that follows would not tell
   * as well: what is for replay only, what was taken over, and what may be refused a slot to run
   * in. Who would be refused one just now is sent away here: a reservation that comes to nothing
   * costs two commits and somebody who takes it back, and all actions share those.
   *
   * @return {@link OnRecord}, or {@link Unclaimed} if there is nothing, or nothing has to be found
   * @throws Refusal if the nonce belongs to another request, if nothing is on record and the
   *     candidate is for replay only, if an approval was used before the takeover, if as many of an
   *     effectful action run as may, or if the store is unavailable
   */
  public Claim find(Candidate candidate) {
    if (candidate instanceof Admissible unread
        && store.insertsFindAll()
        && !mayBeSentAway(unread.action())) {
      return new Unclaimed(unread);
    }
    VerifiedRequest verified = candidate.verified();
    Optional<Execution> found = find(verified);
    if (found.isPresent()) {
      return replay(found.get(), verified);
    }
    if (candidate instanceof ReplayOnly replayOnly) {
      throw replayOnly.refusal();
    }
    if (isUsedBeforeTakeover(verified)) {
      throw Refusal.approvalUsed();
    }
    Admissible admissible = (Admissible) candidate;
    if (admissible.action().effect() == Effect.EFFECTFUL && full.test(admissible.action())) {
      throw Refusal.overloaded();
    }
    return new Unclaimed(admissible);
  }

  /**
   * Gate 4, the second half: claims nonce and approval for an effectful action, durably. A pure one
   * needs no reservation.
   *
   * @return {@link Admitted}, or {@link OnRecord} if somebody else was first. It completes with a
   *     {@link Refusal} if the nonce or an approval was used for something else, or if the store is
   *     unavailable
   */
  public CompletableFuture<Claim> reserve(Unclaimed unclaimed) {
    Admissible admissible = unclaimed.candidate();
    VerifiedRequest verified = admissible.verified();
    Attempt attempt = new Attempt(store.lease().owner(), attempts.incrementAndGet());
    Admitted admitted = new Admitted(admissible, attempt, store.evidence().now());
    if (admissible.action().effect() == Effect.PURE) {
      return CompletableFuture.completedFuture(admitted);
    }
    if (unfinished.isBehind()) {
      return unwritten(verified, false);
    }
    return store
        .insert(verified, admitted.at(), attempt, Execution.running(verified))
        .handle(Written::new)
        .thenCompose(written -> reserved(admitted, written));
  }

  /** What became of an insert: one of the two. */
  private record Written(@Nullable Insert insert, @Nullable Throwable failure) {}

  private CompletableFuture<Claim> reserved(Admitted admitted, Written written) {
    VerifiedRequest verified = admitted.candidate().verified();
    Insert inserted = written.insert();
    if (inserted == null) {
      boolean ours = mayHaveHappened(written.failure());
      if (ours) {
        // And nobody will ever dispatch it.
        unfinished.release(Reservation.of(verified, admitted.attempt()));
      }
      return unwritten(verified, ours);
    }
    return inserted == Insert.INSERTED
        ? CompletableFuture.completedFuture(admitted)
        : lost(inserted, verified).thenApply(found -> found);
  }

  /**
   * Answers from the record who could not write a reservation: it may have been one too many.
   *
   * @param ours whether what is running may be the very reservation
   */
  private CompletableFuture<Claim> unwritten(VerifiedRequest verified, boolean ours) {
    return CompletableFuture.supplyAsync(
        () -> {
          Execution found = winner(verified);
          if (ours && found.state() == State.RUNNING && found.isOf(verified)) {
            throw Refusal.storeUnavailable();
          }
          return replay(found, verified);
        },
        readers);
  }

  /** A replay may not be. A pure action runs, in a slot of its own, before its insert. */
  private boolean mayBeSentAway(Action action) {
    return action.concurrency().isPresent()
        && (action.effect() == Effect.PURE || full.test(action));
  }

  private static boolean mayHaveHappened(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
    return !(cause instanceof StoreUnavailable unavailable) || unavailable.mayHaveHappened();
  }

  /** Answers who lost an insert, from the winner. */
  private CompletableFuture<OnRecord> lost(Insert insert, VerifiedRequest verified) {
    if (insert == Insert.APPROVAL_USED) {
      throw Refusal.approvalUsed();
    }
    return CompletableFuture.supplyAsync(() -> replay(winner(verified), verified), readers);
  }

  /**
   * Gate 6: puts the outcome on record.
   *
   * @return what is on record: this outcome, or the winner's where a pure action lost the race; a
   *     running one where the outcome of a dispatched action could not be written yet. It completes
   *     with a {@link Refusal} if a pure action's outcome could not be recorded, so that nothing
   *     happened
   */
  public CompletableFuture<OnRecord> record(Executed executed) {
    Admitted admitted = executed.admitted();
    VerifiedRequest verified = admitted.candidate().verified();
    Execution ended = store.evidence().ended(verified, admitted.at(), executed.outcome());
    return admitted.candidate().action().effect() == Effect.PURE
        ? insert(verified, admitted, ended)
        : complete(verified, admitted.attempt(), ended);
  }

  private CompletableFuture<OnRecord> insert(
      VerifiedRequest verified, Admitted admitted, Execution ended) {
    return store
        .insert(verified, admitted.at(), admitted.attempt(), ended)
        // What cannot be written may be on record all the same.
        .exceptionally(failure -> Insert.NONCE_TAKEN)
        .thenCompose(
            inserted ->
                inserted == Insert.INSERTED
                    ? CompletableFuture.completedFuture(new OnRecord(ended, false))
                    : lost(inserted, verified));
  }

  private CompletableFuture<OnRecord> complete(
      VerifiedRequest verified, Attempt attempt, Execution ended) {
    return store
        .complete(attempt, ended)
        .handle(
            (onRecord, failure) -> {
              if (failure != null) {
                unfinished.complete(attempt, ended);
                return new OnRecord(Execution.running(verified), false);
              }
              return new OnRecord(onRecord, false);
            });
  }

  private static OnRecord replay(Execution found, VerifiedRequest verified) {
    if (!found.isOf(verified)) {
      throw Refusal.nonceReused();
    }
    return new OnRecord(found, true);
  }

  private Execution winner(VerifiedRequest verified) {
    return find(verified).orElseThrow(Refusal::storeUnavailable);
  }

  private Optional<Execution> find(VerifiedRequest verified) {
    try {
      return store.find(verified);
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }

  private boolean isUsedBeforeTakeover(VerifiedRequest verified) {
    try {
      return store.isUsedBeforeTakeover(verified);
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }
}
