package io.openexec;

import io.openexec.testing.TestDatabase;
import java.nio.file.Path;

class SqliteDurableCommitsTest extends DurableCommitsTest {
  @Override
  TestDatabase database(Path directory) {
    return TestDatabase.sqlite(directory);
  }
}
