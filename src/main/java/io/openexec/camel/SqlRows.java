package io.openexec.camel;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.component.sql.RowMapperFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowMapper;

/**
 * Rows as JSON can say them: decimals as their text, since a double is not what money is counted
 * in; times as ISO 8601, with an instant in UTC; integers, doubles and booleans as they are; bytes
 * as base64, and anything else, such as a UUID, as its text.
 */
final class SqlRows implements RowMapperFactory {
  /** The most rows of one result. */
  static final int MAX_ROWS = 10_000;

  /** The most characters and bytes of one result. */
  static final int MAX_LENGTH = 4 << 20;

  @Override
  public RowMapper<?> newColumnRowMapper() {
    AtomicLong length = new AtomicLong();
    return (rows, number) -> {
      Map<String, @Nullable Object> row = row(rows, number);
      row.forEach((name, value) -> length.addAndGet(length(name) + length(value)));
      if (length.get() > MAX_LENGTH) {
        throw new SQLDataException("more than " + MAX_LENGTH + " characters in its rows");
      }
      return row;
    };
  }

  private static long length(@Nullable Object value) {
    return value instanceof String text ? text.length() : Long.BYTES;
  }

  @Override
  public RowMapper<?> newBeanRowMapper(Class<?> mappedClass) {
    throw new IllegalArgumentException("rows become maps, and no classes");
  }

  private static Map<String, @Nullable Object> row(ResultSet rows, int number) throws SQLException {
    if (number >= MAX_ROWS) {
      throw new SQLDataException("more than " + MAX_ROWS + " rows");
    }
    ResultSetMetaData columns = rows.getMetaData();
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      if (row.containsKey(columns.getColumnLabel(i))) {
        throw new SQLDataException("two columns of one name; name them by AS");
      }
      row.put(columns.getColumnLabel(i), value(rows, i, columns.getColumnTypeName(i)));
    }
    return row;
  }

  private static @Nullable Object value(ResultSet rows, int column, String type)
      throws SQLException {
    // As PostgreSQL spells them; SQLite has no types of time, and answers what was stored.
    return switch (type) {
      case "timestamptz" -> {
        OffsetDateTime at = rows.getObject(column, OffsetDateTime.class);
        yield at == null ? null : at.withOffsetSameInstant(ZoneOffset.UTC).toString();
      }
      case "timestamp" -> text(rows.getObject(column, LocalDateTime.class));
      case "date" -> text(rows.getObject(column, LocalDate.class));
      case "time" -> text(rows.getObject(column, LocalTime.class));
      case "money" -> rows.getString(column);
      default -> plain(rows, column);
    };
  }

  private static @Nullable Object plain(ResultSet rows, int column) throws SQLException {
    Object value = rows.getObject(column);
    if (value == null
        || value instanceof Integer
        || value instanceof Long
        || value instanceof Short
        || value instanceof Double
        || value instanceof Float
        || value instanceof Boolean) {
      return value;
    }
    if (value instanceof byte[] bytes) {
      return Base64.getEncoder().encodeToString(bytes);
    }
    return rows.getString(column);
  }

  private static @Nullable String text(@Nullable Object value) {
    return value == null ? null : value.toString();
  }
}
