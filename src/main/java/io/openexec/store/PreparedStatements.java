package io.openexec.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/** The statements of one connection, each prepared once. Not for several threads at a time. */
final class PreparedStatements implements AutoCloseable {
  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  PreparedStatements(Connection connection) {
    this.connection = connection;
  }

  PreparedStatement get(String sql) throws SQLException {
    PreparedStatement known = prepared.get(sql);
    if (known == null) {
      known = connection.prepareStatement(sql);
      prepared.put(sql, known);
    }
    return known;
  }

  /** Returns for each statement of the batch whether it changed its row. */
  static boolean[] executeBatch(PreparedStatement statement) throws SQLException {
    try {
      int[] counts = statement.executeBatch();
      boolean[] changed = new boolean[counts.length];
      for (int i = 0; i < counts.length; i++) {
        if (counts[i] != 0 && counts[i] != 1) {
          throw new SQLException("a statement that says " + counts[i] + " instead of 0 or 1");
        }
        changed[i] = counts[i] == 1;
      }
      return changed;
    } finally {
      statement.clearBatch();
    }
  }

  /** Closes the statements, not the connection. */
  @Override
  public void close() throws SQLException {
    for (PreparedStatement statement : prepared.values()) {
      statement.close();
    }
    prepared.clear();
  }
}
