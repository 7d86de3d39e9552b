package io.openexec.bench;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A PostgreSQL server that keeps what it has promised: embedded ones by default do not. */
final class PostgresServer implements AutoCloseable {
  private final EmbeddedPostgres server;
  private int databases;

  private PostgresServer(EmbeddedPostgres server) {
    this.server = server;
  }

  static PostgresServer start(Path directory) throws IOException, SQLException {
    PostgresServer server =
        new PostgresServer(
            EmbeddedPostgres.builder()
                .setDataDirectory(directory)
                .setCleanDataDirectory(true)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .start());
    for (String setting : new String[] {"fsync", "synchronous_commit", "full_page_writes"}) {
      String value = server.ask("SHOW " + setting);
      if (!value.equals("on")) {
        throw new IllegalStateException("PostgreSQL runs with " + setting + " " + value);
      }
    }
    return server;
  }

  Store newStore() throws SQLException {
    String name = "bench" + ++databases;
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    return Store.postgresql(server.getPort(), name);
  }

  String version() throws SQLException {
    return ask("SHOW server_version");
  }

  private String ask(String query) throws SQLException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
