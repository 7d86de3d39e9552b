package io.openexec.boundary;

import java.util.Locale;

/**
 * Why a request was not executed: the one vocabulary of refusals. The code is for programs and part
 * of the contract; the status is the HTTP one (RFC 9110), which every other door uses as well.
 */
public enum Reason {
  /** Not the request's schema, or not JSON at all. */
  MALFORMED_REQUEST(422),
  /** The nonce belongs to another request. */
  NONCE_REUSED(422),

  /** No such action is registered. */
  UNKNOWN_ACTION(400),
  /** The action's schema refuses the payload. */
  PAYLOAD_REFUSED(400),

  /** The action is not on the allow-list. */
  ACTION_NOT_ALLOWED(403),
  /** Clawshield mode, and the request has no approval. */
  APPROVAL_MISSING(403),
  /** The approval is for another action or payload. */
  ACTION_HASH_MISMATCH(403),
  /** The approval's {@code expires_at} is empty. */
  EXPIRY_MISSING(403),
  /** The approval's {@code expires_at} is not a timestamp. */
  EXPIRY_INVALID(403),
  /** The approval, or another member of it, does not have its form. */
  APPROVAL_ILL_FORMED(403),
  /** No public key is configured, so nothing can be verified. */
  KEY_NOT_CONFIGURED(403),
  /** No configured key made the signature over these members. */
  SIGNATURE_INVALID(403),
  /** The approval names a tenant that is not served here. */
  TENANT_MISMATCH(403),
  /** The approval's time is over. */
  APPROVAL_EXPIRED(403),
  /** The approval is dated in the future. */
  APPROVAL_NOT_YET_VALID(403),
  /** The approval was used by another execution. */
  APPROVAL_USED(403),
  /** The approval was revoked. */
  APPROVAL_REVOKED(403),
  /** The action demands more approvals, or tokens instead of an artifact. */
  APPROVALS_INSUFFICIENT(403),
  /** Two of the approval tokens have one id. */
  APPROVAL_REPEATED(403),
  /** Two of the approval tokens have one issuer. */
  ISSUER_REPEATED(403),
  /** No trusted key has the token's {@code kid}. */
  KEY_UNKNOWN(403),
  /** The key that signed the token was revoked. */
  KEY_REVOKED(403),
  /** The key that signed the token is not valid yet, or not any more. */
  KEY_OUT_OF_TIME(403),
  /** The token's {@code iss} is not that of the key that signed it. */
  ISSUER_MISMATCH(403),
  /** The token's {@code aud} names somebody else. */
  AUDIENCE_MISMATCH(403),
  /** The token is for another action. */
  ACTION_MISMATCH(403),
  /** The token is for another nonce. */
  NONCE_MISMATCH(403),
  /** The token's {@code scope} does not contain the action. */
  SCOPE_MISMATCH(403),
  /** The token sets a constraint that is not known here. */
  CONSTRAINT_UNKNOWN(403),
  /** The payload has a number that a token's hash cannot cover. */
  PAYLOAD_NOT_REPRESENTABLE(403),

  /** The nonce's execution has not finished. */
  EXECUTION_RUNNING(409),
  /** The nonce's execution may or may not have taken effect. */
  OUTCOME_UNKNOWN(409),
  /** The service was interrupted while it asked, and what approved it is trusted no more. */
  INTERRUPTED(409),

  /** Not HTTP as it has to be. */
  BAD_REQUEST(400),
  /** The body did not arrive in time. */
  REQUEST_TIMEOUT(408),
  /** The target is too long. */
  URI_TOO_LONG(414),
  /** An expectation other than {@code 100-continue}. */
  EXPECTATION_FAILED(417),
  /** The headers are too large. */
  HEADERS_TOO_LARGE(431),
  /** No such resource. */
  NOT_FOUND(404),
  /** The resource does not know the method. */
  METHOD_NOT_ALLOWED(405),
  /** The body exceeds its bound. */
  BODY_TOO_LARGE(413),
  /** The body is not declared to be JSON. */
  NOT_JSON(415),
  /** The request was meant for another host. */
  MISDIRECTED(421),

  /** The action ran and failed: it is known not to have taken effect. */
  ACTION_FAILED(500),
  /** A fault of OpenExec itself. */
  INTERNAL_ERROR(500),
  /** A bound on concurrent work is reached. */
  OVERLOADED(503),
  /** The store cannot be read or written. */
  STORE_UNAVAILABLE(503),
  /** It cannot be told who is trusted, or what was revoked. */
  TRUST_UNAVAILABLE(503),
  /** The service is stopping. */
  SHUTTING_DOWN(503);

  private final int status;

  Reason(int status) {
    this.status = status;
  }

  /** Returns the HTTP status code. */
  public int status() {
    return status;
  }

  /** Returns the code as it stands in answers, such as {@code action_hash_mismatch}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
