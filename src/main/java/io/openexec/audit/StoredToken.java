package io.openexec.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.audit.ApproverKeys.Issuer;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.Jws;
import io.openexec.receipt.JwsRefused;
import io.openexec.receipt.TokenActionHash;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A token as it is on record. */
final class StoredToken extends StoredApproval {
  private static final String TYPE = "openexec-approval+jwt";
  private static final int MAX_LENGTH = 8_192;

  private final Jws jws;

  private StoredToken(String where, Jws jws, JsonNode claims) {
    super(where, claims);
    this.jws = jws;
  }

  static StoredToken parse(String where, String token) throws Misfit {
    try {
      Jws jws = Jws.parse(token, TYPE, MAX_LENGTH);
      return new StoredToken(where, jws, jws.unverifiedClaims());
    } catch (JwsRefused e) {
      throw new Misfit(
          where, "an artifact or a token", "a token that is refused: " + e.getMessage());
    }
  }

  @Override
  String id() {
    return member("jti");
  }

  @Override
  Optional<String> issuer() {
    return Optional.of(member("iss"));
  }

  @Override
  boolean hasAudience() {
    return members().has("aud");
  }

  @Override
  void check(ExecutionRow execution, Keys keys, AdmittedAt admitted) throws Misfit {
    if (member("iss").isEmpty()) {
      throw illFormed("iss", members().path("iss").toString());
    }
    Misfit.unlessEqual(where + ": action", execution.action(), member("action"));
    Misfit.unlessEqual(where + ": action hash", hash(execution), member("action_hash"));
    if (members().has("nonce")) {
      Misfit.unlessEqual(where + ": nonce", execution.plainNonce(), member("nonce"));
    }
    if (members().has("scope") && !scope().contains(execution.action())) {
      throw new Misfit(where + ": scope", "one with " + execution.action(), shown("scope"));
    }
    if (members().has("constraints") && !isEmptyObject(members().path("constraints"))) {
      throw new Misfit(where + ": constraints", "none, as none is known", shown("constraints"));
    }
    checkTime(admitted);
    checkAudience(keys.audiences());
  }

  private List<String> scope() {
    return List.of(member("scope").split(" "));
  }

  private static boolean isEmptyObject(JsonNode node) {
    return node.isObject() && node.isEmpty();
  }

  private String shown(String claim) {
    return Misfit.shown(members().path(claim).toString());
  }

  private String hash(ExecutionRow execution) throws Misfit {
    try {
      return TokenActionHash.of(member("tenant_id"), execution.action(), execution.payloadValue())
          .hex();
    } catch (JsonRefused e) {
      throw new Misfit(where, "a payload that a token can approve", String.valueOf(e.getMessage()));
    }
  }

  private void checkTime(AdmittedAt admitted) throws Misfit {
    admitted.checkIssued(where + ": iat", date("iat"));
    admitted.checkEnd(where + ": exp", date("exp"));
    if (members().has("nbf")) {
      admitted.checkBegin(where + ": nbf", date("nbf"));
    }
  }

  private Instant date(String claim) throws Misfit {
    Optional<Instant> date = Instants.ofNumber(members().path(claim));
    if (date.isEmpty()) {
      throw illFormed(claim, members().path(claim).toString());
    }
    return date.get();
  }

  private void checkAudience(List<String> audiences) throws Misfit {
    if (!hasAudience() || audiences.isEmpty()) {
      return;
    }
    JsonNode aud = members().path("aud");
    for (JsonNode name : aud.isArray() ? aud : List.of(aud)) {
      if (name.isTextual() && audiences.contains(name.textValue())) {
        return;
      }
    }
    throw new Misfit(where + ": aud", "a given --audience", shown("aud"));
  }

  @Override
  boolean isSignedBy(ApproverKeys approvers, AdmittedAt admitted) throws Misfit {
    Optional<Issuer> issuer = approvers.issuer(jws.keyId());
    if (issuer.isEmpty()) {
      return false;
    }
    String key = "the key " + Misfit.shown(jws.keyId());
    try {
      jws.verify(issuer.get().key());
    } catch (JwsRefused e) {
      throw new Misfit(where, "a token signed by " + key, "that " + e.getMessage());
    }
    Misfit.unlessEqual(where + ": the key's tenant", issuer.get().tenant(), member("tenant_id"));
    Misfit.unlessEqual(where + ": the key's issuer", issuer.get().issuer(), member("iss"));
    issuer.get().checkAt(admitted, where + ": " + key);
    return true;
  }
}
