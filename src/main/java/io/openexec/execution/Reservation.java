package io.openexec.execution;

import io.openexec.boundary.Approval;
import io.openexec.boundary.VerifiedRequest;
import java.util.Optional;
import java.util.UUID;

/**
 * What a reservation holds: a nonce, by the execution's id, and an approval. Without the request,
 * which may be large, so that many of them can be kept.
 *
 * @param id the execution's
 * @param tenant whose
 * @param approvalId the approval's, if there is one
 * @param attempt who made it
 */
public record Reservation(UUID id, String tenant, Optional<String> approvalId, Attempt attempt) {

  /** Returns the reservation that an attempt makes, or made, for a request. */
  public static Reservation of(VerifiedRequest request, Attempt attempt) {
    return new Reservation(
        request.executionId(), request.tenant(), request.approval().map(Approval::id), attempt);
  }
}
