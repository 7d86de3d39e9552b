package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.StoreUnavailable;
import io.openexec.receipt.Receipt;
import io.openexec.signature.VerificationKey;
import io.openexec.store.ExecutionTable.Row;
import io.openexec.store.LedgerReader.Inclusion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Reads the record as it is at one moment, in one transaction that writes nothing. For one thread.
 */
public final class RecordReader implements AutoCloseable {
  private final Connection connection;
  private final AutoCloseable owner;
  private final ReceiptTable receipts;
  private final LedgerTable ledger;
  private final IdentityTable identity;

  private RecordReader(Connection connection, Dialect dialect, AutoCloseable owner) {
    PreparedStatements statements = new PreparedStatements(connection);
    this.connection = connection;
    this.owner = owner;
    this.receipts = new ReceiptTable(statements, dialect);
    this.ledger = new LedgerTable(statements, dialect);
    this.identity = new IdentityTable(connection);
  }

  static RecordReader of(Connection sqlite) {
    return new RecordReader(sqlite, Dialect.SQLITE, sqlite);
  }

  static RecordReader of(HikariDataSource postgres) throws SQLException {
    try {
      Connection connection = postgres.getConnection();
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      return new RecordReader(connection, Dialect.POSTGRESQL, postgres);
    } catch (SQLException e) {
      Resources.close(postgres);
      throw e;
    }
  }

  /**
   * A receipt with its place in the log.
   *
   * @param inclusion empty until it is in a published checkpoint
   */
  public record Proven(Receipt receipt, Optional<Inclusion> inclusion) {}

  /**
   * What is on record of an id.
   *
   * @param execution the execution of that id, if it is one's; its receipt is the latest
   * @param latest the receipt of that id, or the execution's; empty while that is running
   * @param history what that receipt superseded, the oldest first
   * @param conflicts what contradicts it, or the one that superseded it; the oldest first
   */
  public record Recorded(
      Optional<RecordedExecution> execution,
      Optional<Proven> latest,
      List<Proven> history,
      List<Proven> conflicts) {}

  /**
   * Finds what is on record.
   *
   * @param id an execution's, or a receipt's, which is a denial's, too
   * @return empty if there is no such thing
   */
  public Optional<Recorded> find(UUID id) throws StoreUnavailable {
    try {
      Optional<Row> row = row(id);
      Optional<Receipt> receipt = row.isEmpty() ? receipts.find(id) : receipts.latest(id);
      return row.isEmpty() && receipt.isEmpty()
          ? Optional.empty()
          : Optional.of(recorded(row.map(RecordReader::execution), receipt));
    } catch (SQLException e) {
      throw new StoreUnavailable("cannot read", e);
    }
  }

  private Recorded recorded(Optional<RecordedExecution> execution, Optional<Receipt> receipt)
      throws SQLException {
    if (receipt.isEmpty()) {
      return new Recorded(execution, Optional.empty(), List.of(), List.of());
    }
    return new Recorded(
        execution,
        Optional.of(proven(receipt.get())),
        proven(receipts.history(receipt.get())),
        proven(receipts.conflicts(receipt.get())));
  }

  private List<Proven> proven(List<Receipt> several) throws SQLException {
    List<Proven> proven = new ArrayList<>();
    for (Receipt one : several) {
      proven.add(proven(one));
    }
    return proven;
  }

  private Proven proven(Receipt receipt) throws SQLException {
    return new Proven(receipt, LedgerReader.inclusion(receipt.id(), ledger));
  }

  private Optional<Row> row(UUID id) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(ExecutionTable.HELD + " WHERE id = ?")) {
      select.setString(1, id.toString());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(ExecutionTable.row(row)) : Optional.empty();
      }
    }
  }

  private static RecordedExecution execution(Row row) {
    return new RecordedExecution(row.request(), row.execution());
  }

  /** Returns the keys that receipts were ever signed with, the latest first. */
  public List<VerificationKey> receiptKeys() throws StoreUnavailable {
    try {
      return identity.receiptKeys();
    } catch (SQLException e) {
      throw new StoreUnavailable("cannot read", e);
    }
  }

  /** Returns whose log it is. */
  public LogIdentity log() throws StoreUnavailable {
    try {
      return identity.find().orElseThrow(() -> new SQLException("the ledger's row is gone"));
    } catch (SQLException e) {
      throw new StoreUnavailable("cannot read", e);
    }
  }

  @Override
  public void close() {
    Resources.close(connection);
    Resources.close(owner);
  }
}
