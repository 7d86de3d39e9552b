package io.openexec.store;

import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** What the databases do not have in common. */
enum Dialect {
  /** One process at a time, which SQLite's own lock makes the only writer of a transaction. */
  SQLITE {
    // https://www.sqlite.org/rescode.html
    private static final int TOO_BIG = 18;
    private static final int CONSTRAINT = 19;
    private static final int MISMATCH = 20;

    @Override
    String oneTree() {
      return "WITHOUT ROWID";
    }

    @Override
    boolean takesArrays() {
      return false;
    }

    @Override
    String boundingWaits() {
      return "";
    }

    @Override
    String lockingRows() {
      return "";
    }

    @Override
    String skippingLocked() {
      return "";
    }

    @Override
    String elements() {
      return "SELECT key AS place, value FROM json_each(?)";
    }

    @Override
    boolean isOfTheRow(SQLException e) {
      int code = e.getErrorCode() & 0xff;
      return code == TOO_BIG || code == CONSTRAINT || code == MISMATCH;
    }

    @Override
    boolean isTransient(SQLException e) {
      return false;
    }

    @Override
    boolean isConnectionLoss(SQLException e) {
      return false;
    }
  },

  /** Several processes at a time. */
  POSTGRESQL {
    @Override
    String oneTree() {
      return "";
    }

    @Override
    boolean takesArrays() {
      return true;
    }

    @Override
    String boundingWaits() {
      return "SET LOCAL lock_timeout = '500ms'";
    }

    @Override
    String lockingRows() {
      return " FOR UPDATE";
    }

    @Override
    String skippingLocked() {
      return " FOR UPDATE SKIP LOCKED";
    }

    @Override
    String elements() {
      return "SELECT place - 1 AS place, value"
          + " FROM json_array_elements_text(CAST(? AS json)) WITH ORDINALITY AS e (value, place)";
    }

    @Override
    boolean isOfTheRow(SQLException e) {
      // Data exception, integrity constraint violation, program limit exceeded.
      return hasClass(e, "22") || hasClass(e, "23") || hasClass(e, "54");
    }

    @Override
    boolean isTransient(SQLException e) {
      // Transaction rollback: a deadlock, or a conflict of serializable transactions.
      return hasClass(e, "40") && !"40003".equals(e.getSQLState());
    }

    @Override
    boolean isConnectionLoss(SQLException e) {
      // Connection exception, operator intervention (as a server that is shut down).
      return hasClass(e, "08") || hasClass(e, "57");
    }

    private static boolean hasClass(SQLException e, String sqlStateClass) {
      return e.getSQLState() != null && e.getSQLState().startsWith(sqlStateClass);
    }
  };

  /** Returns what a CREATE TABLE ends with whose rows are to be in the primary key's own tree. */
  abstract String oneTree();

  /** Makes the tables, or brings them up to date. Another program's are refused. */
  void migrate(DataSource database) {
    Flyway.configure()
        .dataSource(database)
        // Not Flyway's default: an application that has this jar has migrations of its own there.
        .locations("classpath:io/openexec/db/migration")
        .placeholders(Map.of("one_tree", oneTree()))
        .validateMigrationNaming(true)
        .load()
        .migrate();
  }

  /** Returns whether a parameter may be an array of values. */
  abstract boolean takesArrays();

  /** Returns what bounds how long the rest of a transaction waits for others; empty if it is. */
  abstract String boundingWaits();

  /** Returns what a SELECT ends with so that its rows stay as they are until the commit. */
  abstract String lockingRows();

  /**
   * Returns what a SELECT ends with that takes only rows which nobody else holds, and holds them.
   */
  abstract String skippingLocked();

  /**
   * Returns a SELECT of the elements of a JSON array of texts: place, counted from 0, and value.
   */
  abstract String elements();

  /** Returns what takes receipts out of the log's queue: a JSON array of their ids. */
  final String dequeue() {
    return "DELETE FROM unsequenced WHERE jti IN (SELECT value FROM (" + elements() + ") AS ids)";
  }

  /** Returns what adds leaves: the index of the first, and a JSON array of the receipts' ids. */
  final String addLeaves() {
    return "INSERT INTO leaves (leaf_index, jti) SELECT ? + place, value FROM ("
        + elements()
        + ") AS ids";
  }

  /** Returns whether a failure is of what was to be written, and not of the database's state. */
  abstract boolean isOfTheRow(SQLException e);

  /** Returns whether the database undid a transaction that may work when it is done again. */
  abstract boolean isTransient(SQLException e);

  /** Returns whether the connection is of no more use. */
  abstract boolean isConnectionLoss(SQLException e);
}
