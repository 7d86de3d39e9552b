package io.openexec.store;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Attempt;
import io.openexec.execution.Evidence;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore;
import io.openexec.execution.Lease;
import io.openexec.execution.Outcome;
import io.openexec.execution.Reservation;
import io.openexec.execution.State;
import io.openexec.execution.StoreUnavailable;
import io.openexec.metrics.Samples;
import io.openexec.receipt.Hash;
import io.openexec.receipt.Receipt;
import io.openexec.store.ExecutionTable.NewOutcome;
import io.openexec.store.ExecutionTable.NewRow;
import io.openexec.store.ExecutionTable.Row;
import io.openexec.store.ReceiptTable.NewReceipt;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The record in SQL. All writes go through one {@link GroupCommit}; reads have their own
 * connections.
 */
public final class JdbcExecutionStore implements ExecutionStore {
  private static final int READERS = 4;
  private static final int LEDGER_READERS = 2;

  private final Readers readers;
  private final LedgerReader ledger;
  private final GroupCommit writer;
  private final Lease lease;
  private final Evidence evidence;
  private final Optional<Instant> takenOver;
  private final List<AutoCloseable> resources;

  /**
   * Makes a store over an open database.
   *
   * @param takenOver when the records of OpenExec 0.1.10 that are in it were taken over; empty if
   *     there are none, as almost everywhere
   * @param resources what is closed with it, in this order, after the last write; the pool is one
   *     of them
   */
  JdbcExecutionStore(
      HikariDataSource pool,
      Dialect dialect,
      GroupCommit writer,
      Lease lease,
      Evidence evidence,
      Optional<Instant> takenOver,
      List<AutoCloseable> resources) {
    this.readers = new Readers(pool, dialect, evidence, READERS);
    this.ledger = new LedgerReader(new Readers(pool, dialect, evidence, LEDGER_READERS));
    this.writer = writer;
    this.lease = lease;
    this.evidence = evidence;
    this.takenOver = takenOver;
    this.resources = List.copyOf(resources);
  }

  @Override
  public Optional<Execution> find(UUID id) throws StoreUnavailable {
    return read(table -> table.find(id));
  }

  @Override
  public Optional<Execution> find(VerifiedRequest request) throws StoreUnavailable {
    return read(
        table -> {
          Optional<Execution> found = table.find(request.executionId());
          return found.isPresent() || takenOver.isEmpty()
              ? found
              : new TakenOverTable(table.connection()).find(request.request().nonce());
        });
  }

  @Override
  public boolean insertsFindAll() {
    return takenOver.isEmpty();
  }

  @Override
  public boolean isUsedBeforeTakeover(VerifiedRequest request) throws StoreUnavailable {
    if (takenOver.isEmpty()
        || request.approvals().stream().noneMatch(a -> a.isIssuedBefore(takenOver.get()))) {
      return false;
    }
    Hash hash = request.request().actionHash();
    return read(table -> new TakenOverTable(table.connection()).hasExecuted(hash));
  }

  @Override
  public CompletableFuture<Insert> insert(
      VerifiedRequest request, Instant admittedAt, Attempt attempt, Execution execution) {
    return writer.submit(new Write.OfRow(new NewRow(request, admittedAt, attempt, execution)));
  }

  @Override
  public CompletableFuture<Execution> complete(Attempt attempt, Execution ended) {
    return writer.submit(new Write.OfOutcome(new NewOutcome(attempt, ended)));
  }

  @Override
  public CompletableFuture<Void> release(Reservation reservation) {
    return writer
        .submit(
            new Write.Other<>(
                table -> {
                  table.force(reservation);
                  Row row = table.lock(reservation.id()).orElseThrow();
                  if (row.attempt().equals(reservation.attempt())) {
                    release(table, reservation, row);
                  }
                  return row;
                }))
        .thenAccept(row -> {});
  }

  private static void release(ExecutionTable table, Reservation reservation, Row current)
      throws SQLException {
    State state = current.execution().state();
    if (state == State.RUNNING) {
      table.delete(reservation);
    } else if (state == State.UNKNOWN) {
      table.supersede(current, Outcome.failed(Outcome.NEVER_DISPATCHED));
    }
  }

  @Override
  public Optional<Execution> settle(UUID id, Outcome outcome) throws StoreUnavailable {
    if (outcome.state() == State.UNKNOWN || outcome.reason() == null) {
      throw new IllegalArgumentException("a settlement is succeeded or failed, with a reason");
    }
    return write(
        table -> {
          Optional<Row> row = table.lock(id);
          if (row.isEmpty() || row.get().execution().state() != State.UNKNOWN) {
            return Optional.empty();
          }
          table.supersede(row.get(), outcome);
          return table.find(id);
        });
  }

  @Override
  public boolean issued(UUID id, Hash receipt) throws StoreUnavailable {
    return read(table -> table.issued(id, receipt));
  }

  @Override
  public CompletableFuture<Void> keep(Receipt receipt, boolean disclosures) {
    NewReceipt row = new NewReceipt(receipt, null, disclosures);
    return writer
        .submit(
            new Write.Other<>(
                table -> {
                  table.receipts().insert(List.of(row));
                  return row;
                }))
        .thenAccept(kept -> {});
  }

  @Override
  public Evidence evidence() {
    return evidence;
  }

  @Override
  public void probe() throws StoreUnavailable {
    // On a full disk one small row may still fit where requests do not.
    if (writer.isFailing()) {
      throw new StoreUnavailable("commits have been failing");
    }
    if (!lease.isHeldBy(lease.owner())) {
      throw new StoreUnavailable("the lease of this process has run out");
    }
    write(ExecutionTable::probe);
  }

  /** Returns what reads receipts and the log: on connections of its own, whoever asks how often. */
  public LedgerReader ledger() {
    return ledger;
  }

  /** Adds what is known of commits. */
  public void addTo(Samples samples) {
    writer.commits().addTo(samples);
    samples.gauge(
        "openexec_commit_queue_writes",
        "Writes that wait for a commit to begin; one beyond "
            + Databases.WAITING_WRITES
            + " is refused.",
        writer.waiting());
  }

  @Override
  public Lease lease() {
    return lease;
  }

  /** Reads. */
  <T> T read(Write.Statements<T> statements) throws StoreUnavailable {
    return readers.readOrFail(statements);
  }

  /** Writes, and waits until it is durable. */
  <T> T write(Write.Statements<T> statements) throws StoreUnavailable {
    try {
      return writer.submit(new Write.Other<>(statements)).get();
    } catch (ExecutionException e) {
      throw new StoreUnavailable("cannot write", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailable("interrupted while writing", e);
    }
  }

  @Override
  public void close() {
    writer.close();
    readers.close();
    ledger.close();
    resources.forEach(Resources::close);
  }
}
