package io.openexec.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.audit.ApproverKeys.Issuer;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.Jws;
import io.openexec.receipt.JwsRefused;
import io.openexec.receipt.TokenActionHash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An approval as it is on record, verified again: an artifact of 0.1.10, or a token. */
final class StoredApproval {
  private static final String TOKEN_TYPE = "openexec-approval+jwt";
  private static final int MAX_TOKEN = 8_192;
  private static final String DEMO_TENANT = "";

  // The shapes leave one way only to cut what is signed into its members.
  private static final Pattern UUID_FORM =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final Pattern HASH_FORM = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern INSTANT_FORM =
      Pattern.compile(
          "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)?");

  private final String where;
  private final @Nullable Jws token;
  private final JsonNode claims;

  private StoredApproval(String where, JsonNode approval) throws Misfit {
    this.where = where;
    try {
      this.token =
          approval.isTextual() ? Jws.parse(approval.textValue(), TOKEN_TYPE, MAX_TOKEN) : null;
      this.claims = token == null ? approval : token.unverifiedClaims();
    } catch (JwsRefused e) {
      throw new Misfit(
          where, "an artifact or a token", "a token that is refused: " + e.getMessage());
    }
  }

  /** Returns the approvals of an execution, in the order in which they came. */
  static List<StoredApproval> of(ExecutionRow execution) throws Misfit {
    return of(execution.id(), execution.approvals());
  }

  static List<StoredApproval> of(String execution, @Nullable String text) throws Misfit {
    if (text == null) {
      return List.of();
    }
    String where = "execution " + Misfit.shown(execution) + ": approvals";
    List<StoredApproval> approvals = new ArrayList<>();
    for (JsonNode one : Claims.json(where, text).read(array -> array)) {
      approvals.add(new StoredApproval(where, one));
    }
    return approvals;
  }

  /** Returns its id, by its own word. */
  String id() {
    return member(token == null ? "approval_id" : "jti");
  }

  private String member(String name) {
    return claims.path(name).asText();
  }

  /**
   * Verifies that it approves this execution.
   *
   * @return whether a given key shows who gave it; in demo mode nobody has to
   */
  boolean verify(ExecutionRow execution, ApproverKeys keys) throws Misfit {
    boolean demo = execution.tenant().equals(DEMO_TENANT);
    matching("id", UUID_FORM, id());
    if (!demo) {
      Misfit.unlessEqual(where + ": tenant", execution.tenant(), member("tenant_id"));
    }
    return token == null
        ? verifyArtifact(execution, keys) || demo
        : verifyToken(token, execution, keys) || demo;
  }

  private void matching(String what, Pattern form, String text) throws Misfit {
    if (!form.matcher(text).matches()) {
      throw new Misfit(where + ": " + what, "the form that it has to have", Misfit.shown(text));
    }
  }

  private boolean verifyArtifact(ExecutionRow execution, ApproverKeys keys) throws Misfit {
    Misfit.unlessEqual(where + ": action hash", execution.actionHash(), member("action_hash"));
    matching("action_hash", HASH_FORM, member("action_hash"));
    matching("issued_at", INSTANT_FORM, member("issued_at"));
    matching("expires_at", INSTANT_FORM, member("expires_at"));
    String signed =
        member("approval_id")
            + member("tenant_id")
            + member("action_hash")
            + member("issued_at")
            + member("expires_at");
    try {
      return keys.signed(
          signed.getBytes(StandardCharsets.UTF_8), Base64.getDecoder().decode(member("signature")));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private boolean verifyToken(Jws jws, ExecutionRow execution, ApproverKeys keys) throws Misfit {
    Misfit.unlessEqual(where + ": action", execution.action(), member("action"));
    Misfit.unlessEqual(where + ": action hash", hash(execution), member("action_hash"));
    if (claims.has("nonce")) {
      Misfit.unlessEqual(where + ": nonce", execution.plainNonce(), member("nonce"));
    }
    Optional<Issuer> issuer = keys.issuer(jws.keyId());
    if (issuer.isEmpty()) {
      return false;
    }
    try {
      jws.verify(issuer.get().key());
    } catch (JwsRefused e) {
      throw new Misfit(
          where,
          "a token signed by the key " + Misfit.shown(jws.keyId()),
          "that " + e.getMessage());
    }
    Misfit.unlessEqual(where + ": the key's tenant", issuer.get().tenant(), member("tenant_id"));
    Misfit.unlessEqual(where + ": the key's issuer", issuer.get().issuer(), member("iss"));
    return true;
  }

  private String hash(ExecutionRow execution) throws Misfit {
    try {
      return TokenActionHash.of(member("tenant_id"), execution.action(), execution.payloadValue())
          .hex();
    } catch (JsonRefused e) {
      throw new Misfit(where, "a payload that a token can approve", String.valueOf(e.getMessage()));
    }
  }
}
