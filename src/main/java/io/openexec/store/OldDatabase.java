package io.openexec.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.sqlite.SQLiteConfig;

/**
 * The SQLite file of an OpenExec 0.1.10, held so that nobody can write it, and read. It is never
 * written.
 *
 * <p>While it is held, nothing else in this process may open the file: closing it again would give
 * up SQLite's locks on it (POSIX, {@code fcntl}).
 */
final class OldDatabase implements AutoCloseable {
  private static final String TABLE = "execution_log";
  private static final String HISTORY = "flyway_schema_history";
  private static final Set<String> COLUMNS =
      Set.of("id", "action", "payload", "result", "nonce", "approved", "timestamp");

  private static final String FOREIGN = "it belongs to another program; name another file";
  private static final String IN_USE =
      "it is of OpenExec 0.1.10 and in use: stop the 0.1.10 service first, then start again";
  private static final String HALF_WRITTEN =
      "it is of OpenExec 0.1.10, which is writing it or was killed while it did: stop the 0.1.10"
          + " service; if it is stopped, have the file recovered by sqlite3 FILE 'PRAGMA"
          + " journal_mode=DELETE; SELECT COUNT(*) FROM execution_log'; then start again";

  private static final int BUSY = 5;
  private static final int BUSY_MILLIS = 1_000;
  private static final int BATCH = 500;

  // The file format's read version, https://www.sqlite.org/fileformat2.html#the_database_header
  private static final int READ_VERSION_AT = 19;
  private static final int READ_VERSION_WAL = 2;

  private final Connection connection;

  private OldDatabase(Connection connection) {
    this.connection = connection;
  }

  /**
   * Returns whether a file is one: {@code false} if it is empty or ours. It is opened for reading
   * only, so that it stays as it is.
   *
   * @throws SQLException if it is neither, or cannot be read without writing it
   */
  static boolean isAt(Path file) throws IOException, SQLException {
    if (Files.size(file) == 0) {
      return false;
    }
    if (hasContent(beside(file, "-journal"))) {
      // Ours is in WAL mode from its first page on, and SQLite ends what was begun.
      if (isWal(file)) {
        return false;
      }
      throw new SQLException(HALF_WRITTEN);
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    try (Connection connection = config.createConnection("jdbc:sqlite:" + file)) {
      return isOne(connection);
    }
  }

  private static boolean isOne(Connection connection) throws SQLException {
    Set<String> tables =
        strings(
            connection,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%'"
                + " ESCAPE '!'");
    if (tables.isEmpty() || tables.contains(HISTORY)) {
      return false;
    }
    if (!tables.equals(Set.of(TABLE))
        || !strings(connection, "SELECT name FROM pragma_table_info('execution_log')")
            .containsAll(COLUMNS)) {
      throw new SQLException(FOREIGN);
    }
    return true;
  }

  private static Set<String> strings(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      Set<String> strings = new TreeSet<>();
      while (row.next()) {
        strings.add(row.getString(1).toLowerCase(Locale.ROOT));
      }
      return strings;
    }
  }

  /**
   * Holds the file: until this is closed nobody writes it.
   *
   * @throws SQLException if somebody else reads or writes it just now, or was killed while writing
   */
  static OldDatabase hold(Path file) throws IOException, SQLException {
    if (hasContent(beside(file, "-journal")) || hasContent(beside(file, "-wal"))) {
      throw new SQLException(HALF_WRITTEN);
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(BUSY_MILLIS);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      // By a statement, not by the driver, which would commit and begin as it sees fit.
      statement.execute("BEGIN EXCLUSIVE");
      return new OldDatabase(connection);
    } catch (SQLException e) {
      connection.close();
      throw (e.getErrorCode() & 0xff) == BUSY ? new SQLException(IN_USE) : e;
    }
  }

  /** Takes some executions. */
  @FunctionalInterface
  interface Sink {
    void take(List<OldExecution> some) throws SQLException;
  }

  /** Hands over all executions, some at a time; returns how many. */
  int copyTo(Sink sink) throws SQLException {
    int count = 0;
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT id, action, payload, result, nonce, approved, timestamp"
                    + " FROM execution_log ORDER BY rowid")) {
      List<OldExecution> some = new ArrayList<>(BATCH);
      while (row.next()) {
        some.add(OldExecution.of(row));
        count++;
        if (some.size() == BATCH) {
          sink.take(some);
          some.clear();
        }
      }
      sink.take(some);
    }
    return count;
  }

  private static Path beside(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  private static boolean hasContent(Path file) throws IOException {
    return Files.exists(file) && Files.size(file) > 0;
  }

  private static boolean isWal(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] header = in.readNBytes(READ_VERSION_AT + 1);
      return header.length > READ_VERSION_AT && header[READ_VERSION_AT] == READ_VERSION_WAL;
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
