package io.openexec.camel;

import com.zaxxer.hikari.HikariDataSource;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.RequestParser;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Action;
import io.openexec.execution.Admission;
import io.openexec.execution.Answer;
import io.openexec.execution.Candidate;
import io.openexec.execution.Claim.Admitted;
import io.openexec.execution.Claim.OnRecord;
import io.openexec.execution.Claim.Unclaimed;
import io.openexec.execution.Denial;
import io.openexec.execution.Denials;
import io.openexec.execution.Dispatcher;
import io.openexec.execution.Errors;
import io.openexec.execution.ExactlyOnce;
import io.openexec.execution.Executed;
import io.openexec.execution.Patience;
import io.openexec.execution.ReceiptCheck;
import io.openexec.inbox.Inbox;
import io.openexec.metrics.Samples;
import io.openexec.metrics.Traffic;
import io.openexec.metrics.Traffic.Door;
import io.openexec.receipt.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Expression;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.main.DefaultMainShutdownStrategy;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.errorhandler.NoErrorHandlerDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ExpressionAdapter;
import org.apache.camel.support.PluginHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the kernel through the routes: binds the steps, loads the files, runs Camel. */
public final class Flow implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Flow.class);
  private static final String EXECUTE = "execute";
  private static final String COUNTED = "openexec.counted";
  private static final List<String> ROUTES_OF_THE_FLOW =
      List.of(
          "execute",
          "gates",
          "rejections",
          "execute-with-retry",
          "execute-once",
          "receipts",
          "receipt-check",
          "keys",
          "receipt",
          "ledger");
  private static final List<String> ROUTES_OF_HTTP =
      List.of(
          "http-execute",
          "http-verify-receipt",
          "http-index",
          "http-health",
          "http-ready",
          "http-version",
          "http-actions",
          "http-keys",
          "http-receipt",
          "http-ledger");
  private static final String ROUTE_OF_METRICS = "http-metrics";

  private final RouteFiles files;
  private final Hash digest;
  private final ActionResources resources;
  private final List<ActionFiles.Loaded> actionFiles;
  private final List<HikariDataSource> pools = new ArrayList<>();
  private final Main main = new Main();
  private final Capacity capacity = Capacity.ofHeap();
  private volatile @Nullable Kernel kernel;
  private @Nullable ProducerTemplate producer;
  private @Nullable HttpDoor door;
  private @Nullable Doors doors;
  private final QueueDoor queue;
  private @Nullable FileDoor fileDoor;

  private Flow(RouteFiles files, Secrets secrets, Optional<QueueSettings> queue) {
    this.files = files;
    this.queue = new QueueDoor(queue, capacity, result -> kernel().traffic().dealtWith(result));
    this.digest = digest(files);
    this.resources = ActionResources.read(files.resources(), secrets);
    this.actionFiles = ActionFiles.read(files.actions(), secrets, this::producer);
  }

  /**
   * Reads and checks the files of a folder; starts nothing yet.
   *
   * @param secrets what the actions' resources log in with
   * @param queue what the queue door is opened with, if it is
   * @throws IllegalArgumentException naming a file that is refused, and why, in one line
   */
  public static Flow read(Path folder, Secrets secrets, Optional<QueueSettings> queue) {
    return new Flow(RouteFiles.of(folder), secrets, queue);
  }

  /**
   * Reads and checks the actions of a folder, for the flow that comes with the jar; it has no doors
   * of its own.
   *
   * @param secrets what the actions' resources log in with
   * @throws IllegalArgumentException naming a file that is refused, and why, in one line
   */
  public static Flow embedded(Path actions, Secrets secrets) {
    return new Flow(RouteFiles.inTheJar(actions), secrets, Optional.empty());
  }

  private static Hash digest(RouteFiles files) {
    try {
      return files.digest();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "the routes in " + files + " cannot be read: " + Errors.rootCause(e), e);
    }
  }

  /** Returns the hash over the routes and actions in force. */
  public Hash digest() {
    return digest;
  }

  /** Returns the actions of the folder. */
  public List<Action> actions() {
    return actionFiles.stream().map(ActionFiles.Loaded::action).toList();
  }

  /** The kernel's parts, as the routes name them. */
  public record Kernel(
      ApprovalVerifier verifier,
      Admission admission,
      ExactlyOnce exactlyOnce,
      Dispatcher dispatcher,
      Patience patience,
      Denials denials,
      ReceiptCheck receiptCheck,
      Traffic traffic) {}

  /** What the service says of itself, as the routes name it; without metrics, if nobody may ask. */
  public record Pages(
      Supplier<Answer> index,
      Supplier<Answer> health,
      Supplier<Answer> ready,
      Supplier<Answer> version,
      Supplier<Answer> actions,
      Supplier<Answer> keys,
      Function<String, Answer> receipt,
      Function<String, Content> ledger,
      Optional<Supplier<Content>> metrics) {}

  /**
   * Starts the routes; {@link #serve} says over what, before anything can come in.
   *
   * @param http whether HTTP is one of the doors
   * @param workers runs the steps of requests, which may read from the store
   * @param inbox the folder of the file drop, if there is one
   * @throws Exception if they cannot start, or one that the flow needs is missing
   */
  public void start(Pages pages, Executor workers, boolean http, Optional<Path> inbox)
      throws Exception {
    configure();
    bind(pages);
    openDatabases();
    for (HttpCredentials credentials : resources.credentials()) {
      requireFree(credentials.name(), credentials);
      main.bind(credentials.name(), credentials);
    }
    for (ActionBroker broker : resources.brokers()) {
      requireFree(broker.name(), broker);
      main.bind(broker.name(), broker.connections());
    }
    fileDoor =
        new FileDoor(
            inbox,
            () -> kernel().traffic().came(Door.FILE),
            request -> executeOnce(request, workers),
            capacity::await);
    fileDoor.bindTo(main);
    main.init();
    CamelContext context = main.getCamelContext();
    FileDoor.prepare(context);
    context.getCamelContextExtension().setErrorHandlerFactory(new NoErrorHandlerDefinition());
    context.addComponent(BuiltinComponent.SCHEME, new BuiltinComponent());
    if (http) {
      door = new HttpDoor(context, workers, capacity, () -> kernel().traffic());
    }
    context.addComponent("sql", sql());
    for (String scheme : ActionHttpGate.SCHEMES) {
      // Made when the first endpoint asks for it: most services call nothing over HTTP.
      context.getRegistry().bind(scheme, Component.class, () -> new ActionHttp());
    }
    for (String scheme : ActionQueueGate.SCHEMES) {
      context
          .getRegistry()
          .bind(scheme, Component.class, () -> new ActionQueue(scheme.equals("amqp")));
    }
    AnswerConverters.addTo(context.getTypeConverterRegistry());
    queue.define(context.getPropertiesComponent());
    for (Resource file : files.flow()) {
      load(context, file);
    }
    queue.addTo(context);
    for (ActionFiles.Loaded action : actionFiles) {
      load(context, action.route());
    }
    require(ROUTES_OF_THE_FLOW, context);
    if (http) {
      require(ROUTES_OF_HTTP, context);
      require(pages.metrics().map(page -> List.of(ROUTE_OF_METRICS)).orElse(List.of()), context);
    }
    if (!files.digest().equals(digest)) {
      throw new RouteFileRefused(files + " was changed during the start; start again");
    }
    doors = Doors.closed((ModelCamelContext) context);
    main.start();
    producer = context.createProducerTemplate();
  }

  /**
   * Opens the doors that are not HTTP's: the consumers of the other routes.
   *
   * @throws Exception if one cannot start
   */
  public void openDoors() throws Exception {
    Objects.requireNonNull(fileDoor).open();
    Objects.requireNonNull(doors).open();
  }

  /** Returns the file drop, when the doors are open and there is one. */
  public Optional<Inbox> inbox() {
    return Objects.requireNonNull(fileDoor).inbox();
  }

  /** Adds what the doors know, and the gates. */
  public void addTo(Samples samples) {
    kernel().traffic().addTo(samples);
    if (door != null) {
      samples.gauge("openexec_http_connections", "Open connections.", door.connections());
      samples.gauge(
          "openexec_http_requests_in_progress",
          "Requests with a body that are under way.",
          door.underWay());
    }
    inbox().ifPresent(inbox -> inbox.addTo(samples));
    if (queue.isWanted()) {
      kernel().traffic().addMessagesTo(samples);
      samples.gauge(
          "openexec_queue_connected",
          "Whether requests can come in by queue.",
          queue.problem().isEmpty());
    }
  }

  /** Returns what is wrong with the queue or the file drop, if it should be open and is not. */
  public Optional<String> doorProblem() {
    return queue.problem().or(() -> Objects.requireNonNull(fileDoor).problem());
  }

  /**
   * Sends something to a route of the flow, as a door does.
   *
   * @param route its name, such as {@code execute}
   * @param body what a request to it over HTTP would have as its body, or below its path
   * @return an {@link Answer}, or {@link Content}; it fails if the service stops before there is
   *     one
   */
  public CompletableFuture<Object> send(String route, byte[] body) {
    return send(route, body, Map.of());
  }

  private CompletableFuture<Object> send(
      String route, byte[] body, Map<String, Object> properties) {
    ProducerTemplate template = producer();
    Endpoint direct = template.getCamelContext().getEndpoint("direct:" + route);
    Exchange exchange = direct.createExchange(ExchangePattern.InOut);
    exchange.getMessage().setBody(body);
    properties.forEach(exchange::setProperty);
    return template.asyncSend(direct, exchange).thenApply(Flow::answer);
  }

  private static Object answer(Exchange done) {
    Object body = done.getMessage().getBody();
    if (done.getException() != null) {
      throw new CompletionException(done.getException());
    }
    if (body instanceof Answer || body instanceof Content) {
      return body;
    }
    throw new IllegalStateException("a route ended without an answer");
  }

  /** Returns an answer, which need not be final; fails if the service stops before there is one. */
  private CompletableFuture<Answer> executeOnce(byte[] request, Executor workers) {
    return CompletableFuture.completedFuture(request)
        // The door itself counts a request, however often it tries it.
        .thenComposeAsync(bytes -> send(EXECUTE, bytes, Map.of(COUNTED, true)), workers)
        .thenApply(Answer.class::cast);
  }

  private void require(List<String> routes, CamelContext context) throws RouteFileRefused {
    for (String route : routes) {
      if (((ModelCamelContext) context).getRouteDefinition(route) == null) {
        throw new RouteFileRefused("no file in " + files + " has the route " + route);
      }
    }
  }

  /** From now on the gates are those of that kernel. Nothing may be under way. */
  public void serve(Kernel newKernel) {
    kernel = newKernel;
  }

  private Kernel kernel() {
    return Objects.requireNonNull(kernel);
  }

  /** Ends listening, and waits for what is under way; {@link #listen} may follow. */
  public void stopListening(Duration patience) {
    if (door != null) {
      door.stopListening();
      door.drain(patience);
    }
  }

  /**
   * Begins to listen, when the routes have started.
   *
   * @return the port
   * @throws IOException if the address cannot be listened on
   */
  public int listen(String host, boolean loopback, int port) throws IOException {
    return Objects.requireNonNull(door).listen(main.getCamelContext(), host, loopback, port);
  }

  /** A file of the flow that cannot be loaded, or is missing; the message is the whole story. */
  private static final class RouteFileRefused extends Exception {
    private static final long serialVersionUID = 1L;

    RouteFileRefused(String message) {
      super(message);
    }
  }

  private static void load(CamelContext context, Resource file) throws RouteFileRefused {
    try {
      PluginHelper.getRoutesLoader(context).loadRoutes(file);
    } catch (Exception e) {
      throw new RouteFileRefused(file.getLocation() + ": " + Errors.rootCause(e));
    }
  }

  private void configure() {
    // The service has a shutdown hook of its own, which knows the order.
    DefaultMainShutdownStrategy shutdown = new DefaultMainShutdownStrategy(main);
    shutdown.disableHangupSupport();
    main.setShutdownStrategy(shutdown);
    // Nothing but our own code and files configures the routes: not the environment, not a file
    // that happens to lie on the class path.
    main.setDefaultPropertyPlaceholderLocation("false");
    MainConfigurationProperties configuration = main.configure();
    configuration.setName("openexec");
    configuration.setAutoConfigurationEnvironmentVariablesEnabled(false);
    configuration.setAutoConfigurationSystemPropertiesEnabled(false);
    configuration.setAutowiredEnabled(false);
    // Nothing streams here: every body is a value.
    configuration.setStreamCachingEnabled(false);
    configuration.setBasePackageScanEnabled(false);
    configuration.setRoutesIncludePattern("false");
    configuration.setShutdownTimeout(2);
    configuration.setShutdownLogInflightExchangesOnTimeout(false);
  }

  private void bind(Pages pages) {
    main.bind("parse", (Processor) this::parse);
    main.bind(
        "verify",
        Step.of("verify", ExecutionRequest.class, request -> kernel().verifier().verify(request)));
    main.bind(
        "admit",
        Step.of("admit", VerifiedRequest.class, verified -> kernel().admission().judge(verified)));
    main.bind("executionId", executionId());
    main.bind("nonces", new NonceRepository(candidate -> kernel().exactlyOnce().find(candidate)));
    main.bind(
        "reserve",
        AsyncStep.of(
            "reserve", Unclaimed.class, unclaimed -> kernel().exactlyOnce().reserve(unclaimed)));
    main.bind(
        "admitted", (Predicate) exchange -> exchange.getMessage().getBody() instanceof Admitted);
    main.bind(
        "dispatch",
        AsyncStep.of(
            "dispatch", Admitted.class, admitted -> kernel().dispatcher().dispatch(admitted)));
    main.bind(
        "record",
        AsyncStep.of(
            "record", Executed.class, executed -> kernel().exactlyOnce().record(executed)));
    main.bind(
        "await", AsyncStep.of("await", OnRecord.class, found -> kernel().patience().await(found)));
    main.bind("answer", Step.of("answer", OnRecord.class, this::answer));
    main.bind("deny", AsyncStep.ofExchange(this::deny));
    main.bind("requireFinal", Step.of("requireFinal", Answer.class, NotFinal::refuse));
    main.bind("reject", Step.of("reject", Denial.class, Answer::refusing));
    queue.bind(main);

    main.bind(
        "checkReceipt",
        (Processor)
            exchange ->
                exchange.getMessage().setBody(kernel().receiptCheck().check(bytes(exchange))));
    main.bind("index", page(pages.index()));
    main.bind("health", page(pages.health()));
    main.bind("ready", page(pages.ready()));
    main.bind("version", page(pages.version()));
    main.bind("actions", page(pages.actions()));
    main.bind("keys", page(pages.keys()));
    main.bind("receipt", below(pages.receipt()));
    main.bind("ledger", below(pages.ledger()));
    main.addInitialProperty("openexec.metrics", Boolean.toString(pages.metrics().isPresent()));
    pages
        .metrics()
        .ifPresent(
            page ->
                main.bind(
                    "metrics", (Processor) exchange -> exchange.getMessage().setBody(page.get())));
  }

  private void requireFree(String name, Object resource) throws RouteFileRefused {
    if (main.lookup(name, Object.class) != null) {
      throw new RouteFileRefused(
          resource + ": the name is one of OpenExec's own, or there twice; choose another one");
    }
  }

  private void openDatabases() throws SQLException, RouteFileRefused {
    for (ActionDatabase database : resources.databases()) {
      requireFree(database.name(), database);
      HikariDataSource pool = database.open();
      pools.add(pool);
      main.bind(database.name(), pool);
    }
  }

  private static SqlComponent sql() {
    SqlComponent sql = new SqlComponent();
    sql.setRowMapperFactory(new SqlRows());
    sql.setServiceLocationEnabled(false);
    return sql;
  }

  private void parse(Exchange exchange) {
    // Once, however often a door sends it again.
    if (exchange.getProperty(COUNTED) == null) {
      exchange.setProperty(COUNTED, true);
      kernel().traffic().came(door(exchange));
    }
    exchange.getMessage().setBody(RequestParser.parse(bytes(exchange)));
  }

  private static Door door(Exchange exchange) {
    String route = exchange.getFromRouteId();
    if (route == null) {
      return Door.OTHER;
    }
    return switch (route) {
      case "http-execute" -> Door.HTTP;
      case "queue" -> Door.QUEUE;
      default -> Door.OTHER;
    };
  }

  private Answer answer(OnRecord record) {
    kernel().traffic().answered(record);
    return Answer.of(record);
  }

  /** The key of the Idempotent Consumer: the id that tenant and nonce make. */
  private static Expression executionId() {
    return new ExpressionAdapter() {
      @Override
      public Object evaluate(Exchange exchange) {
        return exchange.getMessage().getBody(Candidate.class).executionId();
      }
    };
  }

  private static byte[] bytes(Exchange exchange) {
    // Bytes and not text: a charset in the Content-Type would change how text is decoded.
    Object body = exchange.getMessage().getBody();
    if (body instanceof String text) {
      // Neither would a header.
      return text.getBytes(StandardCharsets.UTF_8);
    }
    byte[] bytes = exchange.getMessage().getBody(byte[].class);
    return bytes == null ? new byte[0] : bytes;
  }

  /** Makes a denial of what a gate threw, and of how far the request had come by then. */
  private CompletableFuture<Denial> deny(Exchange exchange) {
    Throwable thrown = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Reason reason = thrown instanceof Refusal refusal ? refusal.reason() : Reason.INTERNAL_ERROR;
    kernel().traffic().denied(reason);
    if (thrown instanceof Refusal refusal) {
      return kernel().denials().deny(refusal, exchange.getMessage().getBody());
    }
    LOG.error("a fault of the service itself", thrown);
    return CompletableFuture.completedFuture(Denial.undecided(Refusal.internalError()));
  }

  private static Processor page(Supplier<Answer> page) {
    return exchange -> exchange.getMessage().setBody(page.get());
  }

  /** A page for each path below its own, which is the body. */
  private static Processor below(Function<String, ?> page) {
    return exchange ->
        exchange
            .getMessage()
            .setBody(page.apply(new String(bytes(exchange), StandardCharsets.UTF_8)));
  }

  private ProducerTemplate producer() {
    if (producer == null) {
      throw new IllegalStateException("the routes have not started");
    }
    return producer;
  }

  /** Takes no new requests from now on. */
  public void refuseNew() {
    if (doors != null) {
      doors.close();
    }
    if (fileDoor != null) {
      fileDoor.close();
    }
    if (door != null) {
      door.refuseNew();
    }
  }

  /** Waits for the requests under way to be answered, for as long as given. */
  public void drain(Duration patience) {
    if (door != null) {
      door.drain(patience);
    }
  }

  /** Stops the routes and the server. */
  @Override
  public void close() {
    main.stop();
    pools.forEach(HikariDataSource::close);
    resources.brokers().forEach(ActionBroker::close);
    if (door != null) {
      door.close();
    }
  }
}
