package io.openexec.boundary;

import io.openexec.receipt.ExecutionId;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request whose approval holds, but for the clock. Only {@link ApprovalVerifier} makes one, so
 * whoever is handed one need not check again.
 */
public final class VerifiedRequest {
  private final ExecutionRequest request;
  private final String tenant;
  private final @Nullable Approval approval;
  private final UUID executionId;

  VerifiedRequest(ExecutionRequest request, String tenant, @Nullable Approval approval) {
    this.request = request;
    this.tenant = tenant;
    this.approval = approval;
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

  /** Returns the approval; empty only in demo mode. */
  public Optional<Approval> approval() {
    return Optional.ofNullable(approval);
  }

  /** Returns the id of the execution that this tenant and nonce stand for. */
  public UUID executionId() {
    return executionId;
  }
}
