package io.openexec.audit;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The approvals: each for its execution, by an issuer of its own, and used up by nothing else. How
 * many the action demanded is not on record.
 */
final class ApprovalCheck {
  private static final String USED =
      """
      SELECT a.approval_id, a.tenant, a.execution_id, e.id, e.tenant, e.approvals
      FROM approvals a LEFT JOIN executions e ON e.id = a.execution_id
      ORDER BY a.tenant, a.approval_id
      """;

  private static final String USER =
      "SELECT execution_id FROM approvals WHERE tenant = ? AND approval_id = ?";

  private final Snapshot snapshot;
  private final Keys keys;
  private final Report report;
  private final Progress progress;
  private long total;
  private long unverifiable;
  private long withAudience;

  ApprovalCheck(Snapshot snapshot, Keys keys, Report report, Progress progress) {
    this.snapshot = snapshot;
    this.keys = keys;
    this.report = report;
    this.progress = progress;
  }

  /** Checks those of an execution, whose row and receipts fit each other. */
  void check(ExecutionRow execution) throws Misfit {
    List<StoredApproval> approvals = StoredApproval.of(execution);
    Set<String> ids = new HashSet<>();
    for (StoredApproval approval : approvals) {
      verify(approval, execution);
      if (!ids.add(approval.id())) {
        throw new Misfit(
            execution.name() + ": approvals", "each once", Misfit.shown(approval.id()) + " twice");
      }
    }
    if (approvals.size() > 1) {
      checkIssuers(execution, approvals);
    }
    if (ids.isEmpty() && !execution.tenant().isEmpty()) {
      throw new Misfit(execution.name() + " of a tenant", "an approval", "none");
    }
    total += ids.size();
  }

  private void verify(StoredApproval approval, ExecutionRow execution) throws Misfit {
    String name = execution.name() + ": approval " + Misfit.shown(approval.id());
    if (!approval.verify(execution, keys)) {
      unverifiable++;
      if (keys.strict()) {
        throw new Misfit(name, "a signature by a given key", "none");
      }
    }
    if (approval.hasAudience() && keys.audiences().isEmpty()) {
      withAudience++;
      if (keys.strict()) {
        throw new Misfit(name, "an aud that can be compared with an --audience", "none was given");
      }
    }
  }

  private static void checkIssuers(ExecutionRow execution, List<StoredApproval> approvals)
      throws Misfit {
    Set<String> issuers = new HashSet<>();
    for (StoredApproval approval : approvals) {
      Optional<String> issuer = approval.issuer();
      if (issuer.isEmpty()) {
        throw new Misfit(
            execution.name() + ": several approvals", "tokens only", "an artifact among them");
      }
      if (!issuers.add(issuer.get())) {
        throw new Misfit(
            execution.name() + ": issuers of its approvals",
            "each once",
            Misfit.shown(issuer.get()) + " twice");
      }
    }
  }

  /** Ends with what all of them together tell. */
  void end() throws SQLException, Misfit {
    used();
    report.count("approvals", total);
    if (unverifiable > 0) {
      report.trust(unverifiable + " approvals are signed by none of the keys that were given");
    }
    if (withAudience > 0) {
      report.trust(withAudience + " approvals name an audience, and no --audience was given");
    }
  }

  /** Those that are used up are those of the executions: none is without, and as many are there. */
  private void used() throws SQLException, Misfit {
    long[] used = {0};
    snapshot.each(
        USED,
        row -> {
          String name = "approval " + Misfit.shown(row.getString(1));
          if (row.getString(4) == null) {
            throw new Misfit(
                name, "the execution " + Misfit.shown(row.getString(3)), "none of that id");
          }
          Misfit.unlessEqual(name + ": tenant", row.getString(5), row.getString(2));
          if (!isAmong(row.getString(1), row.getString(4), row.getString(6))) {
            throw new Misfit(
                name, "one that execution " + row.getString(4) + " has", "one that it does not");
          }
          progress.at("approvals", ++used[0]);
        });
    if (used[0] != total) {
      nameTheUnused();
    }
  }

  private static boolean isAmong(String approval, String execution, @Nullable String approvals)
      throws Misfit {
    for (StoredApproval one : StoredApproval.of(execution, approvals)) {
      if (one.id().equals(approval)) {
        return true;
      }
    }
    return false;
  }

  private void nameTheUnused() throws SQLException, Misfit {
    snapshot.each(
        "SELECT " + ExecutionRow.COLUMNS + " FROM executions e ORDER BY e.id",
        row -> {
          ExecutionRow execution = ExecutionRow.of(row);
          for (StoredApproval approval : StoredApproval.of(execution)) {
            Misfit.unlessEqual(
                "approval " + Misfit.shown(approval.id()) + ": who used it up",
                execution.id(),
                snapshot
                    .find(USER, user -> user.getString(1), execution.tenant(), approval.id())
                    .orElse(null));
          }
        });
    throw new Misfit("approvals", total + " rows", "another number");
  }
}
