package io.openexec.store;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of the record, in the forms of {@code OPENEXEC_DB_URL}.
 *
 * @param file the SQLite file, absolute
 */
public record DatabaseUrl(Path file) {
  private static final Pattern SQLALCHEMY =
      Pattern.compile(
          "sqlite(?:\\+[a-z0-9_]+)?://(?<authority>[^/?]*)(?:/(?<path>[^?]*))?(?:\\?(?<query>.*))?");
  private static final Pattern JDBC =
      Pattern.compile("jdbc:sqlite:(?<path>[^?]*)(?:\\?(?<query>.*))?");
  // Parameters of Python's driver that say nothing about durability or safety.
  private static final Set<String> HARMLESS = Set.of("check_same_thread", "timeout");

  /**
   * Parses {@code sqlite:///relative.db}, {@code sqlite:////absolute.db} (SQLAlchemy's form, a
   * driver suffix ignored) or {@code jdbc:sqlite:path}.
   *
   * @param base what a relative path is relative to
   * @throws IllegalArgumentException saying what is wrong, without repeating a password
   */
  public static DatabaseUrl parse(String url, Path base) {
    Matcher matcher = SQLALCHEMY.matcher(url);
    if (!matcher.matches()) {
      matcher = JDBC.matcher(url);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "it must be sqlite:///relative/path, sqlite:////absolute/path or jdbc:sqlite:path;"
                + " other databases are not supported by this version");
      }
    } else if (!matcher.group("authority").isEmpty()) {
      throw new IllegalArgumentException(
          "a SQLite URL has no host: write three slashes before a relative path, four before an"
              + " absolute one");
    }
    checkParameters(matcher.group("query"));
    return new DatabaseUrl(file(matcher.group("path"), base));
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
                + "' is not accepted: durability and extensions are not for the URL to set; remove"
                + " it");
      }
    }
  }
}
