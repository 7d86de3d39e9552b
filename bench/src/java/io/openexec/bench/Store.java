package io.openexec.bench;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;

/** A database under a service, and what the service acknowledged to have put into it. */
final class Store {
  private final String url;
  private final String jdbc;
  private final Optional<Path> file;
  private final Tally tally = new Tally();
  private long stored;

  private Store(String url, String jdbc, Optional<Path> file) {
    this.url = url;
    this.jdbc = jdbc;
    this.file = file;
  }

  /** A SQLite database in a folder. */
  static Store sqlite(Path directory) {
    Path file = directory.resolve("openexec.db").toAbsolutePath();
    return new Store("sqlite:///" + file, "jdbc:sqlite:" + file, Optional.of(file));
  }

  /** A database of a PostgreSQL server. */
  static Store postgresql(int port, String name) {
    String rest = "127.0.0.1:" + port + "/" + name;
    return new Store(
        "postgresql://postgres:postgres@" + rest,
        "jdbc:postgresql://" + rest + "?user=postgres&password=postgres",
        Optional.empty());
  }

  /** Returns the value of OPENEXEC_DB_URL. */
  String url() {
    return url;
  }

  /** Returns how the requests were answered that a service over this store got. */
  Tally tally() {
    return tally;
  }

  /**
   * Puts many executions into it that nobody requested. No service may run on it, and one has
   * executed exactly one request.
   */
  void fill(long count) throws SQLException, IOException {
    try (Connection connection = DriverManager.getConnection(jdbc)) {
      new ExecutionRows(connection).multiply(count);
    }
    if (file.isPresent()) {
      // Or the disk is still busy with it while something else is measured.
      try (FileChannel channel = FileChannel.open(file.get(), StandardOpenOption.WRITE)) {
        channel.force(true);
      }
    }
    stored += count;
  }

  /** Returns what is wrong with its content, if it does not hold exactly what was acknowledged. */
  Optional<String> discrepancy() throws SQLException {
    try (Connection connection = DriverManager.getConnection(jdbc)) {
      ExecutionRows rows = new ExecutionRows(connection);
      long succeeded = rows.succeeded();
      long all = rows.all();
      long expected = tally.acknowledgedCount() + stored;
      return succeeded == expected && all == expected
          ? Optional.empty()
          : Optional.of(
              "acknowledged "
                  + tally.acknowledgedCount()
                  + ", put in before "
                  + stored
                  + ", but in the database "
                  + succeeded
                  + " that succeeded and "
                  + (all - succeeded)
                  + " others");
    }
  }

  /** Returns the size of its file, where it has one. */
  Optional<Long> size() throws IOException {
    return file.isPresent() ? Optional.of(Files.size(file.get())) : Optional.empty();
  }
}
