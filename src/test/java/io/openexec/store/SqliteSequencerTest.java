package io.openexec.store;

import io.openexec.testing.TestDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteSequencerTest extends SequencerTest {
  @TempDir Path directory;

  @Override
  TestDatabase database() {
    return TestDatabase.sqlite(directory);
  }

  @Override
  JdbcExecutionStore other() {
    return store;
  }
}
