package io.openexec.store;

import io.openexec.execution.Errors;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;

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
   * @param signatories brings the keys
   * @param answers runs what depends on the writes of a commit, after it
   * @throws IllegalStateException saying in one line what is wrong
   */
  public static JdbcExecutionStore open(
      DatabaseUrl url,
      Optional<String> heir,
      Duration lease,
      Signatories signatories,
      Executor answers,
      Clock clock) {
    try {
      return url instanceof DatabaseUrl.Postgres postgres
          ? PostgresStore.open(postgres, lease, signatories, answers, clock)
          : SqliteStore.open(((DatabaseUrl.Sqlite) url).file(), heir, signatories, answers, clock);
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
  public static JdbcExecutionStore attach(DatabaseUrl url, Signatories signatories, Clock clock) {
    try {
      return url instanceof DatabaseUrl.Postgres postgres
          ? PostgresStore.attach(postgres, signatories, clock)
          : SqliteStore.attach(((DatabaseUrl.Sqlite) url).file(), signatories, clock);
    } catch (Exception e) {
      throw cannotBeUsed(url, e);
    }
  }

  /**
   * Opens the database of a service that may be running, for a command that only reads: makes
   * nothing, changes nothing, and needs no keys.
   *
   * @throws IllegalStateException saying in one line what is wrong
   */
  public static RecordReader read(DatabaseUrl url) {
    try {
      return url instanceof DatabaseUrl.Postgres postgres
          ? RecordReader.of(PostgresStore.pool(postgres))
          : RecordReader.of(SqliteStore.read(((DatabaseUrl.Sqlite) url).file()));
    } catch (Exception e) {
      throw cannotBeUsed(url, e);
    }
  }

  private static IllegalStateException cannotBeUsed(DatabaseUrl url, Exception e) {
    return new IllegalStateException(
        "the database " + url.shown() + " cannot be used: " + Errors.rootCause(e), e);
  }
}
