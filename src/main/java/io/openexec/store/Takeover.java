package io.openexec.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteDataSource;

/**
 * Takes over the SQLite file of an OpenExec 0.1.10, in place and whole or not at all.
 *
 * <p>The new database is made as another file ({@code NAME.takeover}), synced, and renamed over the
 * old one, which goes on as {@code NAME.0.1.10}. Until the rename the old one is as it was, byte
 * for byte; from then on the takeover has happened. An attempt that fails takes back what it made,
 * and one that is killed leaves that to the next.
 *
 * <p>Whoever runs it holds the {@link FileLock}.
 */
final class Takeover {
  private static final Logger LOG = LoggerFactory.getLogger(Takeover.class);

  /** How far it has come. */
  enum Step {
    /** The old database is held, so that nobody writes it. */
    HELD,
    /** The new one has its tables. */
    MADE,
    /** It has the executions. */
    COPIED,
    /** It is closed, and durable. */
    SYNCED,
    /** The old one has its second name. */
    KEPT,
    /** The new one has the old one's name. The takeover has happened. */
    RENAMED
  }

  /** Is told of each step, and may fail the takeover there. */
  @FunctionalInterface
  interface Progress {
    void reached(Step step) throws IOException;
  }

  private final Path file;
  private final Path made;
  private final Path kept;
  private final String tenant;
  private final Clock clock;
  private final Progress progress;

  Takeover(Path file, String tenant, Clock clock, Progress progress) {
    this.file = file;
    this.made = file.resolveSibling(file.getFileName() + ".takeover");
    this.kept = kept(file);
    this.tenant = tenant;
    this.clock = clock;
    this.progress = progress;
  }

  private static Path kept(Path file) {
    return file.resolveSibling(file.getFileName() + ".0.1.10");
  }

  /** Takes the second name off an old database whose takeover was killed before the rename. */
  static void dropSecondName(Path file) throws IOException {
    Path kept = kept(file);
    if (Files.exists(kept, LinkOption.NOFOLLOW_LINKS) && Files.isSameFile(kept, file)) {
      Files.delete(kept);
    }
  }

  /**
   * Runs it. The executions are the tenant's from then on.
   *
   * @throws Exception saying what to do; then the old database is as it was, and a later attempt
   *     may succeed
   */
  void run() throws Exception {
    try {
      clear();
      takeOver();
    } catch (Exception | Error e) {
      try {
        clear();
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  private void takeOver() throws IOException, SQLException {
    if (Files.exists(kept, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(
          "it is of OpenExec 0.1.10 and would be kept as "
              + kept
              + ", which is there already; move that away, then start again");
    }
    try (OldDatabase old = OldDatabase.hold(file)) {
      progress.reached(Step.HELD);
      int count = make(old);
      FileSync.file(made);
      progress.reached(Step.SYNCED);
      keep();
      progress.reached(Step.KEPT);
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      progress.reached(Step.RENAMED);
      FileSync.directoryOf(file);
      LOG.info("took over {} executions of OpenExec 0.1.10, whose file is kept as {}", count, kept);
    }
  }

  private int make(OldDatabase old) throws IOException, SQLException {
    PrivateFile.create(made);
    SQLiteDataSource database = new SQLiteDataSource();
    database.setUrl(SqliteStore.url(made));
    Dialect.SQLITE.migrate(database);
    progress.reached(Step.MADE);
    int count;
    try (Connection connection = database.getConnection()) {
      count = copy(old, connection);
      progress.reached(Step.COPIED);
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      }
    }
    if (Files.exists(made.resolveSibling(made.getFileName() + "-wal"))) {
      throw new IOException(made + " is in use; leave it alone, and start again");
    }
    return count;
  }

  private int copy(OldDatabase old, Connection connection) throws SQLException {
    TakenOverTable table = new TakenOverTable(connection);
    connection.setAutoCommit(false);
    table.insertTakeover(clock.instant());
    int count = old.copyTo(some -> table.insert(some, tenant));
    // Commits, and does not begin the next transaction.
    connection.setAutoCommit(true);
    return count;
  }

  /** A second name and no copy, for which the file would have to be opened: see OldDatabase. */
  private void keep() throws IOException {
    try {
      Files.createLink(kept, file);
    } catch (UnsupportedOperationException e) {
      throw new IOException(
          "its file system cannot keep the old file under a second name; use a local disk", e);
    }
    // Before the rename, lest a crash leaves the old file without a name.
    FileSync.directoryOf(file);
  }

  /** Deletes what an attempt made, if it did not come to the rename. */
  private void clear() throws IOException {
    for (String suffix : new String[] {"", "-wal", "-shm", "-journal"}) {
      Files.deleteIfExists(made.resolveSibling(made.getFileName() + suffix));
    }
    dropSecondName(file);
  }
}
