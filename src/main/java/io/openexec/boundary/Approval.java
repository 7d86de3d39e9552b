package io.openexec.boundary;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An approval that holds, but for the clock: an artifact or a token. Only {@link ApprovalVerifier}
 * makes one.
 *
 * <p>Time is checked apart, and last: it decides whether a new execution may happen, and never
 * takes the answer away from one that already did.
 */
public final class Approval {
  private static final Duration ISSUER_AHEAD = Duration.ofSeconds(60);

  private final String id;
  private final String verbatim;
  private final @Nullable String issuer;
  private final Instant issuedAt;
  private final Instant expiresAt;

  private Approval(
      String id, String verbatim, @Nullable String issuer, Instant issuedAt, Instant expiresAt) {
    this.id = id;
    this.verbatim = verbatim;
    this.issuer = issuer;
    this.issuedAt = issuedAt;
    this.expiresAt = expiresAt;
  }

  static Approval of(ApprovalArtifact artifact, Instant issuedAt, Instant expiresAt) {
    return new Approval(artifact.approvalId(), verbatim(artifact), null, issuedAt, expiresAt);
  }

  private static String verbatim(ApprovalArtifact artifact) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("approval_id", artifact.approvalId())
        .put("tenant_id", artifact.tenantId())
        .put("action_hash", artifact.actionHash())
        .put("issued_at", artifact.issuedAt())
        .put("expires_at", artifact.expiresAt())
        .put("signature", artifact.signature())
        .toString();
  }

  /** Returns the id, a lower-case UUID, unique within its tenant. */
  public String id() {
    return id;
  }

  /** Returns the approval as it came, as JSON: an artifact's object, or a token as a string. */
  public String verbatim() {
    return verbatim;
  }

  /** Returns who gave it, if it says so: an artifact does not. */
  public Optional<String> issuer() {
    return Optional.ofNullable(issuer);
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
