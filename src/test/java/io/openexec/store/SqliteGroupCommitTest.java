package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;

class SqliteGroupCommitTest extends GroupCommitTest {
  @Override
  TestDatabase database() {
    return TestDatabase.sqlite(directory);
  }

  @Override
  HikariDataSource pool(TestDatabase of) {
    return SqliteStore.pool(((DatabaseUrl.Sqlite) of.parsed()).file());
  }

  @Override
  Dialect dialect() {
    return Dialect.SQLITE;
  }

  @Override
  AutoCloseable takeAway() throws Exception {
    Connection lock = database.connect();
    Statement statement = lock.createStatement();
    statement.execute("BEGIN IMMEDIATE");
    return lock;
  }

  @Override
  void refuseARow() {
    database.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON executions WHEN NEW.nonce = '\"refused\"'"
            + " BEGIN SELECT RAISE(ABORT, 'not this one'); END");
  }
}
