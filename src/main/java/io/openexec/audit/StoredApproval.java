package io.openexec.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An approval as it is on record: an artifact of 0.1.10, or a token. */
abstract sealed class StoredApproval permits StoredArtifact, StoredToken {
  private static final String DEMO_TENANT = "";
  private static final Pattern UUID_FORM =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  final String where;
  private final JsonNode members;

  StoredApproval(String where, JsonNode members) {
    this.where = where;
    this.members = members;
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
      approvals.add(
          one.isTextual()
              ? StoredToken.parse(where, one.textValue())
              : new StoredArtifact(where, one));
    }
    return approvals;
  }

  /** Returns its id, by its own word. */
  abstract String id();

  /** Returns who gave it, by its own word; an artifact does not say. */
  abstract Optional<String> issuer();

  /** Returns whether it says for which services it is. */
  abstract boolean hasAudience();

  /**
   * Verifies that it approves this execution, at the time of its admission.
   *
   * @return whether a given key shows who gave it; in demo mode nobody has to
   */
  final boolean verify(ExecutionRow execution, Keys keys) throws Misfit {
    boolean demo = execution.tenant().equals(DEMO_TENANT);
    matching("id", UUID_FORM, id());
    if (!demo) {
      Misfit.unlessEqual(where + ": tenant", execution.tenant(), member("tenant_id"));
    }
    check(execution, keys, AdmittedAt.of(execution));
    return isSignedBy(keys.approvers(), AdmittedAt.of(execution)) || demo;
  }

  /** Checks what needs no key. */
  abstract void check(ExecutionRow execution, Keys keys, AdmittedAt admitted) throws Misfit;

  /**
   * Checks the signature.
   *
   * @return whether it is of one of these keys
   * @throws Misfit if it is to be of one of them, and is not
   */
  abstract boolean isSignedBy(ApproverKeys approvers, AdmittedAt admitted) throws Misfit;

  final JsonNode members() {
    return members;
  }

  /** Returns a member that is a text; of what is none, the empty one. */
  final String member(String name) {
    return Objects.requireNonNullElse(members.path(name).textValue(), "");
  }

  final void matching(String what, Pattern form, String text) throws Misfit {
    if (!form.matcher(text).matches()) {
      throw illFormed(what, text);
    }
  }

  final Misfit illFormed(String what, String text) {
    return new Misfit(where + ": " + what, "the form that it has to have", Misfit.shown(text));
  }
}
