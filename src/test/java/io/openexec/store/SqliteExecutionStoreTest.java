package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.ExecutionStore.Insert;
import io.openexec.execution.Outcome;
import io.openexec.execution.State;
import io.openexec.execution.StoreUnavailable;
import io.openexec.testing.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class SqliteExecutionStoreTest extends ExecutionStoreTest {
  @Override
  TestDatabase database() {
    return TestDatabase.sqlite(directory);
  }

  private Path file() {
    return directory.resolve("openexec.db");
  }

  @Test
  void whatWasRunningWhenTheServiceEndedIsUnknown() throws Exception {
    VerifiedRequest request = request("n");
    reserve(request, mine());
    store.close();
    open();
    assertThat(state(request)).isEqualTo(State.UNKNOWN);
    assertThat(store.find(request.executionId()).orElseThrow().reason())
        .isEqualTo(Outcome.INTERRUPTED);
  }

  @Test
  void aDatabaseThatWasDeletedTakesNoMoreCommits() throws Exception {
    insert(request("before"), mine(), succeeded("{}"));
    Files.delete(file());
    assertThatThrownBy(() -> insert(request("after"), mine(), succeeded("{}")))
        .hasCauseInstanceOf(StoreUnavailable.class)
        .hasRootCauseMessage(file() + " was deleted or replaced; restart the service");
    assertThatThrownBy(() -> store.probe()).isInstanceOf(StoreUnavailable.class);
  }

  @Test
  void aLockThatWasDeletedTakesNoMoreCommits() throws Exception {
    Files.delete(directory.resolve("openexec.db.lock"));
    assertThatThrownBy(() -> insert(request("after"), mine(), succeeded("{}")))
        .hasCauseInstanceOf(StoreUnavailable.class);
  }

  @Test
  void theWriteAheadLogBeginsAnewWhileWritesGoOn() throws Exception {
    String large = "{\"x\":\"" + "x".repeat(1_000_000) + "\"}";
    for (int i = 0; i < 140; i++) {
      assertThat(insert(request("n" + i), mine(), succeeded(large))).isEqualTo(Insert.INSERTED);
    }
    assertThat(Files.size(file())).as("140 MB were written").isGreaterThan(70_000_000);
    assertThat(Files.size(directory.resolve("openexec.db-wal"))).isLessThan(100_000_000);
    assertThat(state(request("n0"))).isEqualTo(State.SUCCEEDED);
    assertThat(state(request("n139"))).isEqualTo(State.SUCCEEDED);
  }

  @Test
  void everyConnectionSyncsFully() throws Exception {
    try (HikariDataSource pool = SqliteStore.pool(file())) {
      Connection[] all = new Connection[pool.getMaximumPoolSize()];
      for (int i = 0; i < all.length; i++) {
        all[i] = pool.getConnection();
        assertThat(pragma(all[i], "synchronous")).as("FULL").isEqualTo("2");
        assertThat(pragma(all[i], "journal_mode")).isEqualTo("wal");
        assertThat(pragma(all[i], "foreign_keys")).isEqualTo("1");
      }
      for (Connection connection : all) {
        connection.close();
      }
    }
  }

  private static String pragma(Connection connection, String name) throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA " + name)) {
      return row.getString(1);
    }
  }
}
