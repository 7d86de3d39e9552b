package io.openexec.camel;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;
import org.sqlite.SQLiteException;

/**
 * What SQLite refuses, under the names that Spring has for what databases refuse. Spring knows
 * SQLite's errors by no name, as they have no SQLSTATE; those of other databases it does.
 */
final class SqliteErrors extends SQLExceptionSubclassTranslator {
  @Override
  protected @Nullable DataAccessException doTranslate(
      String task, @Nullable String sql, SQLException error) {
    if (!(error instanceof SQLiteException refusal)) {
      return super.doTranslate(task, sql, error);
    }
    String message = buildMessage(task, sql, error);
    return switch (refusal.getResultCode()) {
      case SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE ->
          new DuplicateKeyException(message, error);
      // Not those of triggers, which may keep what the statement did so far (RAISE(FAIL)).
      case SQLITE_CONSTRAINT_CHECK,
          SQLITE_CONSTRAINT_DATATYPE,
          SQLITE_CONSTRAINT_FOREIGNKEY,
          SQLITE_CONSTRAINT_NOTNULL ->
          new DataIntegrityViolationException(message, error);
      case SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_LOCKED ->
          new CannotAcquireLockException(message, error);
      default -> super.doTranslate(task, sql, error);
    };
  }
}
