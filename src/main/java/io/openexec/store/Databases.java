package io.openexec.store;

import io.openexec.execution.Errors;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** Opens the record, in whichever database it is. */
public final class Databases {
  /** How many writes may wait for a commit; one more is refused at once. */
  static final int WAITING_WRITES = 1_024;

  private Databases() {}

  /**
   * Opens the database for a service, making or migrating its tables as needed.
   *
   * @param heir the tenant whose the records of OpenExec 0.1.10 become, if this is a database of
   *     its; if empty, it is not taken over
   * @param lease how long a process that nothing is heard of may still be alive, where several
   *     share a database
   * @throws IllegalStateException saying in one line what is wrong
   */
  public static JdbcExecutionStore open(
      DatabaseUrl url, Optional<String> heir, Duration lease, Clock clock) {
    try {
      return url instanceof DatabaseUrl.Postgres postgres
          ? PostgresStore.open(postgres, lease, clock)
          : SqliteStore.open(((DatabaseUrl.Sqlite) url).file(), heir, clock);
    } catch (Exception e) {
      throw cannotBeUsed(url, e);
    }
  }

  /**
   * Opens the database of a service that may be running, for an operator's command: makes nothing,
   * migrates nothing, and takes no hold of it.
   *
   * @throws IllegalStateException saying in one line what is wrong
   */
  public static JdbcExecutionStore attach(DatabaseUrl url, Clock clock) {
    try {
      return url instanceof DatabaseUrl.Postgres postgres
          ? PostgresStore.attach(postgres, clock)
          : SqliteStore.attach(((DatabaseUrl.Sqlite) url).file(), clock);
    } catch (Exception e) {
      throw cannotBeUsed(url, e);
    }
  }

  private static IllegalStateException cannotBeUsed(DatabaseUrl url, Exception e) {
    return new IllegalStateException(
        "the database " + url.shown() + " cannot be used: " + Errors.rootCause(e), e);
  }
}
