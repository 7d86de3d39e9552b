package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.Errors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves SQLite's write-ahead log into the database beside the writer, who would otherwise stop for
 * it every thousand pages (https://www.sqlite.org/wal.html#ckpt). The later that is, the more pages
 * were written several times and are moved once.
 *
 * <p>While the log is being moved the writer appends to it, so it is never quite done; at the end
 * the writer is asked for a pause, in which the rest, by then little, is moved, and after which the
 * log begins anew. SQLite syncs the database then, and only then, all of it at once; so it is
 * synced before as well, where nobody waits for it. Nothing here bears on durability: what is
 * committed is in the log, and synced.
 */
final class Checkpoints implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
  private static final int MANY_FRAMES = 16_000;
  private static final int ROUNDS = 2;
  private static final long LOOK_MILLIS = 50;
  private static final long PAUSE_SECONDS = 10;

  private final HikariDataSource pool;
  private final GroupCommit writer;
  private final FileChannel database;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "openexec-checkpoint"));

  /**
   * Begins to look after the log of that database.
   *
   * @param database its file, open for as long as anyone has a connection to it: when a process
   *     closes a file, it loses all locks on it (POSIX), and SQLite's are among them
   */
  Checkpoints(HikariDataSource pool, GroupCommit writer, FileChannel database) {
    this.pool = pool;
    this.writer = writer;
    this.database = database;
    var unused =
        thread.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    try (Connection connection = pool.getConnection()) {
      if (move(connection, "NOOP") > MANY_FRAMES) {
        for (int round = 0; round < ROUNDS; round++) {
          move(connection, "PASSIVE");
          database.force(false);
        }
        writer.inPause(this::moveRest).get(PAUSE_SECONDS, TimeUnit.SECONDS);
      }
    } catch (SQLException
        | IOException
        | ExecutionException
        | TimeoutException
        | RuntimeException
        | Error e) {
      LOG.warn("the write-ahead log cannot be moved now: {}", Errors.rootCause(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** While the writer pauses nothing is added, and the log can begin anew. */
  private void moveRest() {
    try (Connection connection = pool.getConnection()) {
      move(connection, "RESTART");
    } catch (SQLException e) {
      LOG.warn("the write-ahead log cannot begin anew: {}", Errors.rootCause(e));
    }
  }

  /** Moves as much as that kind of checkpoint does; returns how many frames were left before. */
  private static int move(Connection connection, String kind) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + kind + ")")) {
      row.next();
      return row.getInt(2) - row.getInt(3);
    }
  }

  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(PAUSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("the write-ahead log is being moved still");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
