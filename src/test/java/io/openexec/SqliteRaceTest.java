package io.openexec;

import io.openexec.testing.TestDatabase;
import java.nio.file.Path;

class SqliteRaceTest extends RaceTest {
  @Override
  TestDatabase database(Path directory) {
    return TestDatabase.sqlite(directory);
  }
}
