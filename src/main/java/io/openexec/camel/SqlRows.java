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
import java.util.Set;
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

  /** What PostgreSQL has beyond times: it stays as it is. */
  private static final Set<String> NO_TIME = Set.of("infinity", "-infinity", "24:00:00");

  /** The most characters and bytes of one result, with so many more for each value. */
  static final int MAX_LENGTH = 4 << 20;

  private static final int OVERHEAD = 16;

  @Override
  public RowMapper<?> newColumnRowMapper() {
    AtomicLong length = new AtomicLong();
    return (rows, number) -> {
      Map<String, @Nullable Object> row = row(rows, number);
      row.forEach((name, value) -> length.addAndGet(length(name) + length(value) + OVERHEAD));
      if (length.get() > MAX_LENGTH) {
        throw new SQLDataException("more than " + MAX_LENGTH + " characters in its rows");
      }
      if (!LargeResults.hold(length.get())) {
        throw new SQLDataException("no memory for more rows in the action's time");
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
      case "timestamptz", "timestamp", "date", "time" -> {
        String text = rows.getString(column);
        yield text == null || NO_TIME.contains(text) ? text : time(rows, column, type);
      }
      case "money" -> rows.getString(column);
      default -> plain(rows, column);
    };
  }

  private static String time(ResultSet rows, int column, String type) throws SQLException {
    return switch (type) {
      case "timestamptz" ->
          rows.getObject(column, OffsetDateTime.class)
              .withOffsetSameInstant(ZoneOffset.UTC)
              .toString();
      case "timestamp" -> rows.getObject(column, LocalDateTime.class).toString();
      case "date" -> rows.getObject(column, LocalDate.class).toString();
      default -> rows.getObject(column, LocalTime.class).toString();
    };
  }

  private static @Nullable Object plain(ResultSet rows, int column) throws SQLException {
    Object value = rows.getObject(column);
    if (value == null
        || value instanceof Integer
        || value instanceof Long
        || value instanceof Short
        || value instanceof Boolean) {
      return value;
    }
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      return Double.isFinite(number) ? value : Double.toString(number);
    }
    if (value instanceof byte[] bytes) {
      return Base64.getEncoder().encodeToString(bytes);
    }
    return rows.getString(column);
  }
}
