package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.testing.Postgres;
import io.openexec.testing.TestDatabase;

class PostgresGroupCommitTest extends GroupCommitTest {
  @Override
  TestDatabase database() {
    return Postgres.database();
  }

  @Override
  HikariDataSource pool(TestDatabase of) {
    return PostgresStore.pool((DatabaseUrl.Postgres) of.parsed());
  }

  @Override
  Dialect dialect() {
    return Dialect.POSTGRESQL;
  }

  @Override
  AutoCloseable takeAway() {
    String name = ((DatabaseUrl.Postgres) database.parsed()).database();
    TestDatabase other = Postgres.database();
    other.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
    other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
    return () -> other.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
  }

  @Override
  void refuseARow() {
    database.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " IF NEW.nonce = '\"refused\"' THEN"
            + " RAISE EXCEPTION 'not this one' USING ERRCODE = 'check_violation'; END IF;"
            + " RETURN NEW; END $$");
    database.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON executions FOR EACH ROW EXECUTE FUNCTION refuse()");
  }
}
