package io.openexec.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the benchmarks do to a database, and that they notice when it is not as it has to be. */
class StoreTest {
  private static final long MANY = 100_001;
  @TempDir Path directory;

  @Test
  void fillsSqliteAndNoticesOneMissingOrTooMany() throws Exception {
    Store store = Store.sqlite(directory);
    fillsAndNotices(store, "jdbc:sqlite:" + directory.resolve("openexec.db"));
  }

  @Test
  void fillsPostgresqlAndNoticesOneMissingOrTooMany() throws Exception {
    try (PostgresServer server = PostgresServer.start(directory.resolve("data"))) {
      Store store = server.newStore();
      fillsAndNotices(
          store, "jdbc:" + store.url().replace("postgres:postgres@", "") + "?user=postgres");
    }
  }

  private static void fillsAndNotices(Store store, String jdbc) throws Exception {
    try (Connection connection = DriverManager.getConnection(jdbc)) {
      execute(
          connection,
          "CREATE TABLE executions"
              + " (id VARCHAR(36) PRIMARY KEY, nonce TEXT UNIQUE, state TEXT, result TEXT)");
      execute(
          connection,
          "INSERT INTO executions VALUES ('5ca09451-db84-8915-bc5d-3bc6df465eff', '\""
              + ExecutionRows.Template.NONCE
              + "\"', 'succeeded', '{}')");
    }
    store.tally().acknowledged();
    store.fill(MANY);
    assertThat(store.discrepancy()).isEmpty();
    store.tally().acknowledged();
    assertThat(store.discrepancy()).isPresent();
    try (Connection connection = DriverManager.getConnection(jdbc)) {
      execute(connection, "INSERT INTO executions VALUES ('x', 'y', 'succeeded', '{}')");
      assertThat(store.discrepancy()).isEmpty();
      execute(connection, "UPDATE executions SET state = 'unknown' WHERE id = 'x'");
      assertThat(store.discrepancy()).isPresent();
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
