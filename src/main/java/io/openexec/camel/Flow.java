package io.openexec.camel;

import io.openexec.boundary.ApprovalVerifier;
import io.openexec.execution.Action;
import io.openexec.execution.Admission;
import io.openexec.execution.Answer;
import io.openexec.execution.Denials;
import io.openexec.execution.Dispatcher;
import io.openexec.execution.Errors;
import io.openexec.execution.ExactlyOnce;
import io.openexec.execution.Patience;
import io.openexec.execution.ReceiptCheck;
import io.openexec.inbox.Inbox;
import io.openexec.metrics.Samples;
import io.openexec.metrics.Traffic;
import io.openexec.metrics.Traffic.Door;
import io.openexec.receipt.Hash;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.DefaultMainShutdownStrategy;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.errorhandler.NoErrorHandlerDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.jspecify.annotations.Nullable;

/** Carries the kernel through the routes: binds the steps, loads the files, runs Camel. */
public final class Flow implements AutoCloseable {
  private static final String EXECUTE = "execute-past-faults";
  private static final List<String> ROUTES_OF_THE_FLOW =
      List.of(
          "execute",
          "gates",
          "rejections",
          "execute-with-retry",
          "execute-once",
          "execute-past-faults",
          "execute-unless-fault",
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
  private final Secrets secrets;
  private final BoundResources resources;
  private final List<ActionFiles.Loaded> actionFiles;
  private final Main main = new Main();
  private final Capacity capacity = Capacity.ofHeap();
  private final Map<Exchange, CompletableFuture<Object>> unanswered = new ConcurrentHashMap<>();
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
    this.secrets = secrets;
    this.resources = new BoundResources(ActionResources.read(files.resources(), secrets));
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
    List<Resource> flow = files.flow();
    try {
      start(flow, pages, workers, http, inbox);
    } catch (Exception e) {
      throw hidden(e, flow);
    }
  }

  /** Camel quotes what it cannot use. */
  private static RouteFileRefused hidden(Exception e, List<Resource> flow) throws IOException {
    return new RouteFileRefused(Placeholders.hideValues(Errors.rootCause(e), flow));
  }

  private void start(
      List<Resource> flow, Pages pages, Executor workers, boolean http, Optional<Path> inbox)
      throws Exception {
    configure();
    new Steps(this::kernel).bindTo(main, pages);
    queue.bind(main);
    resources.bindTo(main);
    fileDoor =
        new FileDoor(
            inbox,
            () -> kernel().traffic().came(Door.FILE),
            request -> executeOnce(request, workers),
            capacity.forFiles());
    fileDoor.bindTo(main);
    main.init();
    CamelContext context = main.getCamelContext();
    FileDoor.prepare(context);
    context.getCamelContextExtension().setErrorHandlerFactory(new NoErrorHandlerDefinition());
    BoundResources.addComponentsTo(context);
    if (http) {
      door = new HttpDoor(context, workers, capacity, () -> kernel().traffic());
    }
    AnswerConverters.addTo(context.getTypeConverterRegistry());
    ExactNumbers.addTo(context.getTypeConverterRegistry());
    queue.define(context.getPropertiesComponent());
    SecretOptions secretOptions = SecretOptions.addTo(context, secrets);
    DoorGate gate = new DoorGate((ModelCamelContext) context);
    for (Resource file : flow) {
      if (gate.check(file)) {
        load(context, file);
      }
      gate.checkAdded(file.getLocation());
    }
    queue.addTo(context);
    for (ActionFiles.Loaded action : actionFiles) {
      load(context, action.route());
    }
    ActionSteps.watch((ModelCamelContext) context);
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
    secretOptions.checkTaken();
    producer = context.createProducerTemplate();
  }

  /**
   * Opens the doors that are not HTTP's: the consumers of the other routes.
   *
   * @throws Exception if one cannot start
   */
  public void openDoors() throws Exception {
    Objects.requireNonNull(fileDoor).open();
    try {
      Objects.requireNonNull(doors).open();
    } catch (Exception e) {
      throw hidden(e, files.flow());
    }
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
          queue.isConnected());
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
    CompletableFuture<Object> answer = template.asyncSend(direct, exchange).thenApply(Flow::answer);
    unanswered.put(exchange, answer);
    var unused = answer.whenComplete((done, error) -> unanswered.remove(exchange));
    return answer;
  }

  /** A try that was to come again, after a pause, is forgotten by Camel when it stops. */
  private void answerNobody() {
    unanswered.forEach(
        (exchange, answer) ->
            answer.completeExceptionally(
                new IllegalStateException("the service stopped before there was an answer")));
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
        .thenComposeAsync(
            bytes -> send(EXECUTE, bytes, Map.of(Steps.COUNTED, true, Steps.COMES_AGAIN, true)),
            workers)
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
    answerNobody();
    resources.close();
    if (door != null) {
      door.close();
    }
  }
}
