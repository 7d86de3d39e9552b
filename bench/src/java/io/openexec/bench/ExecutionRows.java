package io.openexec.bench;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The table of executions, seen from outside. All that the benchmarks know of the schema is here:
 * the name of the table, which columns are unique, and how an execution that succeeded is marked.
 */
final class ExecutionRows {
  private static final String TABLE = "executions";
  private static final int BATCH = 100_000;

  private final Connection connection;
  private final boolean sqlite;

  ExecutionRows(Connection connection) throws SQLException {
    this.connection = connection;
    this.sqlite = connection.getMetaData().getURL().startsWith("jdbc:sqlite:");
  }

  long succeeded() throws SQLException {
    return number("SELECT COUNT(*) FROM " + TABLE + " WHERE state = 'succeeded'");
  }

  long all() throws SQLException {
    return number("SELECT COUNT(*) FROM " + TABLE);
  }

  /** Copies the only row, so many times, each with an id and a nonce of its own. */
  void multiply(long count) throws SQLException {
    if (all() != 1) {
      throw new IllegalStateException("there has to be one execution to copy");
    }
    execute("CREATE TEMPORARY TABLE template AS SELECT * FROM " + TABLE);
    if (sqlite) {
      // Nobody relies on the rows until the file has been synced as a whole.
      execute("PRAGMA synchronous = OFF");
      execute("PRAGMA cache_size = -600000");
    }
    String copy = copy();
    connection.setAutoCommit(false);
    for (long done = 0; done < count; done += BATCH) {
      execute(copy.formatted(Math.min(BATCH, count - done)));
      connection.commit();
    }
    connection.setAutoCommit(true);
    execute(sqlite ? "PRAGMA wal_checkpoint(TRUNCATE)" : "VACUUM ANALYZE " + TABLE);
    if (!sqlite) {
      execute("CHECKPOINT");
    }
  }

  private String copy() throws SQLException {
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    DatabaseMetaData metaData = connection.getMetaData();
    try (ResultSet column = metaData.getColumns(null, null, TABLE, null)) {
      while (column.next()) {
        String name = column.getString("COLUMN_NAME");
        names.add(name);
        values.add(value(name, column.getString("TYPE_NAME").toLowerCase(Locale.ROOT)));
      }
    }
    String numbers =
        sqlite
            ? "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                + " SELECT i FROM n)"
            : "generate_series(1, %d)";
    return "INSERT INTO "
        + TABLE
        + " ("
        + String.join(", ", names)
        + ") SELECT "
        + String.join(", ", values)
        + " FROM template CROSS JOIN "
        + numbers
        + " AS numbers";
  }

  private String value(String column, String type) {
    boolean bytes = type.contains("blob") || type.equals("bytea");
    return switch (column) {
      case "id" -> bytes ? randomBytes() : type.equals("uuid") ? "gen_random_uuid()" : uuid();
      // A nonce is JSON text or bytes; a text's quotes stay where they are.
      case "nonce" ->
          bytes ? randomBytes() : "replace(nonce, '" + Template.NONCE + "', " + randomHex() + ")";
      default -> column;
    };
  }

  private String randomBytes() {
    return sqlite ? "randomblob(16)" : "uuid_send(gen_random_uuid())";
  }

  private String randomHex() {
    return sqlite ? "lower(hex(randomblob(16)))" : "replace(gen_random_uuid()::text, '-', '')";
  }

  private String uuid() {
    return sqlite
        ? "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-8' ||"
            + " substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' ||"
            + " hex(randomblob(6)))"
        : "gen_random_uuid()::text";
  }

  private long number(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The one request whose row is copied. */
  static final class Template implements Workload {
    static final String NONCE = "bench-template-nonce-000";

    private boolean given;

    @Override
    public void prepare(int count) {}

    @Override
    public long next() {
      long ticket = given ? -1 : 0;
      given = true;
      return ticket;
    }

    @Override
    public byte[] body(long ticket) {
      return ("{\"action\":\"echo\",\"payload\":{\"msg\":\""
              + NONCE
              + "\"},\"nonce\":\""
              + NONCE
              + "\"}")
          .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    @Override
    public boolean right(long ticket, byte[] bytes, int from, int length) {
      return true;
    }
  }
}
