package io.openexec.camel;

import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.ExecutionRequest;
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
import io.openexec.receipt.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Expression;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.DefaultMainShutdownStrategy;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.errorhandler.NoErrorHandlerDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ExpressionAdapter;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the kernel through the routes: binds the steps, loads the files, runs Camel. */
public final class Flow implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Flow.class);
  private static final String ROUTE_FILE = ".camel.yaml";
  private static final String ACTIONS = "actions";
  private static final String EXECUTE = "direct:execute";
  private static final List<String> ROUTES_OF_THE_FLOW =
      List.of(
          "execute",
          "gates",
          "rejections",
          "execute-with-retry",
          "execute-once",
          "receipts",
          "receipt-check",
          "http-execute",
          "http-verify-receipt",
          "http-index",
          "http-health",
          "http-ready",
          "http-version",
          "http-keys",
          "http-receipt",
          "http-ledger");

  private final Path folder;
  private final Hash digest;
  private final List<ActionFiles.Loaded> actionFiles;
  private final Main main = new Main();
  private volatile @Nullable Kernel kernel;
  private @Nullable ProducerTemplate producer;
  private @Nullable HttpDoor door;
  private @Nullable Doors doors;
  private final QueueDoor queue;

  private Flow(Path folder, Optional<QueueSettings> queue) {
    this.folder = folder;
    this.queue = new QueueDoor(queue);
    this.digest = digest(folder);
    this.actionFiles = ActionFiles.read(folder.resolve(ACTIONS), this::producer);
  }

  /**
   * Reads and checks the files of a folder; starts nothing yet.
   *
   * @param queue what the queue door is opened with, if it is
   * @throws IllegalArgumentException naming a file that is refused, and why, in one line
   */
  public static Flow read(Path folder, Optional<QueueSettings> queue) {
    return new Flow(folder, queue);
  }

  private static Hash digest(Path folder) {
    try {
      return RegistryDigest.of(folder);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "the routes in " + folder + " cannot be read: " + Errors.rootCause(e), e);
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
      ReceiptCheck receiptCheck) {}

  /** What the service says of itself, as the routes name it. */
  public record Pages(
      Supplier<Answer> index,
      Supplier<Answer> health,
      Supplier<Answer> ready,
      Supplier<Answer> version,
      Supplier<Answer> keys,
      Function<String, Answer> receipt,
      Function<String, Content> ledger) {}

  /**
   * Starts the routes; {@link #serve} says over what, before anything can come in.
   *
   * @param workers runs the steps of requests, which may read from the store
   * @throws Exception if they cannot start, or one that the flow needs is missing
   */
  public void start(Pages pages, Executor workers) throws Exception {
    configure();
    bind(pages);
    main.init();
    CamelContext context = main.getCamelContext();
    context.getCamelContextExtension().setErrorHandlerFactory(new NoErrorHandlerDefinition());
    context.addComponent(BuiltinComponent.SCHEME, new BuiltinComponent());
    door = new HttpDoor(context, workers);
    AnswerConverters.addTo(context.getTypeConverterRegistry());
    queue.define(context.getPropertiesComponent());
    for (Resource file : resources()) {
      load(context, file);
    }
    queue.addTo(context);
    for (String route : ROUTES_OF_THE_FLOW) {
      if (((ModelCamelContext) context).getRouteDefinition(route) == null) {
        throw new RouteFileRefused("no file in " + folder + " has the route " + route);
      }
    }
    if (!RegistryDigest.of(folder).equals(digest)) {
      throw new RouteFileRefused(folder + " was changed during the start; start again");
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
    Objects.requireNonNull(doors).open();
  }

  /** Returns what is wrong with the queue door, if it should be open and is not. */
  public Optional<String> queueProblem() {
    return queue.problem();
  }

  /**
   * Sends a request through the gates.
   *
   * @param request its bytes, as the body of a request over HTTP would be
   * @return the answer, which may be one that is not final
   */
  public CompletableFuture<Answer> execute(byte[] request) {
    ProducerTemplate template = producer();
    Endpoint gates = template.getCamelContext().getEndpoint(EXECUTE);
    Exchange exchange = gates.createExchange(ExchangePattern.InOut);
    exchange.getMessage().setBody(request);
    return template
        .asyncSend(gates, exchange)
        .thenApply(done -> done.getMessage().getBody(Answer.class));
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
    main.bind("parse", (Processor) Flow::parse);
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
    main.bind("answer", Step.of("answer", OnRecord.class, Answer::of));
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
    main.bind("keys", page(pages.keys()));
    main.bind("receipt", below(pages.receipt()));
    main.bind("ledger", below(pages.ledger()));
  }

  private static void parse(Exchange exchange) {
    exchange.getMessage().setBody(RequestParser.parse(bytes(exchange)));
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
    byte[] body = exchange.getMessage().getBody(byte[].class);
    return body == null ? new byte[0] : body;
  }

  /** Makes a denial of what a gate threw, and of how far the request had come by then. */
  private CompletableFuture<Denial> deny(Exchange exchange) {
    Throwable thrown = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
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

  /** Returns the flow's files, and the actions' exactly as they were checked. */
  private List<Resource> resources() throws IOException {
    List<Resource> resources = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(ROUTE_FILE)) {
          resources.add(ResourceHelper.fromBytes(name, Files.readAllBytes(file)));
        }
      }
    }
    actionFiles.forEach(file -> resources.add(file.route()));
    return resources;
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
    if (door != null) {
      door.close();
    }
  }
}
