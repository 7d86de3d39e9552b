package io.openexec.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/** A real PostgreSQL server, one for all tests of a process, that syncs as it should. */
public final class Postgres {
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private Postgres() {}

  private static final class Shared {
    static final EmbeddedPostgres SERVER = start();

    private static EmbeddedPostgres start() {
      try {
        EmbeddedPostgres server = durable().start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server)));
        return server;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A server that keeps what it confirms: the embedded one does not by default. */
  public static EmbeddedPostgres.Builder durable() {
    return EmbeddedPostgres.builder()
        .setServerConfig("fsync", "on")
        .setServerConfig("max_connections", "200");
  }

  public static void close(EmbeddedPostgres server) {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An empty database on the shared server. */
  public static TestDatabase database() {
    return database(Shared.SERVER, "test" + DATABASES.incrementAndGet());
  }

  /** A database on that server, made if it is not there. */
  public static TestDatabase database(EmbeddedPostgres server, String name) {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      if (!statement
          .executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + name + "'")
          .next()) {
        statement.execute("CREATE DATABASE " + name);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    String address = "127.0.0.1:" + server.getPort() + "/" + name;
    return new TestDatabase(
        "postgresql://postgres:postgres@" + address,
        "jdbc:postgresql://" + address + "?user=postgres&password=postgres") {
      @Override
      public long commits() {
        // Only a transaction that writes takes a number.
        return Long.parseLong(rows("SELECT pg_snapshot_xmax(pg_current_snapshot())").get(0));
      }

      @Override
      public String toString() {
        return "PostgreSQL";
      }
    };
  }
}
