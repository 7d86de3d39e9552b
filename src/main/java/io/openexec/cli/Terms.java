package io.openexec.cli;

import io.openexec.boundary.ExecutionRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is approved, for whom and within which limits.
 *
 * @param request of which action and payload are approved
 * @param tenant for whom
 * @param issuedAt in whole seconds
 * @param ttl how long after that it may be used
 * @param audience which services may take a token; none: any
 * @param nonceBound whether a token is for this request's nonce alone
 * @param scope to which actions a token says it is limited; none: it says nothing
 * @param notBefore from when on a token may be used
 */
record Terms(
    ExecutionRequest request,
    String tenant,
    Instant issuedAt,
    Duration ttl,
    List<String> audience,
    boolean nonceBound,
    List<String> scope,
    @Nullable Instant notBefore) {
  Terms {
    audience = List.copyOf(audience);
    scope = List.copyOf(scope);
  }

  Instant expiresAt() {
    return issuedAt.plus(ttl);
  }
}
