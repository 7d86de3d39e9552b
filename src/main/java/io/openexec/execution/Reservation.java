package io.openexec.execution;

import io.openexec.boundary.Approval;
import io.openexec.boundary.VerifiedRequest;
import java.util.List;
import java.util.UUID;

/**
 * What a reservation holds: a nonce, by the execution's id, and approvals. Without the request,
 * which may be large, so that many of them can be kept.
 *
 * @param id the execution's
 * @param tenant whose
 * @param approvalIds the approvals', if there are any
 * @param attempt who made it
 */
public record Reservation(UUID id, String tenant, List<String> approvalIds, Attempt attempt) {
  /** Keeps a copy of the list. */
  public Reservation {
    approvalIds = List.copyOf(approvalIds);
  }

  /** Returns the reservation that an attempt makes, or made, for a request. */
  public static Reservation of(VerifiedRequest request, Attempt attempt) {
    return new Reservation(
        request.executionId(),
        request.tenant(),
        request.approvals().stream().map(Approval::id).toList(),
        attempt);
  }
}
