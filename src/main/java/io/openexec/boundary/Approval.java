package io.openexec.boundary;

import java.time.Duration;
import java.time.Instant;

/**
 * An approval that holds, but for the clock. Only {@link ApprovalVerifier} makes one.
 *
 * <p>Time is checked apart, and last: it decides whether a new execution may happen, and never
 * takes the answer away from one that already did.
 */
public final class Approval {
  private static final Duration ISSUER_AHEAD = Duration.ofSeconds(60);

  private final ApprovalArtifact artifact;
  private final Instant issuedAt;
  private final Instant expiresAt;

  Approval(ApprovalArtifact artifact, Instant issuedAt, Instant expiresAt) {
    this.artifact = artifact;
    this.issuedAt = issuedAt;
    this.expiresAt = expiresAt;
  }

  /** Returns the id, a lower-case UUID, unique within its tenant. */
  public String id() {
    return artifact.approvalId();
  }

  /** Returns the artifact, verbatim. */
  public ApprovalArtifact artifact() {
    return artifact;
  }

  /** Returns whether it was issued before that instant, by its own word. */
  public boolean isIssuedBefore(Instant instant) {
    return issuedAt.isBefore(instant);
  }

  /**
   * Checks that a new execution may begin at {@code now}: not after the expiry, without leeway, and
   * not more than 60 seconds before the issue.
   *
   * @throws Refusal if it may not
   */
  public void checkAt(Instant now) {
    if (now.isAfter(expiresAt)) {
      throw Refusal.expired();
    }
    if (issuedAt.isAfter(now.plus(ISSUER_AHEAD))) {
      throw Refusal.notYetValid();
    }
  }
}
