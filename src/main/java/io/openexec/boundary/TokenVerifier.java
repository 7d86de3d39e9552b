package io.openexec.boundary;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.Jws;
import io.openexec.receipt.JwsRefused;
import io.openexec.receipt.TokenActionHash;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Approval tokens: a JWT each (RFC 7519), signed with EdDSA, of the type {@link #TYPE}.
 *
 * <p>For each token in the order in which they came, the first reason wins: the form of the JWS; a
 * known key; its signature; the key not revoked, and in its time; the form of the claims; issuer
 * and tenant, those of the key; audience; action; action hash; nonce; scope; constraints; neither
 * its id nor its issuer those of a token before it. All of them have to hold, also where fewer
 * would do.
 */
final class TokenVerifier {
  static final String TYPE = "openexec-approval+jwt";

  /** The most characters of a token. */
  static final int MAX_LENGTH = 8_192;

  private final boolean demo;
  private final TrustSource source;
  private final Optional<String> audience;
  private final Clock clock;

  /**
   * Makes a verifier.
   *
   * @param demo whether any key will do, for any issuer and tenant, and no signature is checked
   * @param audience what {@code aud} has to name; if empty, a token that has one is for others
   * @param clock judges the time of keys; that of approvals is judged later
   */
  TokenVerifier(boolean demo, TrustSource source, Optional<String> audience, Clock clock) {
    this.demo = demo;
    this.source = source;
    this.audience = audience;
    this.clock = clock;
  }

  /**
   * Checks the tokens of a request, of which there is at least one.
   *
   * @throws Refusal 403 with the first reason; 503 if it cannot be told who is trusted
   */
  VerifiedRequest verify(ExecutionRequest request) {
    Keys keys = demo ? null : keys();
    List<Approval> approvals = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    Set<String> issuers = new HashSet<>();
    @Nullable Expected expected = null;
    for (String token : request.tokens()) {
      TokenClaims claims = claims(token, keys);
      if (expected == null) {
        expected = new Expected(request, claims.tenant());
      }
      expected.check(claims, audience);
      if (!ids.add(claims.id())) {
        throw Refusal.approvalRepeated();
      }
      if (!issuers.add(claims.issuer())) {
        throw Refusal.issuerRepeated();
      }
      approvals.add(Approval.of(token, claims));
    }
    String tenant = demo || expected == null ? ApprovalVerifier.DEMO_TENANT : expected.tenant;
    return new VerifiedRequest(request, tenant, approvals);
  }

  private Keys keys() {
    return new Keys(
        source.trust().orElseThrow(Refusal::trustNotConfigured),
        source.revocations(),
        clock.instant());
  }

  private static TokenClaims claims(String token, @Nullable Keys keys) {
    try {
      Jws jws = Jws.parse(token, TYPE, MAX_LENGTH);
      return keys == null ? TokenClaims.of(jws.unverifiedClaims()) : keys.verify(jws);
    } catch (JwsRefused e) {
      throw Refusal.illFormedToken(String.valueOf(e.getMessage()));
    }
  }

  /** Who is trusted, the same for all tokens of a request. */
  private record Keys(Trust trust, Revocations revocations, Instant now) {

    TokenClaims verify(Jws jws) throws JwsRefused {
      TrustedKey key = trust.find(jws.keyId()).orElseThrow(Refusal::keyUnknown);
      JsonNode verified = verified(jws, key);
      // After the signature: of a key's state only its holder learns.
      if (key.isRevokedAt(now) || revocations.isRevoked(key)) {
        throw Refusal.keyRevoked();
      }
      if (!key.isInTimeAt(now)) {
        throw Refusal.keyOutOfTime();
      }
      TokenClaims claims = TokenClaims.of(verified);
      if (!claims.issuer().equals(key.issuer())) {
        throw Refusal.issuerMismatch();
      }
      if (!claims.tenant().equals(key.tenant())) {
        throw Refusal.keyOfAnotherTenant();
      }
      return claims;
    }

    private static JsonNode verified(Jws jws, TrustedKey key) throws JwsRefused {
      try {
        return jws.verify(key.key());
      } catch (JwsRefused e) {
        // Either the payload is of no use, which this says more precisely, or the signature.
        jws.unverifiedClaims();
        throw Refusal.signatureInvalid();
      }
    }
  }

  /** What the tokens of a request have to say. */
  private static final class Expected {
    private final ExecutionRequest request;
    private final String tenant;
    private @Nullable Hash hash;

    /** The first token's tenant is that of all. */
    Expected(ExecutionRequest request, String tenant) {
      this.request = request;
      this.tenant = tenant;
    }

    void check(TokenClaims claims, Optional<String> audience) {
      if (!claims.tenant().equals(tenant)) {
        throw Refusal.severalTenants();
      }
      if (claims.audience() != null && !audience.map(claims.audience()::contains).orElse(false)) {
        throw Refusal.audienceMismatch();
      }
      if (!claims.action().equals(request.action())) {
        throw Refusal.actionMismatch();
      }
      if (!claims.actionHash().equals(hash().hex())) {
        throw Refusal.actionHashMismatch();
      }
      if (claims.nonce() != null && !claims.nonce().equals(request.nonce())) {
        throw Refusal.nonceMismatch();
      }
      if (claims.scope() != null && !claims.scope().contains(request.action())) {
        throw Refusal.scopeMismatch();
      }
      if (claims.constrained()) {
        throw Refusal.constraintUnknown();
      }
    }

    private Hash hash() {
      if (hash == null) {
        try {
          hash = TokenActionHash.of(tenant, request.action(), request.payload());
        } catch (JsonRefused e) {
          throw Refusal.notRepresentable(String.valueOf(e.getMessage()));
        }
      }
      return hash;
    }
  }
}
