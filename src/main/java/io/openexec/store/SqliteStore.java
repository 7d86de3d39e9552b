package io.openexec.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.Evidence;
import io.openexec.execution.Lease;
import io.openexec.execution.Outcome;
import io.openexec.execution.StoreUnavailable;
import io.openexec.store.ExecutionTable.Row;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/** Opens the record in a SQLite file. */
final class SqliteStore {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteStore.class);
  private static final int CONNECTIONS = 8;
  private static final String HEADER = "SQLite format 3\0";
  private static final int READER_MILLIS = 2_000;
  private static final int SYNCHRONOUS_FULL = 2;
  // IMMEDIATE: a transaction that reads and then writes would else fail with SQLITE_BUSY_SNAPSHOT,
  // whatever the timeout.
  private static final String PARAMETERS =
      "?journal_mode=WAL&synchronous=FULL&busy_timeout=2000&transaction_mode=IMMEDIATE"
          + "&foreign_keys=true"
          // Checkpoints does it; this is for when it cannot.
          + "&wal_autocheckpoint=50000";

  private SqliteStore() {}

  /**
   * Opens the file, making it (readable by its owner only) or migrating it as needed, holds it
   * against a second service, and declares unknown what an earlier process left running: the lock
   * says that it is gone. A file of OpenExec 0.1.10 is taken over first.
   *
   * @param heir whose its executions become; if empty, it is not taken over
   */
  static JdbcExecutionStore open(
      Path file, Optional<String> heir, Signatories signatories, Executor answers, Clock clock)
      throws Exception {
    FileLock lock = null;
    HikariDataSource pool = null;
    try {
      Path real = create(file);
      lock = FileLock.take(real);
      Takeover.dropSecondName(real);
      checkOneName(real);
      if (OldDatabase.isAt(real)) {
        takeOver(real, heir, clock);
      }
      pool = pool(real);
      SameFiles same = SameFiles.of(real, lock.file());
      checkDurability(pool);
      Dialect.SQLITE.migrate(pool);
      Evidence evidence = IdentityTable.establish(pool, signatories, clock);
      JdbcExecutionStore store = store(pool, same, answers, evidence, takenOver(pool), lock);
      declareInterruptedUnknown(store);
      return store;
    } catch (Exception e) {
      Resources.close(pool);
      Resources.close(lock);
      throw e;
    }
  }

  private static void takeOver(Path file, Optional<String> heir, Clock clock) throws Exception {
    String tenant =
        heir.orElseThrow(
            () ->
                new IOException(
                    "it is of OpenExec 0.1.10 and its executions become those of the tenant that"
                        + " is served; set CLAWSHIELD_TENANT_ID"));
    new Takeover(file, tenant, clock, step -> {}).run();
  }

  private static Optional<Instant> takenOver(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection()) {
      return new TakenOverTable(connection).since();
    }
  }

  /** Opens the file of a service that may be running. */
  static JdbcExecutionStore attach(Path file, Signatories signatories, Clock clock)
      throws Exception {
    checkIsOurs(file);
    HikariDataSource pool = pool(file);
    try {
      Evidence evidence = IdentityTable.establish(pool, signatories, clock);
      return store(pool, SameFiles.of(file), Runnable::run, evidence, Optional.empty(), null);
    } catch (Exception e) {
      Resources.close(pool);
      throw e;
    }
  }

  /** Opens the file of a service that may be running, to read what is there at this moment. */
  static Connection read(Path file) throws IOException, SQLException {
    checkIsOurs(file);
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(READER_MILLIS);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    connection.setAutoCommit(false);
    return connection;
  }

  private static void checkIsOurs(Path file) throws IOException, SQLException {
    checkHeader(file);
    if (OldDatabase.isAt(file)) {
      throw new IOException(
          "it is of OpenExec 0.1.10; start the service, which takes it over, then try again");
    }
  }

  /** Makes the store; who holds the file also looks after its log. */
  private static JdbcExecutionStore store(
      HikariDataSource pool,
      SameFiles same,
      Executor answers,
      Evidence evidence,
      Optional<Instant> takenOver,
      @Nullable FileLock lock)
      throws IOException {
    GroupCommit writer =
        new GroupCommit(
            pool, Dialect.SQLITE, Fence.NONE, same, answers, evidence, Databases.WAITING_WRITES);
    List<AutoCloseable> resources = new ArrayList<>(List.of(pool));
    if (lock != null) {
      FileChannel file = FileChannel.open(lock.database(), StandardOpenOption.WRITE);
      resources.add(0, new Checkpoints(pool, writer, file));
      resources.add(file);
      resources.add(lock);
    }
    return new JdbcExecutionStore(
        pool, Dialect.SQLITE, writer, Lease.ofTheProcess(), evidence, takenOver, resources);
  }

  /** Turns what an earlier process left running into unknown: it may have taken effect. */
  private static void declareInterruptedUnknown(JdbcExecutionStore store) throws StoreUnavailable {
    int interrupted =
        store.write(
            table -> {
              List<Row> running = table.lockRunning();
              for (Row row : running) {
                table.change(row, Outcome.unknown(Outcome.INTERRUPTED));
              }
              return running.size();
            });
    if (interrupted > 0) {
      LOG.warn(
          "{} executions were interrupted: their outcome is unknown until settled", interrupted);
    }
  }

  /** Every SQLite file that holds anything begins so; whatever does not is not touched. */
  private static void checkHeader(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is no such file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      if (!new String(in.readNBytes(HEADER.length()), StandardCharsets.ISO_8859_1).equals(HEADER)) {
        throw new IOException("it is not a SQLite database");
      }
    }
  }

  private static Path create(Path file) throws IOException {
    Path directory = file.getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new IOException("its directory does not exist; make it first");
    }
    if (file.toString().contains("?")) {
      throw new IOException("its path has a question mark, which the driver cannot take");
    }
    if (Files.isDirectory(file)) {
      throw new IOException("it is a directory");
    }
    if (Files.notExists(file)) {
      PrivateFile.create(file);
    }
    if (!Files.isWritable(file) || !Files.isWritable(directory)) {
      throw new IOException("it or its directory is not writable");
    }
    return file.toRealPath();
  }

  /** Under two names SQLite keeps two write-ahead logs, and the lock beside it is not the same. */
  private static void checkOneName(Path real) throws IOException {
    if (Files.getFileStore(real).supportsFileAttributeView("unix")
        && (int) Files.getAttribute(real, "unix:nlink") > 1) {
      throw new IOException("it has more than one hard link; keep one name");
    }
  }

  static String url(Path file) {
    return "jdbc:sqlite:" + file + PARAMETERS;
  }

  static HikariDataSource pool(Path file) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("openexec-sqlite");
    config.setJdbcUrl(url(file));
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(5_000);
    return new HikariDataSource(config);
  }

  private static void checkDurability(HikariDataSource pool) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      if (!pragma(statement, "journal_mode").equals("wal")
          || !pragma(statement, "synchronous").equals(Integer.toString(SYNCHRONOUS_FULL))) {
        throw new SQLException(
            "its file system does not support SQLite's write-ahead log; use a local disk");
      }
    }
  }

  private static String pragma(Statement statement, String name) throws SQLException {
    try (ResultSet row = statement.executeQuery("PRAGMA " + name)) {
      return row.next() ? row.getString(1) : "";
    }
  }
}
