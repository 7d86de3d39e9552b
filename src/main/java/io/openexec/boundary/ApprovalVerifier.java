package io.openexec.boundary;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Gate 2: the approval of a request, checked without calling anyone.
 *
 * <p>The members are checked for shape before the signature, because the signature covers their
 * concatenation: the shapes leave one way only to cut it into members.
 */
public final class ApprovalVerifier {
  /** The most code points of a tenant's name. */
  public static final int MAX_TENANT = 255;

  /** Demo mode's only tenant. No approval may name it, for a tenant has at least one character. */
  public static final String DEMO_TENANT = "";

  private static final Pattern UUID_FORM =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private final boolean demo;
  private final ApprovalKeys keys;
  private final String tenant;

  private ApprovalVerifier(boolean demo, ApprovalKeys keys, String tenant) {
    this.demo = demo;
    this.keys = keys;
    this.tenant = tenant;
  }

  /**
   * Returns the verifier of demo mode: no approval is needed and no signature checked, but an
   * approval that is sent must hold in everything else, and is used up.
   */
  public static ApprovalVerifier demo() {
    return new ApprovalVerifier(true, ApprovalKeys.none(), DEMO_TENANT);
  }

  /**
   * Returns the verifier of clawshield mode.
   *
   * @param keys the approvers' keys; if empty, nothing verifies
   * @param tenant the only tenant served; if empty, nothing verifies
   */
  public static ApprovalVerifier clawshield(ApprovalKeys keys, Optional<String> tenant) {
    return new ApprovalVerifier(false, keys, tenant.orElse(DEMO_TENANT));
  }

  /**
   * Checks, and the first reason wins: that there is an approval; that it is for this action and
   * payload; its expiry, present and well-formed; the form of its other members; that a key is
   * configured; the signature; the tenant.
   *
   * @throws Refusal 403, with that reason
   */
  public VerifiedRequest verify(ExecutionRequest request) {
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
    keys.verify(artifact.signedText().getBytes(StandardCharsets.UTF_8), artifact.signature());
  }
}
