package io.openexec.store;

import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.Evidence;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.Outcome;
import io.openexec.execution.RecordedRequest;
import io.openexec.execution.Reservation;
import io.openexec.execution.State;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.Receipt;
import io.openexec.receipt.StrictJson;
import io.openexec.receipt.Uuid7;
import io.openexec.store.Insertion.Column;
import io.openexec.store.ReceiptTable.NewReceipt;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tables of the record, on one connection: all the SQL on what is executed here, prepared once.
 * Not for several threads at a time.
 */
final class ExecutionTable implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutionTable.class);

  private static final String COLUMNS =
      "id, tenant, nonce, action, action_hash, state, reason, result, receipt";

  private static final String FIND =
      "SELECT "
          + COLUMNS
          + ", "
          + ReceiptTable.COLUMNS
          + " FROM executions LEFT JOIN receipts ON receipts.jti = executions.receipt_id"
          + " WHERE id = ?";

  /** What has to be known of a row that is to be changed. */
  static final String HELD =
      "SELECT "
          + COLUMNS
          + ", owner, attempt, payload, approvals, created_at, receipt_id FROM executions";

  private static final String EXISTS = "SELECT 1 FROM executions WHERE id = ?";

  private static final String RUNNING = HELD + " WHERE state = 'running'";

  // Of owners without a lease. Several processes look for them at a time: one takes each.
  private static final String ABANDONED =
      RUNNING
          + " AND NOT EXISTS (SELECT 1 FROM instances WHERE instances.owner = executions.owner)"
          + " ORDER BY id FOR UPDATE OF executions SKIP LOCKED";

  private static final Insertion INSERT =
      new Insertion(
          "executions",
          1,
          Column.text("id"),
          Column.text("tenant"),
          Column.text("nonce"),
          Column.text("action"),
          Column.text("action_hash"),
          Column.text("payload"),
          Column.text("state"),
          Column.text("reason"),
          Column.text("result"),
          Column.text("receipt"),
          Column.text("receipt_id"),
          Column.text("approvals"),
          Column.text("owner"),
          Column.number("attempt"),
          Column.number("created_at"),
          Column.number("changed_at"));

  /** The usual end of a reservation, in one statement. */
  private static final String COMPLETE =
      """
      UPDATE executions
      SET state = ?, reason = ?, result = ?, receipt = ?, receipt_id = ?, changed_at = ?
      WHERE id = ? AND state = 'running' AND owner = ? AND attempt = ?
      """;

  /** Compare and set: only from the state that was read in the same transaction. */
  private static final String CHANGE =
      """
      UPDATE executions
      SET state = ?, reason = ?, result = ?, receipt = ?, receipt_id = ?, changed_at = ?
      WHERE id = ? AND state = ?
      """;

  private static final String DELETE = "DELETE FROM executions WHERE id = ?";

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
      UNION ALL
      SELECT 1 FROM taken_over_executions WHERE id = ? AND receipt = ?
      """;

  private static final String PROBE =
      """
      INSERT INTO probe (id, written_at) VALUES (1, ?)
      ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at
      """;

  private final Connection connection;
  private final Dialect dialect;
  private final Evidence evidence;
  private final PreparedStatements statements;
  private final ApprovalTable approvals;
  private final ReceiptTable receipts;
  private final LedgerTable ledger;

  ExecutionTable(Connection connection, Dialect dialect, Evidence evidence) {
    this.connection = connection;
    this.statements = new PreparedStatements(connection);
    this.dialect = dialect;
    this.approvals = new ApprovalTable(statements, dialect);
    this.receipts = new ReceiptTable(statements, dialect);
    this.ledger = new LedgerTable(statements, dialect);
    this.evidence = evidence;
  }

  /**
   * A row that nobody else can change: the execution (without its evidence), who holds it, what its
   * receipts speak of, and the id of the latest one.
   */
  record Row(
      Execution execution, Attempt attempt, RecordedRequest request, @Nullable UUID receiptId) {}

  /**
   * A row to be, and the approvals that it uses up: made by whoever asks for it, so that the one
   * writer has less to do.
   */
  static final class NewRow {
    private final Reservation reservation;
    private final Execution execution;
    private final @Nullable NewReceipt receipt;
    private final @Nullable Object[] values;

    NewRow(VerifiedRequest request, Instant admittedAt, Attempt attempt, Execution execution) {
      RecordedRequest recorded = RecordedRequest.of(request, admittedAt);
      Hash hash = execution.receipt();
      this.reservation = Reservation.of(request, attempt);
      this.execution = execution;
      this.receipt = NewReceipt.of(execution);
      this.values =
          new @Nullable Object[] {
            execution.id().toString(),
            execution.tenant(),
            recorded.nonce(),
            execution.action(),
            execution.actionHash().hex(),
            recorded.payload(),
            execution.state().code(),
            execution.reason(),
            execution.result(),
            hash == null ? null : hash.hex(),
            receiptId(execution),
            recorded.approvals(),
            attempt.owner().toString(),
            attempt.number(),
            admittedAt.toEpochMilli(),
            null
          };
    }

    Execution execution() {
      return execution;
    }

    Reservation reservation() {
      return reservation;
    }

    private @Nullable Object[] changedAt(long millis) {
      values[values.length - 1] = millis;
      return values;
    }
  }

  /** An outcome to be, if that attempt holds the reservation still. */
  record NewOutcome(Attempt attempt, Execution ended, @Nullable NewReceipt receipt) {
    NewOutcome(Attempt attempt, Execution ended) {
      this(attempt, ended, NewReceipt.of(ended));
    }
  }

  Connection connection() {
    return connection;
  }

  ReceiptTable receipts() {
    return receipts;
  }

  LedgerTable ledger() {
    return ledger;
  }

  IdentityTable identity() {
    return new IdentityTable(connection);
  }

  /** Returns the time, in milliseconds since 1970. */
  long millis() {
    return evidence.now().toEpochMilli();
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    return statements.get(sql);
  }

  /**
   * Inserts executions with their approvals, each with both or not at all. A conflict is a result
   * and no failure, so that one costs its neighbours nothing.
   *
   * @param rows in the order of their ids: two processes that wait for each other's rows then wait
   *     in one direction only
   */
  List<Insert> insert(List<NewRow> rows) throws SQLException {
    List<Insert> results = new ArrayList<>(rows.size());
    List<Reservation> inserted = new ArrayList<>(rows.size());
    boolean[] unused = insertExecutions(rows);
    for (int i = 0; i < unused.length; i++) {
      results.add(unused[i] ? Insert.INSERTED : Insert.NONCE_TAKEN);
      if (unused[i]) {
        inserted.add(rows.get(i).reservation());
      }
    }
    Set<UUID> refused = approvals.use(inserted);
    for (int i = 0; i < unused.length && !refused.isEmpty(); i++) {
      UUID id = rows.get(i).execution().id();
      if (unused[i] && refused.contains(id)) {
        deleteExecution(id);
        results.set(i, Insert.APPROVAL_USED);
      }
    }
    List<NewReceipt> ended = new ArrayList<>(rows.size());
    for (int i = 0; i < unused.length; i++) {
      if (results.get(i) == Insert.INSERTED) {
        add(rows.get(i).receipt, ended);
      }
    }
    receipts.insert(ended);
    return results;
  }

  private static void add(@Nullable NewReceipt receipt, List<NewReceipt> to) {
    if (receipt != null) {
      to.add(receipt);
    }
  }

  private boolean[] insertExecutions(List<NewRow> rows) throws SQLException {
    long now = millis();
    List<@Nullable Object[]> values = rows.stream().map(row -> row.changedAt(now)).toList();
    return INSERT.insert(values, statements, dialect);
  }

  private static @Nullable String receiptId(Execution execution) {
    Receipt receipt = execution.evidence();
    return receipt == null ? null : receipt.id().toString();
  }

  /**
   * Ends reservations.
   *
   * @param outcomes in the order of their ids
   * @return for each whether its attempt held the reservation, and it was running; where not,
   *     nothing was written
   */
  boolean[] complete(List<NewOutcome> outcomes) throws SQLException {
    PreparedStatement update = prepare(COMPLETE);
    for (NewOutcome outcome : outcomes) {
      Execution ended = outcome.ended();
      update.setString(1, ended.state().code());
      update.setString(2, ended.reason());
      update.setString(3, ended.result());
      update.setString(4, Objects.requireNonNull(ended.receipt()).hex());
      update.setString(5, receiptId(ended));
      update.setLong(6, millis());
      update.setString(7, ended.id().toString());
      update.setString(8, outcome.attempt().owner().toString());
      update.setLong(9, outcome.attempt().number());
      update.addBatch();
    }
    boolean[] held = PreparedStatements.executeBatch(update);
    List<NewReceipt> written = new ArrayList<>(held.length);
    for (int i = 0; i < held.length; i++) {
      if (held[i]) {
        add(outcomes.get(i).receipt(), written);
      }
    }
    receipts.insert(written);
    return held;
  }

  /** Puts an outcome in the place of what is on record, with its receipt. */
  void change(Row row, Outcome outcome) throws SQLException {
    Execution current = row.execution();
    Receipt receipt = evidence.of(row.request(), outcome, row.receiptId());
    PreparedStatement update = prepare(CHANGE);
    update.setString(1, outcome.state().code());
    update.setString(2, outcome.reason());
    update.setString(3, resultText(outcome));
    update.setString(4, outcome.receipt(current.id()).hex());
    update.setString(5, receipt.id().toString());
    update.setLong(6, millis());
    update.setString(7, current.id().toString());
    update.setString(8, current.state().code());
    if (update.executeUpdate() != 1) {
      throw new SQLException("the execution changed meanwhile");
    }
    receipts.insert(List.of(NewReceipt.of(receipt, current.id())));
  }

  /** Keeps an outcome that contradicts what is on record, with its receipt. */
  void rememberConflict(Row row, Outcome late) throws SQLException {
    UUID id = row.execution().id();
    Receipt receipt = evidence.ofConflict(row.request(), late);
    // By its time the receipt is found again.
    remember(id, late, "conflict", Uuid7.millis(receipt.id()));
    receipts.insert(List.of(NewReceipt.of(receipt, id)));
  }

  private void remember(UUID id, Outcome outcome, String kind, long at) throws SQLException {
    PreparedStatement insert = prepare(INSERT_HISTORY);
    insert.setString(1, id.toString());
    insert.setString(2, outcome.state().code());
    insert.setString(3, outcome.reason());
    insert.setString(4, resultText(outcome));
    insert.setString(5, outcome.receipt(id).hex());
    insert.setString(6, kind);
    insert.setLong(7, at);
    insert.setString(8, id.toString());
    insert.executeUpdate();
  }

  Optional<Execution> find(UUID id) throws SQLException {
    // The usual answer is no, and a driver does a lot for each column that it announces.
    PreparedStatement select = prepare(EXISTS);
    select.setString(1, id.toString());
    try (ResultSet row = select.executeQuery()) {
      if (!row.next()) {
        return Optional.empty();
      }
    }
    PreparedStatement find = prepare(FIND);
    find.setString(1, id.toString());
    try (ResultSet row = find.executeQuery()) {
      return row.next() ? Optional.of(execution(row, ReceiptTable.receipt(row))) : Optional.empty();
    }
  }

  /** Finds a row and keeps it from changing for the rest of the transaction. */
  Optional<Row> lock(UUID id) throws SQLException {
    PreparedStatement select = prepare(HELD + " WHERE id = ?" + dialect.lockingRows());
    select.setString(1, id.toString());
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(row(row)) : Optional.empty();
    }
  }

  /** Returns what is running, and keeps it from changing for the rest of the transaction. */
  List<Row> lockRunning() throws SQLException {
    return rows(RUNNING + dialect.lockingRows());
  }

  /** PostgreSQL only: returns what runs without a lease, and keeps it from changing. */
  List<Row> lockAbandoned() throws SQLException {
    return rows(ABANDONED);
  }

  private List<Row> rows(String sql) throws SQLException {
    List<Row> rows = new ArrayList<>();
    try (ResultSet row = prepare(sql).executeQuery()) {
      while (row.next()) {
        rows.add(row(row));
      }
    }
    return rows;
  }

  static Row row(ResultSet row) throws SQLException {
    String receiptId = row.getString("receipt_id");
    return new Row(
        execution(row, null),
        new Attempt(UUID.fromString(row.getString("owner")), row.getLong("attempt")),
        new RecordedRequest(
            UUID.fromString(row.getString("id")),
            row.getString("tenant"),
            row.getString("nonce"),
            row.getString("action"),
            row.getString("payload"),
            row.getString("approvals"),
            Instant.ofEpochMilli(row.getLong("created_at"))),
        receiptId == null ? null : UUID.fromString(receiptId));
  }

  static Execution execution(ResultSet row, @Nullable Receipt evidence) throws SQLException {
    String receipt = row.getString("receipt");
    return new Execution(
        UUID.fromString(row.getString("id")),
        row.getString("tenant"),
        unquoted(row.getString("nonce")),
        row.getString("action"),
        new Hash(row.getString("action_hash")),
        State.ofCode(row.getString("state")),
        row.getString("reason"),
        row.getString("result"),
        receipt == null ? null : new Hash(receipt),
        evidence);
  }

  private static String unquoted(String json) throws SQLException {
    try {
      return StrictJson.parse(json).textValue();
    } catch (JsonRefused e) {
      throw new SQLException("the nonce on record is not a JSON string", e);
    }
  }

  static Outcome outcomeOf(Execution execution) {
    String result = execution.result();
    try {
      // As it is written it is longer than what the action returned.
      return new Outcome(
          execution.state(),
          execution.reason(),
          result == null ? null : JsonValue.of(StrictJson.parseStored(result)));
    } catch (JsonRefused e) {
      // Not an SQLException, so that only this row's write fails of those that are committed
      // together.
      throw new IllegalStateException("the result on record is not JSON", e);
    }
  }

  private static @Nullable String resultText(Outcome outcome) {
    JsonValue result = outcome.result();
    return result == null ? null : result.spaced();
  }

  /** Keeps the current outcome in the history and puts another one in its place. */
  void supersede(Row row, Outcome outcome) throws SQLException {
    remember(row.execution().id(), outcomeOf(row.execution()), "superseded", millis());
    change(row, outcome);
  }

  /** Deletes a reservation, with the approvals that it used up. */
  void delete(Reservation reservation) throws SQLException {
    deleteExecution(reservation.id());
    approvals.giveBack(reservation);
  }

  /**
   * Sees to it that a reservation is on record, and be it by making it: then nobody else is about
   * to. A commit whose confirmation got lost may still be under way, and an insert of the same id
   * waits for its end, where a read would see nothing.
   *
   * @throws SQLException if its end does not come soon
   */
  void force(Reservation reservation) throws SQLException {
    String bound = dialect.boundingWaits();
    if (!bound.isEmpty()) {
      prepare(bound).execute();
    }
    @Nullable Object[] row = {
      reservation.id().toString(),
      reservation.tenant(),
      CanonicalJson.quoted(""),
      "",
      "0".repeat(64),
      "",
      State.RUNNING.code(),
      null,
      null,
      null,
      null,
      null,
      reservation.attempt().owner().toString(),
      reservation.attempt().number(),
      0L,
      0L
    };
    boolean[] unused = INSERT.insert(List.<@Nullable Object[]>of(row), statements, dialect);
  }

  private void deleteExecution(UUID id) throws SQLException {
    PreparedStatement delete = prepare(DELETE);
    delete.setString(1, id.toString());
    delete.executeUpdate();
  }

  boolean issued(UUID id, Hash receipt) throws SQLException {
    PreparedStatement select = prepare(ISSUED);
    for (int i = 1; i <= 5; i += 2) {
      select.setString(i, id.toString());
      select.setString(i + 1, receipt.hex());
    }
    try (ResultSet rows = select.executeQuery()) {
      return rows.next();
    }
  }

  int probe() throws SQLException {
    PreparedStatement upsert = prepare(PROBE);
    upsert.setLong(1, millis());
    return upsert.executeUpdate();
  }

  /** Closes the statements and gives the connection back to its pool. */
  void giveBack() {
    try {
      close();
      connection.close();
    } catch (SQLException e) {
      LOG.debug("a connection that was given back is of no use", e);
    }
  }

  /** Closes the statements, not the connection. */
  @Override
  public void close() throws SQLException {
    statements.close();
  }
}
