package io.openexec;

import io.openexec.testing.Postgres;
import io.openexec.testing.TestDatabase;
import java.nio.file.Path;

class PostgresDurableCommitsTest extends DurableCommitsTest {
  @Override
  TestDatabase database(Path directory) {
    return Postgres.database();
  }
}
