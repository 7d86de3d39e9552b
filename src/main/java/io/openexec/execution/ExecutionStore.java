package io.openexec.execution;

import io.openexec.boundary.VerifiedRequest;
import io.openexec.receipt.Hash;
import java.util.Optional;
import java.util.UUID;

/**
 * The record. Every write is durable, synced to disk, when the method returns; one that throws
 * {@link StoreUnavailable} may or may not have happened. The database decides uniqueness: of the
 * nonce and of the approval within their tenant.
 */
public interface ExecutionStore extends AutoCloseable {
  /** What an insert came to. Whatever it came to, it happened whole or not at all. */
  enum Insert {
    /** Nonce and approval were unused, and are used now. */
    INSERTED,
    /** The nonce is on record. Nothing was written. */
    NONCE_TAKEN,
    /** The approval is on record, under another nonce. Nothing was written. */
    APPROVAL_USED
  }

  /** Finds an execution. */
  Optional<Execution> find(UUID id) throws StoreUnavailable;

  /** Reserves nonce and approval for a dispatch that follows: the execution is running. */
  Insert reserve(VerifiedRequest request, Attempt attempt) throws StoreUnavailable;

  /** Records nonce, approval and outcome of an execution that is over. */
  Insert insert(VerifiedRequest request, Attempt attempt, Outcome outcome) throws StoreUnavailable;

  /**
   * Records the outcome of a reservation, if {@code attempt} still holds it.
   *
   * <p>If it was declared unknown meanwhile, a definite outcome settles it with the reason {@link
   * Outcome#LATE_OUTCOME}; if it was settled otherwise meanwhile, the late one is kept in its
   * history and changes nothing. Repeating the call is harmless.
   *
   * @return what is on record afterwards
   */
  Execution complete(UUID id, Attempt attempt, Outcome outcome) throws StoreUnavailable;

  /**
   * Takes back a reservation that was never dispatched, with its approval, if {@code attempt} made
   * it and it is still running. Repeating the call is harmless.
   */
  void release(UUID id, Attempt attempt) throws StoreUnavailable;

  /**
   * Settles an unknown execution by an operator's word.
   *
   * @param outcome {@link State#SUCCEEDED} or {@link State#FAILED}, with a reason
   * @return what is on record afterwards; empty if there is no such execution, or it is not unknown
   */
  Optional<Execution> settle(UUID id, Outcome outcome) throws StoreUnavailable;

  /** Returns whether this store issued exactly that receipt for that execution, ever. */
  boolean issued(UUID id, Hash receipt) throws StoreUnavailable;

  /** Writes something durable and of no consequence. */
  void probe() throws StoreUnavailable;

  @Override
  void close();
}
