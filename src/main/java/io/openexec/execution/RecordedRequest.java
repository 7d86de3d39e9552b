package io.openexec.execution;

import io.openexec.boundary.Approval;
import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.receipt.CanonicalJson;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is on record of a request that was admitted, and never changes: what its receipts speak of.
 *
 * @param id the execution's id
 * @param tenant whose it is
 * @param nonce a JSON string, ASCII
 * @param action the action's name
 * @param payload JSON in its compact canonical form
 * @param approvals a JSON array of the approvals, verbatim; null where there was none
 * @param admittedAt when it became this one's to execute
 */
public record RecordedRequest(
    UUID id,
    String tenant,
    String nonce,
    String action,
    String payload,
    @Nullable String approvals,
    Instant admittedAt) {

  /** Returns what will be on record of a request. */
  public static RecordedRequest of(VerifiedRequest verified, Instant admittedAt) {
    ExecutionRequest request = verified.request();
    return new RecordedRequest(
        verified.executionId(),
        verified.tenant(),
        CanonicalJson.quoted(request.nonce()),
        request.action(),
        request.payload().compact(),
        verbatim(verified.approvals()),
        admittedAt);
  }

  static @Nullable String verbatim(List<Approval> approvals) {
    return approvals.isEmpty()
        ? null
        : approvals.stream().map(Approval::verbatim).collect(Collectors.joining(",", "[", "]"));
  }
}
