package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.StoreUnavailable;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupCommitTest {
  private static final int CAPACITY = 4;
  @TempDir Path directory;
  private String url;
  private HikariDataSource pool;
  private GroupCommit commits;

  @BeforeEach
  void open() throws Exception {
    Path file = directory.resolve("rows.db");
    url = "jdbc:sqlite:" + file;
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE rows (name TEXT PRIMARY KEY)");
    }
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url + "?journal_mode=WAL&busy_timeout=100&transaction_mode=IMMEDIATE");
    pool = new HikariDataSource(config);
    commits = new GroupCommit(pool, CAPACITY, SameFiles.of(file));
  }

  @AfterEach
  void close() {
    commits.close();
    pool.close();
  }

  private static int insert(Connection connection, String name) throws SQLException {
    try (var insert = connection.prepareStatement("INSERT INTO rows VALUES (?)")) {
      insert.setString(1, name);
      return insert.executeUpdate();
    }
  }

  private List<String> rows() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT name FROM rows ORDER BY name")) {
      List<String> names = new ArrayList<>();
      while (row.next()) {
        names.add(row.getString(1));
      }
      return names;
    }
  }

  private CompletableFuture<Integer> later(GroupCommit.Write<Integer> write) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return commits.commit(write);
          } catch (StoreUnavailable e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** Holds the writer until the latch opens, so that what comes meanwhile shares one commit. */
  private CompletableFuture<Integer> hold(CountDownLatch latch) throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CompletableFuture<Integer> first =
        later(
            connection -> {
              held.countDown();
              try {
                latch.await();
              } catch (InterruptedException e) {
                throw new SQLException(e);
              }
              return insert(connection, "first");
            });
    held.await();
    return first;
  }

  @Test
  void aWriteThatFailsIsUndoneAloneAndItsNeighboursAreCommitted() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    CompletableFuture<Integer> first = hold(latch);
    CompletableFuture<Integer> bad =
        later(
            connection -> {
              insert(connection, "half of the bad one");
              throw new SQLException("the other half");
            });
    CompletableFuture<Integer> worse =
        later(
            connection -> {
              insert(connection, "half of the worse one");
              throw new IllegalStateException("a fault of the code");
            });
    CompletableFuture<Integer> good = later(connection -> insert(connection, "good"));
    latch.countDown();
    assertThat(first.get()).isEqualTo(1);
    assertThat(good.get()).isEqualTo(1);
    assertThatThrownBy(bad::get).hasRootCauseMessage("the other half");
    assertThatThrownBy(worse::get).hasRootCauseMessage("a fault of the code");
    assertThat(rows()).containsExactly("first", "good");
  }

  @Test
  void nothingIsAnsweredBeforeItIsCommitted() throws Exception {
    for (int i = 0; i < 50; i++) {
      commits.commit(connection -> insert(connection, "row"));
      assertThat(rows()).containsExactly("row");
      commits.commit(
          connection -> {
            try (Statement statement = connection.createStatement()) {
              return statement.executeUpdate("DELETE FROM rows");
            }
          });
    }
  }

  @Test
  void aCommitThatFailsTakesExactlyItsOwnWritesAndTheNextOneBeginsAnew() throws Exception {
    assertThat(commits.isFailing()).isFalse();
    try (Connection lock = DriverManager.getConnection(url);
        Statement statement = lock.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      assertThatThrownBy(() -> commits.commit(connection -> insert(connection, "locked out")))
          .isInstanceOf(StoreUnavailable.class);
      statement.execute("ROLLBACK");
    }
    assertThat(commits.isFailing()).isTrue();
    int after = commits.commit(connection -> insert(connection, "after"));
    assertThat(after).isEqualTo(1);
    assertThat(rows()).containsExactly("after");
  }

  @Test
  void anErrorDoesNotEndTheWriter() throws Exception {
    assertThatThrownBy(
            () ->
                commits.commit(
                    connection -> {
                      insert(connection, "never");
                      throw new OutOfMemoryError("for the test");
                    }))
        .isInstanceOf(StoreUnavailable.class);
    int after = commits.commit(connection -> insert(connection, "after"));
    assertThat(after).isEqualTo(1);
    assertThat(rows()).containsExactly("after");
  }

  @Test
  void oneWriteMoreThanMayWaitIsRefusedAtOnce() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    CompletableFuture<Integer> first = hold(latch);
    List<CompletableFuture<Integer>> waiting = new ArrayList<>();
    for (int i = 0; i < CAPACITY; i++) {
      String name = "waiting " + i;
      waiting.add(later(connection -> insert(connection, name)));
    }
    while (commits.waiting() < CAPACITY) {
      Thread.onSpinWait();
    }
    assertThatThrownBy(() -> commits.commit(connection -> insert(connection, "one too many")))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessage("too many writes are waiting");
    latch.countDown();
    first.get();
    for (CompletableFuture<Integer> write : waiting) {
      write.get();
    }
    assertThat(rows()).hasSize(1 + CAPACITY);
  }

  @Test
  void afterTheCloseNothingIsTaken() {
    commits.close();
    assertThatThrownBy(() -> commits.commit(connection -> insert(connection, "late")))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessage("the store is closed");
  }
}
