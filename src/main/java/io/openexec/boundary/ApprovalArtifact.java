package io.openexec.boundary;

/**
 * An approval as it came in, in the form of OpenExec 0.1.10: strings and nothing proven about them.
 *
 * @param approvalId the approval's id
 * @param tenantId for whom it was given
 * @param actionHash what it approves
 * @param issuedAt when it was given
 * @param expiresAt until when it may be used
 * @param signature Ed25519 over the other five, in base64
 */
public record ApprovalArtifact(
    String approvalId,
    String tenantId,
    String actionHash,
    String issuedAt,
    String expiresAt,
    String signature) {

  /** Returns what the signature covers: the members without separators. */
  String signedText() {
    return approvalId + tenantId + actionHash + issuedAt + expiresAt;
  }
}
