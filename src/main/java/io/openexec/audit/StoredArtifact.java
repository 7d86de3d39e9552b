package io.openexec.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/** An artifact as it is on record. */
final class StoredArtifact extends StoredApproval {
  private static final Pattern HASH_FORM = Pattern.compile("[0-9a-f]{64}");

  StoredArtifact(String where, JsonNode members) {
    super(where, members);
  }

  @Override
  String id() {
    return member("approval_id");
  }

  @Override
  Optional<String> issuer() {
    return Optional.empty();
  }

  @Override
  boolean hasAudience() {
    return false;
  }

  // The shapes leave one way only to cut what is signed into its members.
  @Override
  void check(ExecutionRow execution, Keys keys, AdmittedAt admitted) throws Misfit {
    Misfit.unlessEqual(where + ": action hash", execution.actionHash(), member("action_hash"));
    matching("action_hash", HASH_FORM, member("action_hash"));
    admitted.checkIssued(where + ": issued_at", instant("issued_at"));
    admitted.checkEnd(where + ": expires_at", instant("expires_at"));
  }

  private Instant instant(String name) throws Misfit {
    Optional<Instant> instant = Instants.ofText(member(name));
    if (instant.isEmpty()) {
      throw illFormed(name, member(name));
    }
    return instant.get();
  }

  @Override
  boolean isSignedBy(ApproverKeys approvers, AdmittedAt admitted) {
    String signed =
        member("approval_id")
            + member("tenant_id")
            + member("action_hash")
            + member("issued_at")
            + member("expires_at");
    try {
      return approvers.signed(
          signed.getBytes(StandardCharsets.UTF_8), Base64.getDecoder().decode(member("signature")));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
