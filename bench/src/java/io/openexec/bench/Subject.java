package io.openexec.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;

/** A row's service, started over and over, and what has been measured of it. */
final class Subject implements AutoCloseable {
  private static final int FEWEST_PREPARED = 3_000;
  private static final double MARGIN = 1.6;

  private final Row row;
  private final Site site;
  private final long toStore;
  private final Workload workload;
  private final Measured measured = new Measured();
  private Optional<Store> filled = Optional.empty();
  private Optional<Store> store = Optional.empty();
  private Optional<Path> folder = Optional.empty();
  private Optional<ServiceProcess> service = Optional.empty();
  private double highest;

  Subject(Row row, Site site, long toStore) {
    this.row = row;
    this.site = site;
    this.toStore = toStore;
    this.workload = site.workload(row);
  }

  Row row() {
    return row;
  }

  Measured measured() {
    return measured;
  }

  /** Fills the row's database, if it is to be full. */
  void fill() throws IOException, SQLException, ServiceProcess.NotReady {
    Path place = site.newFolder(row);
    Store full = site.newStore(row, place).orElseThrow();
    try (ServiceProcess first = site.start(row, place, Optional.of(full))) {
      try (Load load = new Load(first.port(), new ExecutionRows.Template())) {
        full.tally().add(load.closed(1).tally());
      }
      first.stop();
    }
    full.fill(toStore);
    filled = Optional.of(full);
  }

  /** Starts the service: over a new database, or over the full one. */
  void start(double secondsOfLoad) throws IOException, SQLException, ServiceProcess.NotReady {
    prepare(secondsOfLoad);
    Path place = site.newFolder(row);
    folder = Optional.of(place);
    store = filled.isPresent() ? filled : site.newStore(row, place);
    ServiceProcess process = site.start(row, place, store);
    service = Optional.of(process);
    measured.starts().add(process.secondsToReady());
  }

  /** Makes requests, at the expense of nobody whose time is taken. */
  void prepare(double seconds) {
    workload.prepare((int) Math.max(FEWEST_PREPARED * seconds, highest * MARGIN * seconds));
  }

  Window closed(double seconds) throws IOException {
    ServiceProcess process = service.orElseThrow();
    long before = process.cpu().toNanos();
    try (Load load = new Load(process.port(), workload)) {
      Window window = load.closed(seconds);
      count(window);
      highest = Math.max(highest, window.perSecond());
      long nanos = process.cpu().toNanos() - before;
      measured.lastCpu(nanos / 1e3 / Math.max(1, window.tally().acknowledgedCount()));
      return window;
    }
  }

  Window open(double rate, double seconds) throws IOException {
    workload.prepare((int) Math.ceil(rate * seconds) + 1);
    try (Load load = new Load(service.orElseThrow().port(), workload)) {
      Window window = load.open(rate, seconds);
      count(window);
      return window;
    }
  }

  private void count(Window window) {
    measured.tally().add(window.tally());
    store.ifPresent(s -> s.tally().add(window.tally()));
  }

  /** Reads what the process can tell of itself, at the end of its work. */
  void inspect() throws IOException {
    ServiceProcess process = service.orElseThrow();
    measured.inspected(process.memory(), process.pauses());
  }

  /** Stops the service and compares its database with what it acknowledged. */
  void stop() throws IOException, SQLException {
    if (service.isPresent()) {
      if (row.bare()) {
        // It has nothing to lose.
        service.get().close();
      } else {
        service.get().stop();
      }
      service = Optional.empty();
      if (store.isPresent()) {
        store.get().discrepancy().ifPresent(measured.discrepancies()::add);
        measured.databaseChecked();
      }
      if (filled.isEmpty()) {
        Site.delete(folder.orElseThrow());
      }
    }
  }

  @Override
  public void close() {
    service.ifPresent(ServiceProcess::close);
  }
}
