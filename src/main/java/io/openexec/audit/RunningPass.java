package io.openexec.audit;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/**
 * What is running, by the record. No receipt tells of it before its outcome is there, so that all
 * that can be done is to count it, and what is odd about it: an honest service may leave such rows
 * too, if it was killed and not started again.
 */
final class RunningPass {
  private static final Duration LONG = Duration.ofMinutes(10);

  // SQLite's has no leases: one process has it to itself.
  private static final String ROWS =
      "SELECT e.created_at, e.owner FROM executions e WHERE e.state = 'running'";

  private static final String ROWS_WITH_LEASES =
      """
      SELECT e.created_at, i.owner FROM executions e LEFT JOIN instances i
        ON i.owner = e.owner
        AND i.lease_until > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)
      WHERE e.state = 'running'
      """;

  private final Snapshot snapshot;
  private final Report report;
  private long running;
  private long old;
  private long abandoned;

  RunningPass(Snapshot snapshot, Report report) {
    this.snapshot = snapshot;
    this.report = report;
  }

  /**
   * Runs it.
   *
   * @param leases whether owners have leases
   */
  void run(boolean leases) throws SQLException, Misfit {
    long begin = Instant.now().minus(LONG).toEpochMilli();
    snapshot.each(
        leases ? ROWS_WITH_LEASES : ROWS,
        row -> {
          running++;
          old += row.getLong(1) < begin ? 1 : 0;
          abandoned += row.getString(2) == null ? 1 : 0;
        });
    if (running > 0) {
      report.trust(
          running
              + " executions are running, and no receipt tells of them yet"
              + (old > 0 ? "; " + old + " for more than " + LONG.toMinutes() + " minutes" : "")
              + (abandoned > 0 ? "; " + abandoned + " by no instance that has a lease" : ""));
    }
  }
}
