package io.openexec;

import io.openexec.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;

/** What an auditor sees who opens a SQLite file. */
final class StoreRows {
  private StoreRows() {}

  /** Runs a statement, as another program would. */
  static void execute(Path database, String sql) {
    TestDatabase.file(database).execute(sql);
  }

  /** Returns the rows of a query, columns joined by {@code |}. */
  static List<String> of(Path database, String query) {
    return TestDatabase.file(database).rows(query);
  }
}
