package io.openexec.boundary;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Gate 2: the approvals of a request, checked without calling anyone.
 *
 * <p>The members of an artifact are checked for shape before the signature, because the signature
 * covers their concatenation: the shapes leave one way only to cut it into members.
 */
public final class ApprovalVerifier {
  /** The most code points of a tenant's name. */
  public static final int MAX_TENANT = 255;

  /** Demo mode's only tenant. No approval may name it, for a tenant has at least one character. */
  public static final String DEMO_TENANT = "";

  static final Pattern UUID_FORM =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private final boolean demo;
  private final ApprovalKeys keys;
  private final String tenant;
  private final TrustSource trust;
  private final TokenVerifier tokens;

  private ApprovalVerifier(
      boolean demo, ApprovalKeys keys, String tenant, TrustSource trust, TokenVerifier tokens) {
    this.demo = demo;
    this.keys = keys;
    this.tenant = tenant;
    this.trust = trust;
    this.tokens = tokens;
  }

  /** Returns the verifier of demo mode of no audience. */
  public static ApprovalVerifier demo() {
    return demo(Optional.empty());
  }

  /**
   * Returns the verifier of demo mode: no approval is needed and no signature checked, but an
   * approval that is sent must hold in everything else, and is used up.
   *
   * @param audience what a token's {@code aud} has to name, where it has one
   */
  public static ApprovalVerifier demo(Optional<String> audience) {
    TokenVerifier tokens = new TokenVerifier(true, TrustSource.NONE, audience, Clock.systemUTC());
    return new ApprovalVerifier(true, ApprovalKeys.none(), DEMO_TENANT, TrustSource.NONE, tokens);
  }

  /** Returns the verifier of clawshield mode that takes artifacts only. */
  public static ApprovalVerifier clawshield(ApprovalKeys keys, Optional<String> tenant) {
    return clawshield(keys, tenant, TrustSource.NONE, Optional.empty(), Clock.systemUTC());
  }

  /**
   * Returns the verifier of clawshield mode.
   *
   * @param keys the keys of artifacts; if empty, no artifact verifies
   * @param tenant the only tenant of artifacts; if empty, no artifact verifies
   * @param trust the keys of tokens, and what was revoked of either kind
   * @param audience what a token's {@code aud} has to name, where it has one
   * @param clock judges the time of the tokens' keys
   */
  public static ApprovalVerifier clawshield(
      ApprovalKeys keys,
      Optional<String> tenant,
      TrustSource trust,
      Optional<String> audience,
      Clock clock) {
    TokenVerifier tokens = new TokenVerifier(false, trust, audience, clock);
    return new ApprovalVerifier(false, keys, tenant.orElse(DEMO_TENANT), trust, tokens);
  }

  /**
   * Checks, and the first reason wins: that there is an approval; of an artifact, that it is for
   * this action and payload; its expiry, present and well-formed; the form of its other members;
   * that a key is configured; the signature; the tenant. Of tokens, what {@link TokenVerifier}
   * says.
   *
   * @throws Refusal 403, with that reason; 503 if it cannot be told who is trusted
   */
  public VerifiedRequest verify(ExecutionRequest request) {
    if (!request.tokens().isEmpty()) {
      return tokens.verify(request);
    }
    ApprovalArtifact artifact = request.artifact();
    if (artifact == null) {
      if (demo) {
        return new VerifiedRequest(request, DEMO_TENANT, List.of());
      }
      throw Refusal.approvalMissing();
    }
    if (!artifact.actionHash().equals(request.actionHash().hex())) {
      throw Refusal.actionHashMismatch();
    }
    Approval approval = wellFormed(artifact);
    if (!demo) {
      verifySignature(artifact);
      if (!artifact.tenantId().equals(tenant)) {
        throw Refusal.tenantMismatch();
      }
    }
    return new VerifiedRequest(request, tenant, List.of(approval));
  }

  private static Approval wellFormed(ApprovalArtifact artifact) {
    if (artifact.expiresAt().isEmpty()) {
      throw Refusal.expiryMissing();
    }
    Instant expiresAt = Timestamp.parse(artifact.expiresAt()).orElseThrow(Refusal::expiryInvalid);
    if (!UUID_FORM.matcher(artifact.approvalId()).matches()) {
      throw Refusal.illFormed("approval_id", "a lower-case UUID of 36 characters");
    }
    String tenant = artifact.tenantId();
    int tenantLength = tenant.codePointCount(0, tenant.length());
    if (tenantLength < 1 || tenantLength > MAX_TENANT) {
      throw Refusal.illFormed("tenant_id", "1 to " + MAX_TENANT + " characters");
    }
    Instant issuedAt =
        Timestamp.parse(artifact.issuedAt())
            .orElseThrow(
                () -> Refusal.illFormed("issued_at", "a timestamp like 2026-03-01T12:00:00Z"));
    return Approval.of(artifact, issuedAt, expiresAt);
  }

  private void verifySignature(ApprovalArtifact artifact) {
    if (keys.isEmpty()) {
      throw Refusal.keyNotConfigured();
    }
    keys.verify(
        artifact.signedText().getBytes(StandardCharsets.UTF_8),
        artifact.signature(),
        trust.revocations());
  }
}
