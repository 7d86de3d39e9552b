package io.openexec.camel;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.openexec.store.DatabaseUrl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A database that actions use, as {@code resources.yaml} declares it. */
final class ActionDatabase {
  static final int DEFAULT_POOL = 8;
  static final int MAX_POOL = 64;
  private static final int CONNECTION_MILLIS = 5_000;
  private static final String MAX_RESULT = Integer.toString(SqlRows.MAX_LENGTH);
  private static final String CONNECT_SECONDS = "5";

  // What an action was answered to have done has to last. A stricter setting stays.
  private static final String DURABLE =
      """
      SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit') IN ('off', 'local')
      """;

  private static final String POSTGRES_READS =
      "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";
  private static final String SQLITE_READS = "PRAGMA query_only = true";

  private final String name;
  private final DatabaseUrl url;
  private final @Nullable String user;
  private final @Nullable String password;
  private final Pool pool;

  private ActionDatabase(
      String name, DatabaseUrl url, @Nullable String user, @Nullable String password, Pool pool) {
    this.name = name;
    this.url = url;
    this.user = user;
    this.password = password;
    this.pool = pool;
  }

  /**
   * How a database is used.
   *
   * @param size the most connections
   * @param readOnly whether it is made to refuse every change
   */
  record Pool(int size, boolean readOnly) {}

  /**
   * Connections whose sessions are as new each time that one is handed out, whatever the statements
   * before did to it: a setting, a temporary table that shadows another one, a lock.
   */
  private static class Sessions extends HikariDataSource {
    private final boolean discards;

    Sessions(DatabaseUrl url) {
      this.discards = url instanceof DatabaseUrl.Postgres;
    }

    @Override
    public Connection getConnection() throws SQLException {
      Connection known = super.getConnection();
      try {
        return renewed(known);
      } catch (SQLException e) {
        // Lost while it lay idle, or past renewing; a new one may do.
        return renewed(super.getConnection());
      }
    }

    private Connection renewed(Connection connection) throws SQLException {
      boolean good = false;
      try {
        renew(connection);
        good = true;
        return connection;
      } finally {
        if (!good) {
          evictConnection(connection);
        }
      }
    }

    private void renew(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        if (discards) {
          statement.execute("DISCARD ALL");
          statement.execute(getConnectionInitSql());
        } else {
          // All that a statement which ActionSqlGate takes can leave in a session of SQLite's.
          try (ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM temp.sqlite_master")) {
            if (row.getInt(1) > 0) {
              throw new SQLException("the session has something temporary in it");
            }
          }
        }
      }
    }
  }

  /** Connections by which nothing can be changed. */
  static final class ReadOnlyPool extends Sessions {
    ReadOnlyPool(DatabaseUrl url) {
      super(url);
    }
  }

  /**
   * Checks a declaration.
   *
   * @param texts {@code url}, {@code user} and {@code password} as far as they are given, resolved
   * @param pool how many connections there are at most, and what they may do
   * @param base what the path of a SQLite file is relative to
   * @param isUrlSecret whether a secret is part of the URL, so that it may have a password in it
   *     and no message may repeat it
   * @throws IllegalArgumentException saying what is wrong, without a secret
   */
  static ActionDatabase of(
      String name, Map<String, String> texts, Pool pool, Path base, boolean isUrlSecret) {
    DatabaseUrl url = parse(String.valueOf(texts.get("url")), base, isUrlSecret);
    String user = texts.get("user");
    String password = texts.get("password");
    if (url instanceof DatabaseUrl.Postgres postgres) {
      if (!isUrlSecret && postgres.credentials().password() != null) {
        throw new IllegalArgumentException(
            "the url has a password in it; write password: ${secret:NAME} instead");
      }
      user = user == null ? postgres.credentials().user() : user;
      password = password == null ? postgres.credentials().password() : password;
    } else if (user != null || password != null) {
      throw new IllegalArgumentException("SQLite knows no user and no password; remove them");
    }
    return new ActionDatabase(name, url, user, password, pool);
  }

  private static DatabaseUrl parse(String url, Path base, boolean isSecret) {
    try {
      return DatabaseUrl.parse(url, base);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the url cannot be used"
              + (isSecret ? "; it has to have a form of OPENEXEC_DB_URL" : ": " + e.getMessage()));
    }
  }

  String name() {
    return name;
  }

  /**
   * Opens a pool of connections, and tries one.
   *
   * @throws SQLException saying in one line what is wrong, without a secret: a database that was
   *     never reached is more likely misspelt than away
   */
  HikariDataSource open() throws SQLException {
    if (url instanceof DatabaseUrl.Sqlite sqlite && !Files.isRegularFile(sqlite.file())) {
      throw new SQLException(prefix() + "its file is not there; make it first");
    }
    HikariDataSource connections = pool.readOnly() ? new ReadOnlyPool(url) : new Sessions(url);
    configure(connections);
    try (Connection connection = connections.getConnection()) {
      if (connection.isValid(1)) {
        return connections;
      }
      throw new SQLException(prefix() + "it does not answer");
    } catch (SQLException e) {
      connections.close();
      throw new SQLException(prefix() + why(e));
    }
  }

  private void configure(HikariConfig config) {
    config.setPoolName("openexec-" + name);
    config.setMaximumPoolSize(pool.size());
    config.setMinimumIdle(0);
    config.setConnectionTimeout(CONNECTION_MILLIS);
    config.setInitializationFailTimeout(-1);
    if (url instanceof DatabaseUrl.Postgres postgres) {
      config.setJdbcUrl("jdbc:postgresql://" + postgres.hosts() + "/");
      config.addDataSourceProperty("PGDBNAME", postgres.database());
      config.addDataSourceProperty("ApplicationName", "openexec-action");
      // So the driver sends what it sets when it connects, and not after: DISCARD leads back to it.
      config.addDataSourceProperty("assumeMinServerVersion", "10");
      config.addDataSourceProperty("connectTimeout", CONNECT_SECONDS);
      config.addDataSourceProperty("tcpKeepAlive", "true");
      // The driver has all rows of a result in memory before the first is looked at.
      config.addDataSourceProperty("maxResultBuffer", MAX_RESULT);
      // The details of an error are the values of a row.
      config.addDataSourceProperty("logServerErrorDetail", "false");
      postgres.parameters().forEach(config::addDataSourceProperty);
      config.setUsername(user);
      config.setPassword(password);
      config.setConnectionInitSql(pool.readOnly() ? POSTGRES_READS : DURABLE);
    } else {
      config.setJdbcUrl("jdbc:sqlite:" + ((DatabaseUrl.Sqlite) url).file());
      config.addDataSourceProperty("synchronous", "FULL");
      config.addDataSourceProperty("foreign_keys", "true");
      config.addDataSourceProperty("busy_timeout", Integer.toString(CONNECTION_MILLIS));
      config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
      config.setConnectionInitSql(pool.readOnly() ? SQLITE_READS : null);
    }
  }

  private String prefix() {
    return "the data source " + name + " cannot be used: ";
  }

  /** By the SQLSTATE alone: what drivers and servers say may repeat what was configured. */
  private static String why(SQLException e) {
    String state = state(e);
    String what =
        switch (state.substring(0, Math.min(2, state.length()))) {
          case "08" -> "its server cannot be reached";
          case "28" -> "its server refuses the user or the password";
          case "3D" -> "its server has no such database";
          default -> "its server or driver refuses";
        };
    return what + " (SQLSTATE " + (state.isEmpty() ? "unknown" : state) + ")";
  }

  /** The innermost one: the pool wraps what happened into a timeout of its own. */
  private static String state(Throwable error) {
    String state = "";
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && sql.getSQLState() != null) {
        state = sql.getSQLState();
      }
    }
    return state;
  }

  @Override
  public String toString() {
    return "data source " + name;
  }
}
