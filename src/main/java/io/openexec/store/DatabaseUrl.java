package io.openexec.store;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The address of the record, in the forms of {@code OPENEXEC_DB_URL}. */
public sealed interface DatabaseUrl {

  /** Returns the address as it may be shown: without credentials. */
  String shown();

  /**
   * A SQLite file.
   *
   * @param file absolute
   */
  record Sqlite(Path file) implements DatabaseUrl {
    @Override
    public String shown() {
      return file.toString();
    }
  }

  /**
   * A database of a PostgreSQL server.
   *
   * @param hosts where it listens, each with a port or not; several with commas between
   * @param database its name
   * @param credentials user and password, as far as they are given
   * @param parameters of the driver, checked
   */
  record Postgres(
      String hosts, String database, Credentials credentials, Map<String, String> parameters)
      implements DatabaseUrl {
    /** Copies the map. */
    public Postgres {
      parameters = Map.copyOf(parameters);
    }

    @Override
    public String shown() {
      return "postgresql://" + hosts + "/" + database;
    }
  }

  /** Who logs in. The password is in no text that is made of it. */
  record Credentials(@Nullable String user, @Nullable String password) {
    @Override
    public String toString() {
      return "user " + user;
    }
  }

  /**
   * Adds the password that was kept apart from the address.
   *
   * @throws IllegalArgumentException if there is one already, or nobody whose it could be
   */
  default DatabaseUrl withPassword(String password) {
    if (!(this instanceof Postgres server)) {
      throw new IllegalArgumentException("a SQLite file has no password");
    }
    Credentials known = server.credentials;
    if (known.user == null) {
      throw new IllegalArgumentException("the address names no user: write USER@ before the host");
    }
    if (known.password != null) {
      throw new IllegalArgumentException("the address has a password, too; keep one");
    }
    return new Postgres(
        server.hosts, server.database, new Credentials(known.user, password), server.parameters);
  }

  /**
   * Parses {@code sqlite:///relative.db}, {@code sqlite:////absolute.db}, {@code
   * postgresql://user:password@host:port/name?sslmode=…} (SQLAlchemy's forms, a driver suffix
   * ignored), {@code jdbc:sqlite:path} or {@code jdbc:postgresql://host/name?user=…}.
   *
   * @param base what a relative path is relative to
   * @throws IllegalArgumentException saying what is wrong, without repeating a password
   */
  static DatabaseUrl parse(String url, Path base) {
    if (url.startsWith("jdbc:postgresql:") || url.matches("postgres(ql)?(\\+[a-z0-9_]+)?:.*")) {
      return PostgresUrl.parse(url);
    }
    return new Sqlite(SqliteUrl.parse(url, base));
  }
}
