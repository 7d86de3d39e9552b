package io.openexec.boundary;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.openexec.receipt.CanonicalJson;
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
  private final Instant notBefore;
  private final Instant end;

  private Approval(
      String id,
      String verbatim,
      @Nullable String issuer,
      Instant issuedAt,
      Instant notBefore,
      Instant end) {
    this.id = id;
    this.verbatim = verbatim;
    this.issuer = issuer;
    this.issuedAt = issuedAt;
    this.notBefore = notBefore;
    this.end = end;
  }

  static Approval of(ApprovalArtifact artifact, Instant issuedAt, Instant expiresAt) {
    // At that very instant it may be used still.
    Instant end = expiresAt.plusNanos(1);
    return new Approval(
        artifact.approvalId(), verbatim(artifact), null, issuedAt, Instant.MIN, end);
  }

  static Approval of(String token, TokenClaims claims) {
    return new Approval(
        claims.id(),
        CanonicalJson.quoted(token),
        claims.issuer(),
        claims.issuedAt(),
        claims.notBefore() == null ? Instant.MIN : claims.notBefore(),
        claims.expiresAt());
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
   * Checks that a new execution may begin at {@code now}: before the end, without leeway, which is
   * just after an artifact's {@code expires_at}, and a token's {@code exp} (RFC 7519, section
   * 4.1.4); not before a token's {@code nbf}; and not more than 60 seconds before the issue.
   *
   * @throws Refusal if it may not
   */
  public void checkAt(Instant now) {
    if (!now.isBefore(end)) {
      throw isToken() ? Refusal.tokenExpired() : Refusal.expired();
    }
    if (now.isBefore(notBefore) || issuedAt.isAfter(now.plus(ISSUER_AHEAD))) {
      throw isToken() ? Refusal.tokenNotYetValid() : Refusal.notYetValid();
    }
  }

  /** Returns whether it is a token, and not an artifact of OpenExec 0.1.10. */
  public boolean isToken() {
    return issuer != null;
  }
}
