package io.openexec.store;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The forms of a SQLite file's address. */
final class SqliteUrl {
  private static final Pattern SQLALCHEMY =
      Pattern.compile(
          "sqlite(?:\\+[a-z0-9_]+)?://(?<authority>[^/?]*)(?:/(?<path>[^?]*))?(?:\\?(?<query>.*))?");
  private static final Pattern JDBC =
      Pattern.compile("jdbc:sqlite:(?<path>[^?]*)(?:\\?(?<query>.*))?");
  // Parameters of Python's driver that say nothing about durability or safety.
  private static final Set<String> HARMLESS = Set.of("check_same_thread", "timeout");

  private SqliteUrl() {}

  static Path parse(String url, Path base) {
    Matcher matcher = SQLALCHEMY.matcher(url);
    if (!matcher.matches()) {
      matcher = JDBC.matcher(url);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "it must be sqlite:///relative/path, sqlite:////absolute/path,"
                + " postgresql://user:password@host/name, or a JDBC URL of either;"
                + " other databases are not supported");
      }
    } else if (!matcher.group("authority").isEmpty()) {
      throw new IllegalArgumentException(
          "a SQLite URL has no host: write three slashes before a relative path, four before an"
              + " absolute one");
    }
    checkParameters(matcher.group("query"));
    return file(matcher.group("path"), base);
  }

  private static Path file(@Nullable String path, Path base) {
    if (path == null || path.isEmpty() || path.equals(":memory:")) {
      throw new IllegalArgumentException(
          "a database in memory forgets what was executed; name a file");
    }
    // The driver gives a meaning of its own to these.
    if (path.startsWith(":") || path.startsWith("file:")) {
      throw new IllegalArgumentException("name the database by its plain path");
    }
    try {
      return base.resolve(path).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("not a path: " + e.getReason(), e);
    }
  }

  private static void checkParameters(@Nullable String query) {
    if (query == null) {
      return;
    }
    for (String parameter : query.split("&", -1)) {
      String name = parameter.split("=", 2)[0];
      if (!HARMLESS.contains(name)) {
        throw new IllegalArgumentException(
            "the parameter '"
                + name
                + "' is not accepted: durability and extensions are not for the URL to set;"
                + " remove it");
      }
    }
  }
}
