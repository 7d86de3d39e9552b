package io.openexec;

import io.openexec.camel.Content;
import io.openexec.camel.Flow;
import io.openexec.execution.ActionRegistry;
import io.openexec.execution.Admission;
import io.openexec.execution.Answer;
import io.openexec.execution.Denials;
import io.openexec.execution.Dispatcher;
import io.openexec.execution.Errors;
import io.openexec.execution.ExactlyOnce;
import io.openexec.execution.Patience;
import io.openexec.execution.ReceiptCheck;
import io.openexec.execution.Unfinished;
import io.openexec.metrics.Traffic;
import io.openexec.store.Databases;
import io.openexec.store.JdbcExecutionStore;
import io.openexec.store.Sequencer;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;

/** A running service: the kernel over a store, carried by the routes. */
public final class Service implements AutoCloseable {
  private static final int MAX_EFFECTFUL = 64;
  private static final int MIN_WORKERS = 4;
  private static final int MAX_WAITERS = 256;
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final Configuration configuration;
  private final ActionRegistry registry;
  private final TrustFiles trust;
  private final JdbcExecutionStore store;
  private final Sequencer sequencer;
  private final Unfinished unfinished;
  private final Dispatcher dispatcher;
  private final Patience patience;
  private final ForkJoinPool workers;
  private final Denials denials;
  private final Metrics metrics;
  private final Flow flow;
  private int port;
  private boolean closed;

  private Service(
      Configuration configuration,
      Flow flow,
      TrustFiles trust,
      ForkJoinPool workers,
      JdbcExecutionStore store,
      KeyFiles keys) {
    this.configuration = configuration;
    this.flow = flow;
    this.trust = trust;
    this.workers = workers;
    this.registry = new ActionRegistry(flow.actions());
    this.store = store;
    this.unfinished = new Unfinished(store);
    this.dispatcher = new Dispatcher(store.lease(), unfinished, MAX_EFFECTFUL);
    this.patience = new Patience(store, MAX_WAITERS);
    this.denials = new Denials(store);
    this.sequencer = Sequencer.start(store, keys.origin(), keys.ledger());
    this.metrics =
        new Metrics(
            flow,
            registry,
            store,
            sequencer,
            new Metrics.Parts(denials, dispatcher, patience, unfinished));
  }

  /**
   * A few threads for all requests: none of them waits for a commit, or for an effectful action.
   */
  private static ForkJoinPool workers() {
    int parallelism = Math.max(MIN_WORKERS, 2 * Runtime.getRuntime().availableProcessors());
    return new ForkJoinPool(
        parallelism,
        pool -> {
          ForkJoinWorkerThread thread =
              ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
          thread.setName("openexec-worker-" + thread.getPoolIndex());
          return thread;
        },
        null,
        // First come, first served.
        true);
  }

  /**
   * Starts a service; when this returns it is ready for requests.
   *
   * @param clock judges approvals by its time
   * @throws StartRefused saying in one line why it does not start, having left nothing behind
   */
  public static Service start(Configuration configuration, Clock clock) {
    return start(configuration, clock, true);
  }

  /**
   * Starts a service without doors, for {@link #send}. The folder of {@link Configuration#routes}
   * holds the actions and nothing else: the flow is the one that comes with the jar.
   *
   * @param clock judges approvals by its time
   * @throws StartRefused saying in one line why it does not start, having left nothing behind
   */
  public static Service embed(Configuration configuration, Clock clock) {
    return start(configuration, clock, false);
  }

  private static Service start(Configuration configuration, Clock clock, boolean http) {
    Flow flow = readFlow(configuration, http);
    TrustFiles trust = new TrustFiles(configuration.trust(), configuration.revocations());
    KeyFiles keys = new KeyFiles(configuration.evidence(), configuration.database(), flow.digest());
    ForkJoinPool workers = workers();
    JdbcExecutionStore store;
    try {
      store = openStore(configuration, keys, workers, clock);
    } catch (StartRefused e) {
      trust.close();
      throw e;
    }
    Service service = new Service(configuration, flow, trust, workers, store, keys);
    try {
      service.startFlow(clock, http);
      return service;
    } catch (RuntimeException | Error e) {
      // A fault of its own, too: what is left would hold the database and answer nobody.
      service.close();
      throw e;
    }
  }

  private static Flow readFlow(Configuration configuration, boolean http) {
    try {
      return http
          ? Flow.read(configuration.routes(), configuration.secrets(), configuration.queue())
          : Flow.embedded(configuration.routes(), configuration.secrets());
    } catch (IllegalArgumentException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    }
  }

  private static JdbcExecutionStore openStore(
      Configuration configuration, KeyFiles keys, Executor workers, Clock clock) {
    try {
      return Databases.open(
          configuration.database(),
          configuration.servedTenant(),
          configuration.lease(),
          keys,
          workers,
          clock);
    } catch (IllegalStateException e) {
      throw new StartRefused(e.getMessage() + " (OPENEXEC_DB_URL)", e);
    }
  }

  private void startFlow(Clock clock, boolean http) {
    Status status =
        new Status(
            configuration, registry, trust, store, sequencer::isStuck, flow::doorProblem, clock);
    EvidencePages evidence = new EvidencePages(store.ledger());
    Flow.Kernel kernel =
        new Flow.Kernel(
            configuration.verifier(trust, clock),
            new Admission(configuration.allowLists(), registry, trust, clock),
            new ExactlyOnce(store, unfinished, workers, dispatcher::isFull),
            dispatcher,
            patience,
            denials,
            new ReceiptCheck(store),
            new Traffic(registry.names()));
    Flow.Pages pages =
        new Flow.Pages(
            status::index,
            status::health,
            status::ready,
            status::version,
            status::actions,
            evidence::keys,
            evidence::receipt,
            evidence::ledger,
            configuration.metrics() ? Optional.of(metrics::page) : Optional.empty());
    try {
      flow.start(pages, workers, http, configuration.inbox());
    } catch (Exception e) {
      throw new StartRefused("the routes cannot start: " + Errors.rootCause(e), e);
    }
    if (http && configuration.selfTest()) {
      SelfTest.run(flow, registry, workers, clock);
    }
    flow.serve(kernel);
    if (http) {
      listen();
    }
    try {
      flow.openDoors();
    } catch (Exception e) {
      throw new StartRefused("a door cannot be opened: " + Errors.rootCause(e), e);
    }
  }

  private void listen() {
    try {
      port = flow.listen(configuration.host(), configuration.loopback(), configuration.port());
    } catch (IOException e) {
      throw new StartRefused(
          "cannot listen on "
              + configuration.host()
              + ":"
              + configuration.port()
              + " ("
              + Errors.rootCause(e)
              + "): stop what uses it, or set OPENEXEC_HOST and OPENEXEC_PORT",
          e);
    }
  }

  /**
   * Sends something to a route of the flow.
   *
   * @param route its name, such as {@code execute}
   * @param body what a request to it over HTTP would have as its body, or below its path
   * @return an {@link Answer}, or {@link Content}
   */
  public CompletableFuture<Object> send(String route, byte[] body) {
    return CompletableFuture.completedFuture(body)
        .thenComposeAsync(bytes -> flow.send(route, bytes), workers);
  }

  /** Returns the port that it listens on. */
  public int port() {
    return port;
  }

  /** Returns the line that says it is ready: address, mode, database, actions, cryptography. */
  String readyLine() {
    String host = configuration.host();
    return "OpenExec "
        + Status.VERSION
        + " ready on http://"
        + (host.contains(":") ? "[" + host + "]" : host)
        + ":"
        + port
        + ", mode "
        + configuration.mode().name().toLowerCase(Locale.ROOT)
        + ", database "
        + configuration.database().shown()
        + ", "
        + registry.names().size()
        + " actions, Ed25519 by "
        + configuration.keys().provider();
  }

  /** Stops taking requests, answers those under way, closes the database. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    flow.refuseNew();
    dispatcher.awaitActions(configuration.shutdown());
    dispatcher.giveUp();
    flow.drain(ANSWER);
    flow.close();
    dispatcher.close();
    patience.close();
    denials.close();
    workers.shutdown();
    unfinished.close();
    sequencer.close();
    metrics.close();
    store.close();
    trust.close();
  }
}
