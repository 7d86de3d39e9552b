package io.openexec;

import io.openexec.camel.Content;
import io.openexec.camel.Flow;
import io.openexec.execution.Action;
import io.openexec.execution.ActionRegistry;
import io.openexec.execution.Denials;
import io.openexec.execution.Dispatcher;
import io.openexec.execution.Patience;
import io.openexec.execution.StoreUnavailable;
import io.openexec.execution.Unfinished;
import io.openexec.metrics.MetricsPage;
import io.openexec.metrics.Samples;
import io.openexec.store.JdbcExecutionStore;
import io.openexec.store.LedgerReader.Standing;
import io.openexec.store.Sequencer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /metrics} says, put together from those who count. README has a table of all of
 * it.
 */
final class Metrics implements AutoCloseable {
  private static final Duration LOOK_HOLDS = Duration.ofSeconds(1);
  private static final double MILLIS = 1_000.0;

  private final Flow flow;
  private final ActionRegistry registry;
  private final JdbcExecutionStore store;
  private final Sequencer sequencer;
  private final Parts parts;
  private final MetricsPage page = new MetricsPage(this::addTo);
  private final ReentrantLock looking = new ReentrantLock();
  private volatile @Nullable Look lastLook;

  /** Those of the kernel who know something. */
  record Parts(Denials denials, Dispatcher dispatcher, Patience patience, Unfinished unfinished) {}

  private record Look(Optional<Standing> ledger, long at) {}

  Metrics(
      Flow flow,
      ActionRegistry registry,
      JdbcExecutionStore store,
      Sequencer sequencer,
      Parts parts) {
    this.flow = flow;
    this.registry = registry;
    this.store = store;
    this.sequencer = sequencer;
    this.parts = parts;
  }

  /** Answers {@code GET /metrics}. */
  Content page() {
    return new Content(MetricsPage.TYPE, page.render(), false);
  }

  private void addTo(Samples samples) {
    samples.info("openexec_build", "The version that runs.", Map.of("version", Status.VERSION));
    flow.addTo(samples);
    samples.counter(
        "openexec_denials_dropped",
        "Denials that have no receipt of their own.",
        parts.denials().dropped());
    addActions(samples);
    store.addTo(samples);
    addLedger(samples);
  }

  private void addActions(Samples samples) {
    Dispatcher dispatcher = parts.dispatcher();
    samples.gauge(
        "openexec_effectful_running", "Effectful actions that run.", dispatcher.running());
    samples.gauge(
        "openexec_effectful_slots",
        "How many effectful actions may run at a time.",
        dispatcher.most());
    Samples.Family taken =
        samples.gauges(
            "openexec_action_running", "Runs of an action whose concurrency is bounded.", "action");
    Samples.Family slots =
        samples.gauges("openexec_action_slots", "How many of it may run at a time.", "action");
    for (String name : registry.names()) {
      Action action = registry.get(name);
      dispatcher.running(action).ifPresent(running -> taken.add(running, name));
      action.concurrency().ifPresent(most -> slots.add(most, name));
    }
    samples.gauge(
        "openexec_waiting_requests",
        "Requests that wait for the outcome of an execution that runs.",
        parts.patience().waiting());
    samples.gauge(
        "openexec_unfinished_writes",
        "Outcomes, and releases of reservations, that could not be written yet.",
        parts.unfinished().left());
  }

  private void addLedger(Samples samples) {
    Optional<Standing> ledger = ledger();
    samples.gauge(
        "openexec_receipts_waiting",
        "Receipts that are not in the ledger yet; a million stands for more.",
        ledger.map(standing -> (double) standing.waiting()).orElse(Double.NaN));
    samples.gauge(
        "openexec_ledger_receipts",
        "Receipts that the latest checkpoint covers.",
        ledger.map(standing -> (double) standing.size()).orElse(Double.NaN));
    samples.gauge(
        "openexec_ledger_checkpoint_timestamp_seconds",
        "When the latest checkpoint was signed.",
        ledger.map(standing -> standing.signed().toEpochMilli() / MILLIS).orElse(Double.NaN));
    samples.gauge(
        "openexec_ledger_stuck",
        "Whether the latest attempt to put receipts into the ledger failed.",
        sequencer.isStuck());
  }

  /**
   * Looks at most once a second, so that asking often costs nothing, and in one thread at a time,
   * so that a database that does not answer keeps no other page from it; empty if it cannot.
   */
  private Optional<Standing> ledger() {
    Look last = lastLook;
    boolean old = last == null || System.nanoTime() - last.at() > LOOK_HOLDS.toNanos();
    if (old && looking.tryLock()) {
      try {
        last = new Look(look(), System.nanoTime());
        lastLook = last;
      } finally {
        looking.unlock();
      }
    }
    return last == null ? Optional.empty() : last.ledger();
  }

  private Optional<Standing> look() {
    try {
      return store.ledger().standing();
    } catch (StoreUnavailable e) {
      return Optional.empty();
    }
  }

  /** Ends counting what the JVM tells. */
  @Override
  public void close() {
    page.close();
  }
}
