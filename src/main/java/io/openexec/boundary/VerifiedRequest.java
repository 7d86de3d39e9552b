package io.openexec.boundary;

import io.openexec.receipt.ExecutionId;
import java.util.List;
import java.util.UUID;

/**
 * A request whose approvals hold, but for the clock. Only {@link ApprovalVerifier} makes one, so
 * whoever is handed one need not check again.
 */
public final class VerifiedRequest {
  private final ExecutionRequest request;
  private final String tenant;
  private final List<Approval> approvals;
  private final UUID executionId;

  VerifiedRequest(ExecutionRequest request, String tenant, List<Approval> approvals) {
    this.request = request;
    this.tenant = tenant;
    this.approvals = List.copyOf(approvals);
    this.executionId = ExecutionId.of(tenant, request.nonce());
  }

  /** Returns the request. */
  public ExecutionRequest request() {
    return request;
  }

  /** Returns whose request it is; the empty string in demo mode. */
  public String tenant() {
    return tenant;
  }

  /**
   * Returns the approvals, as many as the request presented, no two of one id; empty only in demo
   * mode. All of them are used up together, or none.
   */
  public List<Approval> approvals() {
    return approvals;
  }

  /** Returns the id of the execution that this tenant and nonce stand for. */
  public UUID executionId() {
    return executionId;
  }
}
