package io.openexec.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How rows come into a table: those of a commit together. SQLite, which is called and not sent
 * anything, gets one after the other; PostgreSQL gets arrays, one of each column's values, since
 * what a statement costs there is hardly the row.
 *
 * <p>A row that another one is in the way of stays out, and that is a result.
 */
final class Insertion {
  /** What goes into one statement, roughly: all of it is in memory twice meanwhile. */
  private static final int MOST_CHARACTERS = 1 << 20;

  /** What a column holds. */
  enum Type {
    TEXT("text"),
    LONG("bigint"),
    BYTES("bytea");

    private final String name;

    Type(String name) {
      this.name = name;
    }

    /** Makes an array of the kind that the driver sends in binary. */
    @Nullable Object[] array(int length) {
      return switch (this) {
        case TEXT -> new String[length];
        case LONG -> new Long[length];
        case BYTES -> new byte[length][];
      };
    }
  }

  /** A column, by its name in the database. */
  record Column(String name, Type type) {
    static Column text(String name) {
      return new Column(name, Type.TEXT);
    }

    static Column number(String name) {
      return new Column(name, Type.LONG);
    }

    static Column bytes(String name) {
      return new Column(name, Type.BYTES);
    }
  }

  private final List<Type> types;
  private final int keys;
  private final String one;
  private final String many;

  /**
   * Names what is inserted.
   *
   * @param keys how many columns, the first ones, tell which row it is
   * @param columns in the order of the rows' values
   */
  Insertion(String table, int keys, Column... columns) {
    this.types = Arrays.stream(columns).map(Column::type).toList();
    this.keys = keys;
    List<String> all = Arrays.stream(columns).map(Column::name).toList();
    String names = String.join(", ", all);
    String into = "INSERT INTO " + table + " (" + names + ") ";
    String unlessInTheWay = " ON CONFLICT DO NOTHING";
    String marks = types.stream().map(type -> "?").collect(Collectors.joining(", "));
    this.one = into + "VALUES (" + marks + ")" + unlessInTheWay;
    String arrays =
        types.stream()
            .map(type -> "CAST(? AS " + type.name + "[])")
            .collect(Collectors.joining(", "));
    this.many =
        into
            + ("SELECT " + names + " FROM unnest(" + arrays + ")")
            + (" WITH ORDINALITY AS added (" + names + ", place) ORDER BY place")
            + unlessInTheWay
            + " RETURNING "
            + String.join(", ", all.subList(0, keys));
  }

  /**
   * Inserts rows in their order.
   *
   * @return for each whether it was inserted; of those that are in each other's way the first is
   */
  boolean[] insert(List<@Nullable Object[]> rows, PreparedStatements statements, Dialect dialect)
      throws SQLException {
    boolean[] inserted = new boolean[rows.size()];
    for (int from = 0, to; from < inserted.length; from = to) {
      to = end(rows, from);
      List<@Nullable Object[]> part = rows.subList(from, to);
      boolean[] some = dialect.takesArrays() ? together(part, statements) : each(part, statements);
      System.arraycopy(some, 0, inserted, from, some.length);
    }
    return inserted;
  }

  /** Inserts rows that nothing can be in the way of. */
  void insertAll(List<@Nullable Object[]> rows, PreparedStatements statements, Dialect dialect)
      throws SQLException {
    for (boolean inserted : insert(rows, statements, dialect)) {
      if (!inserted) {
        throw new SQLException("a row was not inserted");
      }
    }
  }

  private static int end(List<@Nullable Object[]> rows, int from) {
    long characters = 0;
    int to = from;
    do {
      for (Object value : rows.get(to)) {
        characters += value instanceof String text ? text.length() : Long.BYTES;
      }
      to++;
    } while (to < rows.size() && characters < MOST_CHARACTERS);
    return to;
  }

  private boolean[] each(List<@Nullable Object[]> rows, PreparedStatements statements)
      throws SQLException {
    PreparedStatement insert = statements.get(one);
    for (Object[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        insert.setObject(i + 1, row[i]);
      }
      insert.addBatch();
    }
    return PreparedStatements.executeBatch(insert);
  }

  private boolean[] together(List<@Nullable Object[]> rows, PreparedStatements statements)
      throws SQLException {
    PreparedStatement insert = statements.get(many);
    Connection connection = insert.getConnection();
    for (int i = 0; i < types.size(); i++) {
      Object[] column = types.get(i).array(rows.size());
      for (int k = 0; k < column.length; k++) {
        column[k] = rows.get(k)[i];
      }
      insert.setArray(i + 1, connection.createArrayOf(types.get(i).name, column));
    }
    Map<List<Object>, Integer> came = new HashMap<>();
    try (ResultSet keysOfRows = insert.executeQuery()) {
      while (keysOfRows.next()) {
        List<Object> key = new ArrayList<>(keys);
        for (int i = 0; i < keys; i++) {
          key.add(keysOfRows.getObject(i + 1));
        }
        came.merge(key, 1, Integer::sum);
      }
    }
    boolean[] inserted = new boolean[rows.size()];
    for (int i = 0; i < inserted.length; i++) {
      List<@Nullable Object> key = Arrays.asList(rows.get(i)).subList(0, keys);
      inserted[i] = came.merge(key, -1, Integer::sum) >= 0;
    }
    return inserted;
  }
}
