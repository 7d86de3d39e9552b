package io.openexec.testing;

import io.openexec.store.DatabaseUrl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A database of a test's own, and what an auditor sees who opens it. */
public abstract class TestDatabase {
  private final String url;
  private final String jdbcUrl;

  TestDatabase(String url, String jdbcUrl) {
    this.url = url;
    this.jdbcUrl = jdbcUrl;
  }

  /** A file in that folder. */
  public static TestDatabase sqlite(Path directory) {
    return file(directory.resolve("openexec.db"));
  }

  /** That file. */
  public static TestDatabase file(Path file) {
    return new TestDatabase("sqlite:///" + file, "jdbc:sqlite:" + file) {
      @Override
      public long commits() {
        return WalFile.commits(Path.of(file + "-wal"));
      }

      @Override
      public String toString() {
        return "SQLite";
      }
    };
  }

  /** The value of {@code OPENEXEC_DB_URL}. */
  public String url() {
    return url;
  }

  public DatabaseUrl parsed() {
    return DatabaseUrl.parse(url, Path.of("/"));
  }

  /** How many transactions that wrote something were committed so far. */
  public abstract long commits();

  /** A connection as another program would have. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl);
  }

  public void execute(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The rows of a query, columns joined by {@code |}. */
  public List<String> rows(String query) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      List<String> rows = new ArrayList<>();
      while (row.next()) {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          columns.add(String.valueOf(row.getString(i)));
        }
        rows.add(String.join("|", columns));
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** SQLite's write-ahead log, by https://www.sqlite.org/fileformat2.html#walformat. */
  private static final class WalFile {
    private static final int HEADER = 32;
    private static final int FRAME_HEADER = 24;

    /** The frames that end a transaction, each of which was synced. */
    static long commits(Path file) {
      if (Files.notExists(file)) {
        return 0;
      }
      try {
        ByteBuffer wal = ByteBuffer.wrap(Files.readAllBytes(file));
        if (wal.capacity() < HEADER) {
          return 0;
        }
        int page = wal.getInt(8);
        long salt = wal.getLong(16);
        long commits = 0;
        for (int at = HEADER; at + FRAME_HEADER <= wal.capacity(); at += FRAME_HEADER + page) {
          if (wal.getLong(at + 8) == salt && wal.getInt(at + 4) != 0) {
            commits++;
          }
        }
        return commits;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
