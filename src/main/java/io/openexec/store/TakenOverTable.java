package io.openexec.store;

import io.openexec.execution.Execution;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.Hash;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What was executed by OpenExec 0.1.10, on one connection: written once, by {@link Takeover}, and
 * only read from then on.
 */
final class TakenOverTable {
  // Two nonces that are one as text were no text; that one stays used all the same.
  private static final String INSERT =
      """
      INSERT INTO taken_over_executions (nonce, id, tenant, action, action_hash, payload,
          state, reason, result, receipt, executed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """;

  private static final String INSERT_TAKEOVER =
      "INSERT INTO takeover (id, happened_at) VALUES (1, ?)";

  private static final String SINCE =
      "SELECT happened_at FROM takeover WHERE EXISTS (SELECT 1 FROM taken_over_executions)";

  private static final String FIND =
      """
      SELECT nonce, id, tenant, action, action_hash, state, reason, result, receipt
      FROM taken_over_executions WHERE nonce = ?
      """;

  private static final String EXECUTED =
      "SELECT 1 FROM taken_over_executions WHERE action_hash = ?";

  private final Connection connection;

  TakenOverTable(Connection connection) {
    this.connection = connection;
  }

  /** Returns when they were taken over; empty if there are none. */
  Optional<Instant> since() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SINCE);
        ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(Instant.ofEpochMilli(row.getLong(1))) : Optional.empty();
    }
  }

  /** Finds the execution that used a nonce, whosoever. */
  Optional<Execution> find(String nonce) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(FIND)) {
      select.setString(1, CanonicalJson.quoted(nonce));
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(ExecutionTable.execution(row, null)) : Optional.empty();
      }
    }
  }

  /** Returns whether that action was ever executed with that payload. */
  boolean hasExecuted(Hash actionHash) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(EXECUTED)) {
      select.setString(1, actionHash.hex());
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  /** Writes down that a takeover happened. */
  void insertTakeover(Instant happened) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT_TAKEOVER)) {
      insert.setLong(1, happened.toEpochMilli());
      insert.executeUpdate();
    }
  }

  /** Writes executions, of that tenant from now on. */
  void insert(List<OldExecution> executions, String tenant) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (OldExecution old : executions) {
        Execution execution = old.takenOver(tenant);
        insert.setString(1, CanonicalJson.quoted(execution.nonce()));
        insert.setString(2, execution.id().toString());
        insert.setString(3, execution.tenant());
        insert.setString(4, execution.action());
        insert.setString(5, execution.actionHash().hex());
        insert.setString(6, old.payload());
        insert.setString(7, execution.state().code());
        insert.setString(8, execution.reason());
        insert.setString(9, execution.result());
        insert.setString(10, Objects.requireNonNull(execution.receipt()).hex());
        insert.setString(11, old.timestamp());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }
}
