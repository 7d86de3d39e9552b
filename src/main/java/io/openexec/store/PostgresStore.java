package io.openexec.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.Evidence;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** Opens the record in a PostgreSQL database, which several processes may share. */
final class PostgresStore {
  private static final int CONNECTIONS = 8;
  private static final int CONNECTION_MILLIS = 2_000;

  // What is not given in the URL. A server that says nothing any more must not be waited for.
  private static final String CONNECT_SECONDS = "3";
  private static final String SOCKET_SECONDS = "10";

  // A stricter setting than 'on' (remote_apply) stays. And who is paused in the middle of a
  // transaction keeps others from its rows, such as the ledger's state, no longer than this.
  private static final String DURABLE =
      """
      SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit') IN ('off', 'local');
      SET idle_in_transaction_session_timeout = '3s'
      """;

  private PostgresStore() {}

  static JdbcExecutionStore open(
      DatabaseUrl.Postgres url,
      Duration lease,
      Signatories signatories,
      Executor answers,
      Clock clock)
      throws Exception {
    HikariDataSource pool = pool(url);
    DatabaseLease held = null;
    try {
      checkServer(pool);
      checkOwn(pool);
      Dialect.POSTGRESQL.migrate(pool);
      Evidence evidence = IdentityTable.establish(pool, signatories, clock);
      held = DatabaseLease.take(pool, lease, evidence);
      return store(pool, held, answers, evidence);
    } catch (Exception e) {
      Resources.close(held);
      Resources.close(pool);
      throw e;
    }
  }

  /** Opens it without reserving anything in it. */
  static JdbcExecutionStore attach(DatabaseUrl.Postgres url, Signatories signatories, Clock clock)
      throws Exception {
    HikariDataSource pool = pool(url);
    try {
      Evidence evidence = IdentityTable.establish(pool, signatories, clock);
      return store(pool, DatabaseLease.none(pool, evidence), Runnable::run, evidence);
    } catch (Exception e) {
      Resources.close(pool);
      throw e;
    }
  }

  private static JdbcExecutionStore store(
      HikariDataSource pool, DatabaseLease lease, Executor answers, Evidence evidence) {
    GroupCommit writer =
        new GroupCommit(
            pool,
            Dialect.POSTGRESQL,
            lease,
            SameFiles.none(),
            answers,
            evidence,
            Databases.WAITING_WRITES);
    return new JdbcExecutionStore(
        pool, Dialect.POSTGRESQL, writer, lease, evidence, Optional.empty(), List.of(lease, pool));
  }

  static HikariDataSource pool(DatabaseUrl.Postgres url) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("openexec-postgresql");
    config.setJdbcUrl("jdbc:postgresql://" + url.hosts() + "/");
    config.addDataSourceProperty("PGDBNAME", url.database());
    config.addDataSourceProperty("ApplicationName", "openexec");
    config.addDataSourceProperty("connectTimeout", CONNECT_SECONDS);
    config.addDataSourceProperty("socketTimeout", SOCKET_SECONDS);
    config.addDataSourceProperty("tcpKeepAlive", "true");
    // The details of an error are the values of a row.
    config.addDataSourceProperty("logServerErrorDetail", "false");
    url.parameters().forEach(config::addDataSourceProperty);
    config.setUsername(url.credentials().user());
    config.setPassword(url.credentials().password());
    config.setConnectionInitSql(DURABLE);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(2);
    config.setConnectionTimeout(CONNECTION_MILLIS);
    config.setValidationTimeout(CONNECTION_MILLIS / 2);
    return new HikariDataSource(config);
  }

  private static void checkServer(HikariDataSource pool) throws SQLException {
    if (!setting(pool, "SHOW fsync").equals("on")) {
      throw new SQLException(
          "its server runs with fsync off and would lose what it confirmed; switch it on");
    }
    if (setting(pool, "SELECT pg_is_in_recovery()").equals("t")) {
      throw new SQLException(
          "its server is a standby and cannot be written; name the primary, or several hosts with"
              + " targetServerType=primary");
    }
  }

  /** Another program's tables are not ours to add to. */
  private static void checkOwn(HikariDataSource pool) throws SQLException {
    String foreign =
        setting(
            pool,
            """
            SELECT COUNT(*) > 0 AND COUNT(*) FILTER (WHERE tablename = 'flyway_schema_history') = 0
            FROM pg_tables WHERE schemaname = current_schema()
            """);
    if (foreign.equals("t")) {
      throw new SQLException(
          "it holds another program's tables; name a database, or by currentSchema a schema, of"
              + " its own");
    }
  }

  private static String setting(HikariDataSource pool, String sql) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : "";
    }
  }
}
