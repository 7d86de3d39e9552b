package io.openexec.boundary;

import java.util.Collection;
import java.util.List;

/**
 * A request that was not executed, and what to do about it. All the wording is here; the beginnings
 * that clients of OpenExec 0.1.10 match on are kept to the letter.
 *
 * <p>A refusal carries no stack trace, and nothing of the request beyond the action's name.
 */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int QUOTED_NAME = 256;

  private final Reason reason;

  private Refusal(Reason reason, String detail) {
    super(detail, null, false, false);
    this.reason = reason;
  }

  /** Returns why. */
  public Reason reason() {
    return reason;
  }

  /** Returns the sentence for people: what is wrong, and what to do. */
  public String detail() {
    return String.valueOf(getMessage());
  }

  static Refusal malformed(String what) {
    return new Refusal(
        Reason.MALFORMED_REQUEST,
        what
            + ". Send one JSON object: {\"action\": string, \"payload\": object or null, \"nonce\":"
            + " string, \"approval_artifact\": object or null, \"approval_token\": string, array of"
            + " strings or null}.");
  }

  /** A receipt check whose request does not have its form. */
  public static Refusal malformedReceiptCheck(String what) {
    return new Refusal(
        Reason.MALFORMED_REQUEST,
        what
            + ". Send one JSON object: {\"exec_id\": string, \"result\": the result or its JSON as"
            + " a string, \"receipt\": string}.");
  }

  /** A line of a file that is so long that what comes after it was not looked for. */
  public static Refusal endless(int most) {
    return new Refusal(
        Reason.BODY_TOO_LARGE,
        "This line has no end within 64 MiB, where a request has at most "
            + most
            + " bytes: whatever comes after it in the file was not read, and nothing of it was"
            + " executed. Send that again in another file.");
  }

  /** What was read of a file, and was cut off before it was answered. */
  public static Refusal gone() {
    return new Refusal(
        Reason.MALFORMED_REQUEST,
        "This line is gone: the file was cut off after it was taken. Whether it was executed, the"
            + " same request tells when it is sent again. Write a file elsewhere, and rename it into"
            + " the inbox when it is complete.");
  }

  /**
   * What was asked before an interruption, and is refused now for a reason by which the record is
   * not asked.
   *
   * @param why the code of that reason
   */
  public static Refusal interrupted(ExecutionRequest request, String why) {
    String id = request.claimedId().map(of -> " GET /receipts/" + of).orElse(" the record");
    return new Refusal(
        Reason.INTERRUPTED,
        "This was asked for before, without an answer, and may have been executed then. What"
            + " approved it is not accepted any more ("
            + why
            + "), so that its outcome is not told. Before you have it approved again, ask"
            + id
            + " when the action's time is over, and a minute more: if there is a receipt, it says what"
            + " came of it; if there is still none (404), nothing was executed.");
  }

  /** What a route handed over is no text and no bytes, such as a map; its class says what it is. */
  public static Refusal notMarshalled(Class<?> type) {
    return malformed(
        "The body is a "
            + type.getName()
            + ", neither text nor bytes: the route has to marshal it to JSON before");
  }

  /** What a file was continued with in the middle of a line that had been read. */
  public static Refusal cutOff() {
    return new Refusal(
        Reason.MALFORMED_REQUEST,
        "This is the rest of the line before, which had been taken for complete: the file was written"
            + " to after it was taken. Nothing of this was executed. Write a file elsewhere, and"
            + " rename it into the inbox when it is complete; send what is missing again.");
  }

  /** The nonce was used for another action or payload. Tells nothing of that one. */
  public static Refusal nonceReused() {
    return new Refusal(
        Reason.NONCE_REUSED,
        "The nonce was used for a different request. Send a new request with a new nonce, or repeat"
            + " the first one exactly.");
  }

  /** No action of that name is registered. */
  public static Refusal unknownAction(String name) {
    return new Refusal(
        Reason.UNKNOWN_ACTION,
        "Unknown action: " + quoted(name) + ". Use an action that this service has registered.");
  }

  /** The action's schema refuses the payload. */
  public static Refusal payloadRefused(String name, Collection<String> errors) {
    return new Refusal(
        Reason.PAYLOAD_REFUSED,
        "The payload does not fit the schema of action '"
            + quoted(name)
            + "': "
            + String.join("; ", errors)
            + ". Correct the payload; an approval has to be for the corrected one.");
  }

  /** The action is not on the allow-list. */
  public static Refusal notAllowed(String name) {
    return new Refusal(
        Reason.ACTION_NOT_ALLOWED,
        "Action '"
            + quoted(name)
            + "' is not in the execution allow-list. Ask the operator to add it, or use an action that"
            + " is.");
  }

  static Refusal approvalMissing() {
    return new Refusal(
        Reason.APPROVAL_MISSING,
        "ClawShield mode requires an approval artifact. Have this action and payload approved and"
            + " send the approval as approval_artifact or approval_token.");
  }

  static Refusal actionHashMismatch() {
    return new Refusal(
        Reason.ACTION_HASH_MISMATCH,
        "Action hash mismatch. The approval is for another action or payload; have exactly this one"
            + " approved.");
  }

  static Refusal expiryMissing() {
    return new Refusal(
        Reason.EXPIRY_MISSING,
        "Missing expires_at in approval artifact. Every approval needs an end; have it issued again"
            + " with one.");
  }

  static Refusal expiryInvalid() {
    return new Refusal(
        Reason.EXPIRY_INVALID,
        "Invalid expires_at timestamp. It must look like 2026-03-01T12:05:00Z, with at most nine"
            + " digits of fraction.");
  }

  static Refusal illFormed(String member, String form) {
    return new Refusal(
        Reason.APPROVAL_ILL_FORMED,
        "Invalid " + member + " in approval artifact. It must be " + form + ".");
  }

  static Refusal keyNotConfigured() {
    return new Refusal(
        Reason.KEY_NOT_CONFIGURED,
        "CLAWSHIELD_PUBLIC_KEY not configured. The operator has to set the approver's public key.");
  }

  static Refusal signatureInvalid() {
    return new Refusal(
        Reason.SIGNATURE_INVALID,
        "Invalid signature. No trusted key signed this approval as it stands; send it unchanged, or"
            + " have it issued again.");
  }

  static Refusal tenantMismatch() {
    return new Refusal(
        Reason.TENANT_MISMATCH,
        "Tenant mismatch. The approval names a tenant that this service does not serve; send it"
            + " where it belongs.");
  }

  static Refusal illFormedToken(String what) {
    return new Refusal(
        Reason.APPROVAL_ILL_FORMED,
        "Invalid approval token: "
            + what
            + ". It must be an openexec-approval+jwt signed with EdDSA, in compact "
            + "form.");
  }

  static Refusal trustNotConfigured() {
    return new Refusal(
        Reason.KEY_NOT_CONFIGURED,
        "OPENEXEC_TRUST not configured. The operator has to name the file of "
            + "the keys whose approval tokens are taken.");
  }

  static Refusal keyUnknown() {
    return new Refusal(
        Reason.KEY_UNKNOWN,
        "Unknown key. No trusted key has the approval token's kid; have it "
            + "issued under one that is trusted here.");
  }

  static Refusal keyRevoked() {
    return new Refusal(
        Reason.KEY_REVOKED,
        "Key revoked. The key that signed the approval token is not trusted any"
            + " more; have it issued again under another one.");
  }

  static Refusal keyOutOfTime() {
    return new Refusal(
        Reason.KEY_OUT_OF_TIME,
        "Key not valid now. The key that signed the approval token is not valid"
            + " yet, or not any more; have it issued again under one that is.");
  }

  static Refusal issuerMismatch() {
    return new Refusal(
        Reason.ISSUER_MISMATCH,
        "Issuer mismatch. The approval token's iss is not that of the key that " + "signed it.");
  }

  static Refusal keyOfAnotherTenant() {
    return new Refusal(
        Reason.TENANT_MISMATCH,
        "Tenant mismatch. The approval token's tenant_id is not that of the key"
            + " that signed it.");
  }

  static Refusal severalTenants() {
    return new Refusal(
        Reason.TENANT_MISMATCH,
        "Tenant mismatch. The approval tokens are of several tenants; all have " + "to be of one.");
  }

  static Refusal audienceMismatch() {
    return new Refusal(
        Reason.AUDIENCE_MISMATCH,
        "Audience mismatch. The approval token's aud does not name this "
            + "service; send it where it belongs.");
  }

  static Refusal actionMismatch() {
    return new Refusal(
        Reason.ACTION_MISMATCH,
        "Action mismatch. The approval token is for another action; have this " + "one approved.");
  }

  static Refusal nonceMismatch() {
    return new Refusal(
        Reason.NONCE_MISMATCH,
        "Nonce mismatch. The approval token is for another nonce; send that "
            + "one, or have this one approved.");
  }

  static Refusal scopeMismatch() {
    return new Refusal(
        Reason.SCOPE_MISMATCH,
        "Scope mismatch. The approval token's scope does not contain the " + "action.");
  }

  static Refusal constraintUnknown() {
    return new Refusal(
        Reason.CONSTRAINT_UNKNOWN,
        "Unknown constraint. The approval token sets a constraint that this "
            + "service does not know, and so cannot keep; have it issued without.");
  }

  static Refusal notRepresentable(String what) {
    return new Refusal(
        Reason.PAYLOAD_NOT_REPRESENTABLE,
        "The payload has "
            + what
            + ", so no approval token can cover it. Send it as a string, or have it "
            + "approved by an artifact.");
  }

  static Refusal approvalRepeated() {
    return new Refusal(
        Reason.APPROVAL_REPEATED,
        "Approval repeated. Two of the approval tokens are one approval; send " + "each once.");
  }

  static Refusal issuerRepeated() {
    return new Refusal(
        Reason.ISSUER_REPEATED,
        "Issuer repeated. Two of the approval tokens are of one issuer; send " + "one of each.");
  }

  /** The action demands more approvals than there are, or others. */
  public static Refusal approvalsInsufficient(String name, int demanded) {
    return new Refusal(
        Reason.APPROVALS_INSUFFICIENT,
        "Approvals insufficient. Action '"
            + quoted(name)
            + "' demands "
            + demanded
            + " approval tokens, each of another issuer, and an artifact does not "
            + "count; send them all as approval_token.");
  }

  static Refusal approvalRevoked() {
    return new Refusal(
        Reason.APPROVAL_REVOKED,
        "Approval revoked. It was taken back; have the action approved again. "
            + "The nonce is still unused.");
  }

  /** The approval's time is over. */
  public static Refusal expired() {
    return new Refusal(
        Reason.APPROVAL_EXPIRED,
        "Approval artifact expired. Have the action approved again; the nonce is still unused.");
  }

  /** The approval is dated in the future. */
  public static Refusal notYetValid() {
    return new Refusal(
        Reason.APPROVAL_NOT_YET_VALID,
        "Approval artifact not yet valid. Its issued_at is more than 60 seconds ahead; check both"
            + " clocks, or wait.");
  }

  static Refusal tokenExpired() {
    return new Refusal(
        Reason.APPROVAL_EXPIRED,
        "Approval token expired. Have the action approved again; the nonce is " + "still unused.");
  }

  static Refusal tokenNotYetValid() {
    return new Refusal(
        Reason.APPROVAL_NOT_YET_VALID,
        "Approval token not yet valid. Its nbf is ahead, or its iat more than "
            + "60 seconds; check both clocks, or wait.");
  }

  /** The approval was used by an execution under another nonce. */
  public static Refusal approvalUsed() {
    return new Refusal(
        Reason.APPROVAL_USED,
        "Approval already used. An approval is good for one execution; to repeat that one's answer"
            + " send its nonce, to execute again have it approved again.");
  }

  /** Not HTTP as it has to be. */
  public static Refusal badRequest() {
    return new Refusal(
        Reason.BAD_REQUEST,
        "The request is not well-formed HTTP. Correct the request line and the headers.");
  }

  /** The body did not arrive in time. */
  public static Refusal bodyTooSlow() {
    return new Refusal(
        Reason.REQUEST_TIMEOUT,
        "The body did not arrive in time. Nothing was executed; send the same request again.");
  }

  /** The target is too long. */
  public static Refusal uriTooLong() {
    return new Refusal(
        Reason.URI_TOO_LONG, "The request target is too long. It needs no query at all.");
  }

  /** An expectation other than {@code 100-continue}. */
  public static Refusal expectationFailed() {
    return new Refusal(
        Reason.EXPECTATION_FAILED,
        "The Expect header names something other than 100-continue. Leave it out.");
  }

  /** The headers are too large. */
  public static Refusal headersTooLarge() {
    return new Refusal(
        Reason.HEADERS_TOO_LARGE, "The headers are too large. Only Content-Type is needed.");
  }

  /** No such resource. */
  public static Refusal notFound() {
    return new Refusal(
        Reason.NOT_FOUND, "Not found. POST /execute executes; GET / says what runs here.");
  }

  /** There is no receipt of that id. */
  public static Refusal receiptNotFound() {
    return new Refusal(
        Reason.NOT_FOUND,
        "There is no receipt of that id: it is the id in the answer of POST /execute, or the jti of"
            + " a receipt.");
  }

  /** There is no such part of the ledger. */
  public static Refusal ledgerNotFound() {
    return new Refusal(
        Reason.NOT_FOUND,
        "The ledger has no such resource (yet): /ledger/checkpoint says how far it is published,"
            + " /ledger/tile/ has its tiles (C2SP tlog-tiles), /ledger/key its verifier key.");
  }

  /** The resource does not know the method. */
  public static Refusal methodNotAllowed(List<String> allowed) {
    return new Refusal(
        Reason.METHOD_NOT_ALLOWED,
        "Method not allowed. This resource answers " + String.join(" and ", allowed) + " only.");
  }

  /** The body exceeds its bound. */
  public static Refusal tooLarge(long bound) {
    return new Refusal(
        Reason.BODY_TOO_LARGE,
        "The body is larger than " + bound + " bytes. Send less, or a reference to the data.");
  }

  /** The body is not declared to be JSON. */
  public static Refusal notJson() {
    return new Refusal(
        Reason.NOT_JSON, "The Content-Type is absent or not JSON. Send application/json.");
  }

  /** The request was meant for another host, as after DNS rebinding. */
  public static Refusal misdirected(String header) {
    return new Refusal(
        Reason.MISDIRECTED,
        "The "
            + header
            + " header names something other than this machine, and the service listens on"
            + " loopback. Address it as localhost or by its loopback address.");
  }

  /** A fault of OpenExec itself. */
  public static Refusal internalError() {
    return new Refusal(
        Reason.INTERNAL_ERROR,
        "Internal error. Send the same request again: it answers what is on record, and never"
            + " executes twice.");
  }

  /** A bound on concurrent work is reached. */
  public static Refusal overloaded() {
    return new Refusal(
        Reason.OVERLOADED,
        "Too much is under way. Nothing was executed; send the same request again.");
  }

  /** The store cannot be read or written. */
  public static Refusal storeUnavailable() {
    return new Refusal(
        Reason.STORE_UNAVAILABLE,
        "The store is unavailable. Nothing was executed; send the same request again.");
  }

  /** The trust file or the revocation list cannot be used. */
  public static Refusal trustUnavailable() {
    return new Refusal(
        Reason.TRUST_UNAVAILABLE,
        "It cannot be told at the moment who is trusted. Nothing was executed; "
            + "send the same request again.");
  }

  /** The service is stopping. */
  public static Refusal shuttingDown() {
    return new Refusal(
        Reason.SHUTTING_DOWN,
        "The service is shutting down. Nothing was executed; send the same request again.");
  }

  private static String quoted(String name) {
    return name.codePointCount(0, name.length()) <= QUOTED_NAME
        ? name
        : name.substring(0, name.offsetByCodePoints(0, QUOTED_NAME)) + "…";
  }
}
