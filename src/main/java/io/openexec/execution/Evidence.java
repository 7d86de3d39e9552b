package io.openexec.execution;

import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.Receipt;
import io.openexec.receipt.ReceiptIssuer;
import io.openexec.receipt.ReceiptIssuer.Claims;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What receipts say: in the clear the status and the reason's code, and nothing of the request or
 * the result, which only the disclosures open.
 *
 * <p>Times are in UTC, to the millisecond (ISO 8601).
 */
public final class Evidence {
  /** The status of a receipt for a request that was refused. */
  public static final String DENIED = "denied";

  /** The status of a receipt that tells how many denials have none. */
  public static final String DROPPED = "denials_dropped";

  /**
   * The status of a receipt for an outcome that came after its execution had been settled, and that
   * contradicts the settlement. It supersedes nothing.
   */
  public static final String CONFLICT = "conflict";

  private final ReceiptIssuer issuer;
  private final Clock clock;

  /** Issues receipts, dated by a clock. */
  public Evidence(ReceiptIssuer issuer, Clock clock) {
    this.issuer = issuer;
    this.clock = clock;
  }

  /** Returns the present, as receipts have it. */
  public Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /**
   * Issues the receipt of an outcome.
   *
   * @param prev the receipt of the outcome that it supersedes
   */
  public Receipt of(RecordedRequest request, Outcome outcome, @Nullable UUID prev) {
    return issue(request, outcome, outcome.state().code(), prev);
  }

  /** Returns the execution that a request became, with the receipt of its outcome. */
  public Execution ended(VerifiedRequest verified, Instant admittedAt, Outcome outcome) {
    return Execution.ended(
        verified, outcome, of(RecordedRequest.of(verified, admittedAt), outcome, null));
  }

  /** Issues the receipt of an outcome that contradicts what is on record, which stays. */
  public Receipt ofConflict(RecordedRequest request, Outcome outcome) {
    return issue(request, outcome, CONFLICT, null);
  }

  private Receipt issue(
      RecordedRequest request, Outcome outcome, String status, @Nullable UUID prev) {
    Instant now = now();
    Map<String, String> concealed = new LinkedHashMap<>();
    concealed.put("exec_id", CanonicalJson.quoted(request.id().toString()));
    concealed.put("tenant_id", CanonicalJson.quoted(request.tenant()));
    concealed.put("action", CanonicalJson.quoted(request.action()));
    concealed.put("payload", request.payload());
    concealed.put("nonce", request.nonce());
    if (request.approvals() != null) {
      concealed.put("approvals", request.approvals());
    }
    JsonValue result = outcome.result();
    if (result != null) {
      concealed.put("result", result.spaced());
    }
    if (status.equals(CONFLICT)) {
      concealed.put("state", CanonicalJson.quoted(outcome.state().code()));
    }
    concealed.put("admitted_at", CanonicalJson.quoted(request.admittedAt().toString()));
    concealed.put("ended_at", CanonicalJson.quoted(now.toString()));
    return issuer.issue(new Claims(status, outcome.reason(), prev, Map.of(), concealed), now);
  }

  /**
   * Issues the receipt of a request that was refused.
   *
   * @param verified the same request if its approval was verified; without, whose it is and what
   *     approved it is only claimed, and the receipt does not repeat it
   * @param reason the refusal's code
   */
  Receipt ofDenial(ExecutionRequest request, Optional<VerifiedRequest> verified, String reason) {
    Instant now = now();
    Map<String, String> concealed = new LinkedHashMap<>();
    verified.ifPresent(v -> concealed.put("tenant_id", CanonicalJson.quoted(v.tenant())));
    concealed.put("action", CanonicalJson.quoted(request.action()));
    concealed.put("payload", request.payload().compact());
    concealed.put("nonce", CanonicalJson.quoted(request.nonce()));
    verified
        .map(v -> RecordedRequest.verbatim(v.approvals()))
        .ifPresent(approvals -> concealed.put("approvals", approvals));
    concealed.put("denied_at", CanonicalJson.quoted(now.toString()));
    return issuer.issue(new Claims(DENIED, reason, null, Map.of(), concealed), now);
  }

  /** Issues the receipt that so many denials have no receipt of their own. */
  Receipt ofDropped(long denials) {
    return issuer.issue(
        new Claims(DROPPED, null, null, Map.of("dropped", denials), Map.of()), now());
  }
}
