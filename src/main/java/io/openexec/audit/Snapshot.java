package io.openexec.audit;

import io.openexec.store.DatabaseUrl;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.sqlite.SQLiteConfig;

/**
 * A database as it is at one moment, which a service may be writing: one transaction that only
 * reads. Large results come row by row, and never as a whole.
 */
final class Snapshot implements AutoCloseable {
  // A row may have megabytes, and PostgreSQL's driver keeps so many.
  private static final int ROWS_AT_A_TIME = 16;
  private static final String SQLITE_HEADER = "SQLite format 3\0";

  private final Connection connection;
  private final Map<String, PreparedStatement> lookups = new HashMap<>();

  /** Reads a row. */
  @FunctionalInterface
  interface Reader<T> {
    T read(ResultSet row) throws SQLException, Misfit;
  }

  /** Takes a row. */
  @FunctionalInterface
  interface Visitor {
    void visit(ResultSet row) throws SQLException, Misfit;
  }

  private Snapshot(Connection connection) {
    this.connection = connection;
  }

  static Snapshot open(DatabaseUrl url) throws SQLException, IOException {
    Connection connection =
        url instanceof DatabaseUrl.Postgres postgres
            ? postgres(postgres)
            : sqlite(((DatabaseUrl.Sqlite) url).file());
    return new Snapshot(connection);
  }

  private static Connection sqlite(Path file) throws SQLException, IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is no such file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] header = in.readNBytes(SQLITE_HEADER.length());
      if (!new String(header, StandardCharsets.ISO_8859_1).equals(SQLITE_HEADER)) {
        throw new IOException("it is not a SQLite database");
      }
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(5_000);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    connection.setAutoCommit(false);
    return connection;
  }

  private static Connection postgres(DatabaseUrl.Postgres url) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("PGDBNAME", url.database());
    properties.setProperty("ApplicationName", "openexec-audit");
    properties.setProperty("connectTimeout", "3");
    properties.setProperty("tcpKeepAlive", "true");
    properties.putAll(url.parameters());
    Optional.ofNullable(url.credentials().user())
        .ifPresent(user -> properties.setProperty("user", user));
    Optional.ofNullable(url.credentials().password())
        .ifPresent(password -> properties.setProperty("password", password));
    Connection connection =
        DriverManager.getConnection("jdbc:postgresql://" + url.hosts() + "/", properties);
    connection.setAutoCommit(false);
    connection.setReadOnly(true);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    return connection;
  }

  /** Begins to read the rows of a query; the caller closes what is returned. */
  Rows rows(String sql) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    statement.setFetchSize(ROWS_AT_A_TIME);
    return new Rows(statement, statement.executeQuery());
  }

  /** Shows every row of a query to a visitor. */
  void each(String sql, Visitor visitor) throws SQLException, Misfit {
    try (Rows rows = rows(sql)) {
      while (rows.row.next()) {
        visitor.visit(rows.row);
      }
    }
  }

  /** Looks something up: the first row, or nothing. */
  <T> Optional<T> find(String sql, Reader<T> reader, Object... parameters)
      throws SQLException, Misfit {
    PreparedStatement statement = lookups.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      lookups.put(sql, statement);
    }
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? Optional.of(reader.read(row)) : Optional.empty();
    }
  }

  /** Rows that are being read. */
  static final class Rows implements AutoCloseable {
    private final PreparedStatement statement;
    final ResultSet row;

    private Rows(PreparedStatement statement, ResultSet row) {
      this.statement = statement;
      this.row = row;
    }

    @Override
    public void close() throws SQLException {
      row.close();
      statement.close();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.rollback();
    connection.close();
  }
}
