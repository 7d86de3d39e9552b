package io.openexec.execution;

import io.openexec.boundary.VerifiedRequest;
import io.openexec.receipt.Hash;
import io.openexec.receipt.Receipt;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * The record. Every write is durable, synced to disk, when it is said to be done; one that ends
 * with {@link StoreUnavailable} may have happened, unless that says that it has not. The database
 * decides uniqueness: of the nonce and of the approvals within their tenant.
 *
 * <p>What depends on the future of a write runs one after the other for all writes of a commit: it
 * must not wait, nor read.
 */
public interface ExecutionStore extends AutoCloseable {
  /** What an insert came to. Whatever it came to, it happened whole or not at all. */
  enum Insert {
    /** Nonce and approvals were unused, and are used now. */
    INSERTED,
    /** The nonce is on record. Nothing was written. */
    NONCE_TAKEN,
    /** One of the approvals is on record, under another nonce. Nothing was written. */
    APPROVAL_USED
  }

  /** Finds an execution that was made here. */
  Optional<Execution> find(UUID id) throws StoreUnavailable;

  /**
   * Finds the execution that used the nonce of a request. It may be of another request; and of
   * another tenant, if it was made by OpenExec 0.1.10, whose nonces stay used for every tenant.
   */
  Optional<Execution> find(VerifiedRequest request) throws StoreUnavailable;

  /**
   * Returns whether every nonce that is used makes an insert fail: nothing was taken over from
   * OpenExec 0.1.10, which reads alone find.
   */
  boolean insertsFindAll();

  /**
   * Returns whether an approval of a request counts as used by OpenExec 0.1.10, which kept no
   * record of approvals: it was issued before the takeover, and is for what was executed there.
   */
  boolean isUsedBeforeTakeover(VerifiedRequest request) throws StoreUnavailable;

  /**
   * Records nonce and approvals of a request with what it came to: an outcome, or, while it is
   * {@link State#RUNNING}, a reservation for the dispatch that follows.
   *
   * @param admittedAt as the receipts of its outcomes have it
   * @param attempt who made it; a reservation needs an owner whose lease lasts
   * @param execution of that very request; its receipt, if it has one, is written with it
   */
  CompletableFuture<Insert> insert(
      VerifiedRequest request, Instant admittedAt, Attempt attempt, Execution execution);

  /**
   * Records how a reservation ended, if {@code attempt} still holds it.
   *
   * <p>If it was declared unknown meanwhile, a definite outcome settles it with the reason {@link
   * Outcome#LATE_OUTCOME}; if it was settled otherwise meanwhile, the late one is kept in its
   * history and changes nothing. Repeating the call is harmless.
   *
   * @param ended the execution, with its outcome and the receipt of that, which is written with it.
   *     An outcome that is recorded otherwise gets another receipt
   * @return what is on record afterwards
   */
  CompletableFuture<Execution> complete(Attempt attempt, Execution ended);

  /**
   * Takes back a reservation that was never dispatched, with its approvals, if its attempt made it.
   * If it was declared unknown meanwhile, somebody may have seen that: then it is settled as failed
   * ({@link Outcome#NEVER_DISPATCHED}). Repeating the call is harmless.
   *
   * @return what completes when no commit that is still under way can bring the reservation back
   */
  CompletableFuture<Void> release(Reservation reservation);

  /**
   * Settles an unknown execution by an operator's word.
   *
   * @param outcome {@link State#SUCCEEDED} or {@link State#FAILED}, with a reason
   * @return what is on record afterwards; empty if there is no such execution, or it is not unknown
   */
  Optional<Execution> settle(UUID id, Outcome outcome) throws StoreUnavailable;

  /** Returns whether this store issued exactly that receipt for that execution, ever. */
  boolean issued(UUID id, Hash receipt) throws StoreUnavailable;

  /**
   * Keeps a receipt that is of no execution.
   *
   * @param disclosures whether its disclosures are kept, too
   */
  CompletableFuture<Void> keep(Receipt receipt, boolean disclosures);

  /** Returns what issues the receipts of this record. */
  Evidence evidence();

  /** Writes something durable and of no consequence. */
  void probe() throws StoreUnavailable;

  /** Returns the right to make reservations here. */
  Lease lease();

  @Override
  void close();
}
