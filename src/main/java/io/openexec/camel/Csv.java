package io.openexec.camel;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Rows as text/csv (RFC 4180): a header line, a line for each row, each ended by CRLF. */
final class Csv {
  private static final String LINE_END = "\r\n";

  private Csv() {}

  /**
   * Writes rows.
   *
   * @param rows one or more, all with the same columns
   * @throws IllegalArgumentException if they are not, or if a value is neither text, a number nor a
   *     boolean
   */
  static String of(List<?> rows) {
    if (rows.isEmpty() || !(rows.get(0) instanceof Map<?, ?> first) || first.isEmpty()) {
      throw new IllegalArgumentException("builtin:csv needs a list of rows");
    }
    List<?> columns = new ArrayList<>(first.keySet());
    StringBuilder csv = new StringBuilder(line(columns));
    for (Object row : rows) {
      if (!(row instanceof Map<?, ?> map) || !map.keySet().equals(first.keySet())) {
        throw new IllegalArgumentException("builtin:csv needs rows of the same columns");
      }
      List<Object> values = new ArrayList<>();
      for (Object column : columns) {
        Object value = map.get(column);
        values.add(value == null ? "" : value);
      }
      csv.append(line(values));
    }
    return csv.toString();
  }

  private static String line(List<?> values) {
    StringJoiner line = new StringJoiner(",", "", LINE_END);
    values.forEach(value -> line.add(field(value)));
    return line.toString();
  }

  private static String field(Object value) {
    if (!(value instanceof CharSequence || value instanceof Number || value instanceof Boolean)) {
      throw new IllegalArgumentException("builtin:csv needs text, numbers and booleans");
    }
    String text = value.toString();
    return text.matches("[^\",\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
