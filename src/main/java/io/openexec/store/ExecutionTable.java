package io.openexec.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.boundary.Approval;
import io.openexec.boundary.ApprovalArtifact;
import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.Outcome;
import io.openexec.execution.State;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.StrictJson;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The tables of the record, on one connection: all the SQL there is. */
final class ExecutionTable {
  private static final JsonMapper MAPPER = new JsonMapper();

  private static final String COLUMNS =
      "id, tenant, nonce, action, action_hash, state, reason, result, receipt, owner, attempt";

  private static final String FIND = "SELECT " + COLUMNS + " FROM executions WHERE id = ?";

  private static final String INSERT =
      """
      INSERT INTO executions (id, tenant, nonce, action, action_hash, payload,
          state, reason, result, receipt, owner, attempt, created_at, changed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """;

  private static final String INSERT_APPROVAL =
      """
      INSERT INTO approvals (tenant, approval_id, execution_id, artifact) VALUES (?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """;

  /** Compare and set: only from the state that was read in the same transaction. */
  private static final String CHANGE =
      """
      UPDATE executions SET state = ?, reason = ?, result = ?, receipt = ?, changed_at = ?
      WHERE id = ? AND state = ?
      """;

  private static final String RELEASE =
      "DELETE FROM executions WHERE id = ? AND state = 'running' AND owner = ? AND attempt = ?";

  private static final String INSERT_HISTORY =
      """
      INSERT INTO outcome_history (execution_id, seq, state, reason, result, receipt, kind, changed_at)
      SELECT ?, COUNT(*), ?, ?, ?, ?, ?, ? FROM outcome_history WHERE execution_id = ?
      """;

  private static final String ISSUED =
      """
      SELECT 1 FROM executions WHERE id = ? AND receipt = ?
      UNION ALL
      SELECT 1 FROM outcome_history WHERE execution_id = ? AND receipt = ? AND kind = 'superseded'
      """;

  private static final String PROBE =
      """
      INSERT INTO probe (id, written_at) VALUES (1, ?)
      ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at
      """;

  private final Connection connection;
  private final Clock clock;

  ExecutionTable(Connection connection, Clock clock) {
    this.connection = connection;
    this.clock = clock;
  }

  /** A row: the execution, and who holds it. */
  record Row(Execution execution, Attempt attempt) {}

  /** Inserts an execution with its approval, or neither; without an outcome it is running. */
  Insert insert(VerifiedRequest verified, Attempt attempt, @Nullable Outcome outcome)
      throws SQLException {
    Savepoint before = connection.setSavepoint();
    if (!insertExecution(verified, attempt, outcome)) {
      return Insert.NONCE_TAKEN;
    }
    if (verified.approval().isPresent() && !insertApproval(verified, verified.approval().get())) {
      connection.rollback(before);
      return Insert.APPROVAL_USED;
    }
    return Insert.INSERTED;
  }

  private boolean insertExecution(
      VerifiedRequest verified, Attempt attempt, @Nullable Outcome outcome) throws SQLException {
    ExecutionRequest request = verified.request();
    UUID id = verified.executionId();
    long now = clock.millis();
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, id.toString());
      insert.setString(2, verified.tenant());
      insert.setString(3, CanonicalJson.quoted(request.nonce()));
      insert.setString(4, request.action());
      insert.setString(5, request.actionHash().hex());
      insert.setString(6, request.payload().compact());
      insert.setString(7, (outcome == null ? State.RUNNING : outcome.state()).code());
      insert.setString(8, outcome == null ? null : outcome.reason());
      insert.setString(9, outcome == null ? null : resultText(outcome));
      insert.setString(10, outcome == null ? null : outcome.receipt(id).hex());
      insert.setString(11, attempt.owner().toString());
      insert.setLong(12, attempt.number());
      insert.setLong(13, now);
      insert.setLong(14, now);
      return insert.executeUpdate() == 1;
    }
  }

  private boolean insertApproval(VerifiedRequest verified, Approval approval) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT_APPROVAL)) {
      insert.setString(1, verified.tenant());
      insert.setString(2, approval.id());
      insert.setString(3, verified.executionId().toString());
      insert.setString(4, verbatim(approval.artifact()));
      return insert.executeUpdate() == 1;
    }
  }

  void change(Execution current, Outcome outcome) throws SQLException {
    try (PreparedStatement update = connection.prepareStatement(CHANGE)) {
      update.setString(1, outcome.state().code());
      update.setString(2, outcome.reason());
      update.setString(3, resultText(outcome));
      update.setString(4, outcome.receipt(current.id()).hex());
      update.setLong(5, clock.millis());
      update.setString(6, current.id().toString());
      update.setString(7, current.state().code());
      if (update.executeUpdate() != 1) {
        throw new SQLException("the execution changed meanwhile");
      }
    }
  }

  void remember(UUID id, Outcome outcome, String kind) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT_HISTORY)) {
      insert.setString(1, id.toString());
      insert.setString(2, outcome.state().code());
      insert.setString(3, outcome.reason());
      insert.setString(4, resultText(outcome));
      insert.setString(5, outcome.receipt(id).hex());
      insert.setString(6, kind);
      insert.setLong(7, clock.millis());
      insert.setString(8, id.toString());
      insert.executeUpdate();
    }
  }

  Row require(UUID id) throws SQLException {
    return find(id).orElseThrow(() -> new SQLException("the execution is not on record"));
  }

  Optional<Row> find(UUID id) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(FIND)) {
      select.setString(1, id.toString());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row(row)) : Optional.empty();
      }
    }
  }

  List<Row> running() throws SQLException {
    List<Row> running = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT " + COLUMNS + " FROM executions WHERE state = 'running'");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        running.add(row(row));
      }
    }
    return running;
  }

  private static Row row(ResultSet row) throws SQLException {
    String receipt = row.getString("receipt");
    return new Row(
        new Execution(
            UUID.fromString(row.getString("id")),
            row.getString("tenant"),
            unquoted(row.getString("nonce")),
            row.getString("action"),
            new Hash(row.getString("action_hash")),
            State.ofCode(row.getString("state")),
            row.getString("reason"),
            row.getString("result"),
            receipt == null ? null : new Hash(receipt)),
        new Attempt(UUID.fromString(row.getString("owner")), row.getLong("attempt")));
  }

  private static String unquoted(String json) throws SQLException {
    try {
      return StrictJson.parse(json).textValue();
    } catch (JsonRefused e) {
      throw new SQLException("the nonce on record is not a JSON string", e);
    }
  }

  private static Outcome outcomeOf(Execution execution) throws SQLException {
    String result = execution.result();
    try {
      return new Outcome(
          execution.state(), execution.reason(), result == null ? null : JsonValue.parse(result));
    } catch (JsonRefused e) {
      throw new SQLException("the result on record is not JSON", e);
    }
  }

  private static @Nullable String resultText(Outcome outcome) {
    JsonValue result = outcome.result();
    return result == null ? null : result.spaced();
  }

  private static String verbatim(ApprovalArtifact artifact) throws SQLException {
    Map<String, String> members = new LinkedHashMap<>();
    members.put("approval_id", artifact.approvalId());
    members.put("tenant_id", artifact.tenantId());
    members.put("action_hash", artifact.actionHash());
    members.put("issued_at", artifact.issuedAt());
    members.put("expires_at", artifact.expiresAt());
    members.put("signature", artifact.signature());
    try {
      return MAPPER.writeValueAsString(members);
    } catch (JsonProcessingException e) {
      throw new SQLException("an approval of plain strings can always be written", e);
    }
  }

  /** Keeps the current outcome in the history and puts another one in its place. */
  void supersede(Execution current, Outcome outcome) throws SQLException {
    remember(current.id(), outcomeOf(current), "superseded");
    change(current, outcome);
  }

  int release(UUID id, Attempt attempt) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(RELEASE)) {
      delete.setString(1, id.toString());
      delete.setString(2, attempt.owner().toString());
      delete.setLong(3, attempt.number());
      return delete.executeUpdate();
    }
  }

  boolean issued(UUID id, Hash receipt) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(ISSUED)) {
      select.setString(1, id.toString());
      select.setString(2, receipt.hex());
      select.setString(3, id.toString());
      select.setString(4, receipt.hex());
      try (ResultSet rows = select.executeQuery()) {
        return rows.next();
      }
    }
  }

  int probe() throws SQLException {
    try (PreparedStatement upsert = connection.prepareStatement(PROBE)) {
      upsert.setLong(1, clock.millis());
      return upsert.executeUpdate();
    }
  }
}
