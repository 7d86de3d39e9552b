package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.execution.Errors;
import io.openexec.execution.Evidence;
import io.openexec.execution.Lease;
import io.openexec.execution.Outcome;
import io.openexec.store.ExecutionTable.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease in the database, for processes that share it. Each renews its own by the database's
 * clock, three times in its length, and declares unknown what processes left running whose lease
 * has run out: they may be dead, or paused, or cut off.
 *
 * <p>A process that wakes up after that finds its lease gone. It goes on as a new owner; what it
 * had reserved before is dispatched no more, and what it had dispatched comes in as late.
 */
final class DatabaseLease implements Lease, Fence, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseLease.class);
  private static final int RENEWALS = 3;
  private static final Duration RETRY = Duration.ofMillis(250);

  private static final String NOW = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

  private static final String TAKE =
      "INSERT INTO instances (owner, started_at, lease_until) VALUES (?, "
          + NOW
          + ", "
          + NOW
          + " + ?)";

  private static final String RENEW =
      "UPDATE instances SET lease_until = " + NOW + " + ? WHERE owner = ?";

  private static final String END = "DELETE FROM instances WHERE owner = ?";

  private static final String END_OTHERS =
      "DELETE FROM instances WHERE lease_until < " + NOW + " AND owner <> ?";

  // KEY SHARE lets the owner renew it meanwhile, and nobody end it.
  private static final String HOLD =
      "SELECT 1 FROM instances WHERE owner = ? AND lease_until > " + NOW + " FOR KEY SHARE";

  private final HikariDataSource pool;
  private final Duration length;
  private final Evidence evidence;
  private final @Nullable ScheduledExecutorService renewals;
  private volatile Term term;
  private boolean failing;

  /** As whom, and until when by this machine's monotonic clock. */
  private record Term(UUID owner, long untilNanos) {
    static Term none() {
      return new Term(UUID.randomUUID(), System.nanoTime());
    }

    boolean lasts() {
      return System.nanoTime() - untilNanos < 0;
    }
  }

  private DatabaseLease(
      HikariDataSource pool,
      Duration length,
      Evidence evidence,
      @Nullable ScheduledExecutorService renewals) {
    this.pool = pool;
    this.length = length;
    this.evidence = evidence;
    this.renewals = renewals;
    this.term = Term.none();
  }

  /** Returns a lease that never lasts, for who reserves nothing. */
  static DatabaseLease none(HikariDataSource pool, Evidence evidence) {
    return new DatabaseLease(pool, Duration.ZERO, evidence, null);
  }

  /** Takes a lease and keeps renewing it. */
  static DatabaseLease take(HikariDataSource pool, Duration length, Evidence evidence)
      throws SQLException {
    ScheduledThreadPoolExecutor renewals =
        new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "openexec-lease"));
    // Or close() would wait for the next renewal.
    renewals.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    DatabaseLease lease = new DatabaseLease(pool, length, evidence, renewals);
    try {
      lease.take();
      lease.endOthers();
    } catch (SQLException e) {
      renewals.shutdown();
      throw e;
    }
    lease.renewIn(renewals, length.dividedBy(RENEWALS));
    return lease;
  }

  @Override
  public UUID owner() {
    return term.owner();
  }

  @Override
  public boolean isHeldBy(UUID owner) {
    Term now = term;
    return now.owner().equals(owner) && now.lasts();
  }

  @Override
  public boolean holds(Connection connection, UUID owner) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(HOLD)) {
      select.setString(1, owner.toString());
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  private void renewIn(ScheduledExecutorService by, Duration pause) {
    try {
      var unused =
          by.schedule(
              () -> {
                renew();
                // A database that comes back is wanted back soon.
                renewIn(by, failing ? RETRY : length.dividedBy(RENEWALS));
              },
              pause.toMillis(),
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("the lease is renewed no more", e);
    }
  }

  private void renew() {
    try {
      if (!renewed()) {
        LOG.warn("this process was taken for dead: its lease had run out; it goes on as a new one");
        take();
      }
      endOthers();
      failing = false;
    } catch (SQLException | RuntimeException | Error e) {
      if (!failing) {
        LOG.error("the lease cannot be renewed: {}", Errors.rootCause(e));
      }
      failing = true;
    }
  }

  private boolean renewed() throws SQLException {
    UUID owner = term.owner();
    // Taken before the database's own time: so it ends here no later than there.
    long asked = System.nanoTime();
    try (Connection connection = pool.getConnection();
        PreparedStatement update = connection.prepareStatement(RENEW)) {
      update.setLong(1, length.toMillis());
      update.setString(2, owner.toString());
      if (update.executeUpdate() == 0) {
        return false;
      }
    }
    term = new Term(owner, asked + length.toNanos());
    return true;
  }

  private void take() throws SQLException {
    UUID owner = UUID.randomUUID();
    long asked = System.nanoTime();
    try (Connection connection = pool.getConnection();
        PreparedStatement insert = connection.prepareStatement(TAKE)) {
      insert.setString(1, owner.toString());
      insert.setLong(2, length.toMillis());
      insert.executeUpdate();
    }
    term = new Term(owner, asked + length.toNanos());
  }

  /** Ends the leases that have run out, and declares unknown what nobody holds any more. */
  private void endOthers() throws SQLException {
    try (Connection connection = pool.getConnection();
        ExecutionTable table = new ExecutionTable(connection, Dialect.POSTGRESQL, evidence)) {
      connection.setAutoCommit(false);
      try (PreparedStatement delete = connection.prepareStatement(END_OTHERS)) {
        delete.setString(1, term.owner().toString());
        delete.executeUpdate();
      }
      List<Row> abandoned = table.lockAbandoned();
      for (Row row : abandoned) {
        table.change(row, Outcome.unknown(Outcome.INTERRUPTED));
      }
      connection.commit();
      if (!abandoned.isEmpty()) {
        LOG.warn(
            "{} executions were abandoned: their outcome is unknown until settled",
            abandoned.size());
      }
    }
  }

  /** Ends the lease: this process has nothing reserved any more. */
  @Override
  public void close() {
    if (renewals == null) {
      return;
    }
    renewals.shutdown();
    try {
      if (!renewals.awaitTermination(length.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("the lease is being renewed still");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Connection connection = pool.getConnection();
        PreparedStatement delete = connection.prepareStatement(END)) {
      delete.setString(1, term.owner().toString());
      delete.executeUpdate();
    } catch (SQLException e) {
      LOG.warn("the lease could not be ended and runs out by itself: {}", Errors.rootCause(e));
    }
  }
}
