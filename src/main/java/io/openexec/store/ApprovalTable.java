package io.openexec.store;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;

import io.openexec.execution.Reservation;
import io.openexec.store.Insertion.Column;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which approvals are used up, on one connection. An approval is used by the insert of its row, and
 * an execution uses all of its approvals or none.
 */
final class ApprovalTable {
  private static final Insertion INSERT =
      new Insertion(
          "approvals",
          3,
          Column.text("tenant"),
          Column.text("approval_id"),
          Column.text("execution_id"));

  private static final String DELETE =
      "DELETE FROM approvals WHERE tenant = ? AND approval_id = ? AND execution_id = ?";

  private final PreparedStatements statements;
  private final Dialect dialect;

  ApprovalTable(PreparedStatements statements, Dialect dialect) {
    this.statements = statements;
    this.dialect = dialect;
  }

  /** An approval of a tenant, and who wants it. */
  private record Use(String tenant, String approval, UUID user) {
    static List<Use> of(Reservation user) {
      return user.approvalIds().stream()
          .map(approval -> new Use(user.tenant(), approval, user.id()))
          .toList();
    }

    Key key() {
      return new Key(tenant, approval);
    }
  }

  private record Key(String tenant, String approval) {}

  /**
   * Uses up the approvals of executions that were inserted in this transaction.
   *
   * <p>All are tried at once. Who does not get all of theirs gives back what they got; and who was
   * short of nothing but that tries again, one after the other. So it comes out as if they had come
   * one by one: nobody is told that an approval is used which is not.
   *
   * @return the ids of those that were short of an approval, and have used none
   */
  Set<UUID> use(List<Reservation> users) throws SQLException {
    List<Use> uses = new ArrayList<>(users.size());
    users.forEach(user -> uses.addAll(Use.of(user)));
    // Two processes that wait for each other's rows then wait in one direction only. Who tries
    // again waits for nobody, for those rows are this transaction's.
    uses.sort(Comparator.comparing(Use::approval).thenComparing(Use::tenant));
    List<Use> missing = insert(uses);
    if (missing.isEmpty()) {
      return Set.of();
    }
    Set<UUID> refused = missing.stream().map(Use::user).collect(toCollection(HashSet::new));
    Set<Key> givenBack =
        giveBack(uses.stream().filter(use -> refused.contains(use.user())).toList());
    Set<UUID> hopeless =
        missing.stream()
            .filter(use -> !givenBack.contains(use.key()))
            .map(Use::user)
            .collect(toSet());
    for (Reservation user : users) {
      if (refused.contains(user.id()) && !hopeless.contains(user.id()) && useAll(user)) {
        refused.remove(user.id());
      }
    }
    return refused;
  }

  private boolean useAll(Reservation user) throws SQLException {
    boolean all = insert(Use.of(user)).isEmpty();
    if (!all) {
      giveBack(user);
    }
    return all;
  }

  /** Returns those whose approval was used already. */
  private List<Use> insert(List<Use> uses) throws SQLException {
    List<@Nullable Object[]> rows = new ArrayList<>(uses.size());
    for (Use use : uses) {
      rows.add(new @Nullable Object[] {use.tenant(), use.approval(), use.user().toString()});
    }
    boolean[] inserted = INSERT.insert(rows, statements, dialect);
    List<Use> missing = new ArrayList<>();
    for (int i = 0; i < inserted.length; i++) {
      if (!inserted[i]) {
        missing.add(uses.get(i));
      }
    }
    return missing;
  }

  /** Gives back what a reservation used, and nothing that others did. */
  void giveBack(Reservation reservation) throws SQLException {
    giveBack(Use.of(reservation));
  }

  /** Returns what was given back. */
  private Set<Key> giveBack(List<Use> uses) throws SQLException {
    boolean[] deleted = delete(uses);
    Set<Key> keys = new HashSet<>();
    for (int i = 0; i < deleted.length; i++) {
      if (deleted[i]) {
        keys.add(uses.get(i).key());
      }
    }
    return keys;
  }

  private boolean[] delete(List<Use> uses) throws SQLException {
    if (uses.isEmpty()) {
      return new boolean[0];
    }
    PreparedStatement statement = statements.get(DELETE);
    for (Use use : uses) {
      statement.setString(1, use.tenant());
      statement.setString(2, use.approval());
      statement.setString(3, use.user().toString());
      statement.addBatch();
    }
    return PreparedStatements.executeBatch(statement);
  }
}
