package io.openexec.boundary;

import io.openexec.signature.VerificationKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An approver's key, and what it is trusted for.
 *
 * @param id its {@code kid}
 * @param key verifies
 * @param tenant the only tenant for whom it approves
 * @param issuer the only {@code iss} in whose name it approves
 * @param notBefore from when on it verifies; null if always
 * @param expiresAt from when on it verifies nothing any more; null if never
 * @param revokedAt the same, for it was revoked; null if it was not
 */
record TrustedKey(
    String id,
    VerificationKey key,
    String tenant,
    String issuer,
    @Nullable Instant notBefore,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt) {

  boolean isRevokedAt(Instant now) {
    return revokedAt != null && !now.isBefore(revokedAt);
  }

  boolean isInTimeAt(Instant now) {
    return (notBefore == null || !now.isBefore(notBefore))
        && (expiresAt == null || now.isBefore(expiresAt));
  }
}
