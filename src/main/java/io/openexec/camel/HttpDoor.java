package io.openexec.camel;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.execution.Answer;
import io.openexec.metrics.Traffic;
import io.openexec.receipt.StrictJson;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.HttpEndpointModel;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpConstants;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.spi.Registry;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server under Camel's platform-http: Camel's own listens before the routes stand, and
 * takes a port in use for a warning. This one is bound last, with the guard in front.
 */
final class HttpDoor implements AutoCloseable {
  private static final String ROUTER = "openexec-router";
  private static final String EXECUTE = "/execute";
  private static final int STATUS_WORKERS = 4;
  private static final int MAX_CONNECTIONS = 4_096;
  private static final int IDLE_SECONDS = 120;
  private static final int[] STATUSES_OF_VERTX = {400, 404, 405, 406, 408, 413, 415, 417, 500};

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setWorkerPoolSize(1));
  private final Executor workers;
  private final Supplier<Traffic> traffic;
  private final int mostConnections = (int) Math.min(MAX_CONNECTIONS, openFiles() / 2);
  private final AtomicInteger connections = new AtomicInteger();
  // Whatever the workers do, the status pages answer.
  private final ExecutorService statusWorkers =
      Executors.newFixedThreadPool(STATUS_WORKERS, task -> new Thread(task, "openexec-status"));
  private final Router router = Router.router(vertx);
  private final Unsent unsent = new Unsent(vertx);
  private final Capacity capacity;
  private final Set<String> paths = ConcurrentHashMap.newKeySet();
  private @Nullable HttpGuard guard;
  private @Nullable HttpServer server;

  /**
   * Binds what platform-http endpoints look for in the registry.
   *
   * @param workers where the routes' steps run, up to the first that is asynchronous
   * @param capacity what all doors have room for
   * @param traffic counts, when requests come
   */
  HttpDoor(CamelContext context, Executor workers, Capacity capacity, Supplier<Traffic> traffic) {
    this.workers = workers;
    this.capacity = capacity;
    this.traffic = traffic;
    Registry registry = context.getRegistry();
    registry.bind(
        PlatformHttpConstants.PLATFORM_HTTP_ENGINE_NAME, (PlatformHttpEngine) this::consumer);
    registry.bind(ROUTER, new Doors());
    // The guard checks the content type, and says what is wrong in our own shape.
    component(context).setServerRequestValidation(false);
    for (int status : STATUSES_OF_VERTX) {
      router.errorHandler(status, this::failed);
    }
  }

  private static PlatformHttpComponent component(CamelContext context) {
    return context.getComponent(
        PlatformHttpConstants.PLATFORM_HTTP_COMPONENT_NAME, PlatformHttpComponent.class);
  }

  private PlatformHttpConsumer consumer(PlatformHttpEndpoint endpoint, Processor processor) {
    check(endpoint);
    boolean status = endpoint.getConsumes() == null;
    LongConsumer duration =
        endpoint.getPath().equals(EXECUTE)
            ? nanos -> traffic.get().executedWithin(nanos)
            : nanos -> {};
    return new HttpConsumer(
        endpoint, processor, ROUTER, status ? statusWorkers : workers, unsent, duration);
  }

  /** The guard knows fixed paths, and refuses other methods than those. */
  private void check(PlatformHttpEndpoint endpoint) {
    String door = "platform-http:" + endpoint.getPath();
    if (endpoint.getHttpMethodRestrict() == null) {
      throw new IllegalArgumentException(door + " lacks httpMethodRestrict, such as POST");
    }
    if (endpoint.getPath().contains("{")) {
      throw new IllegalArgumentException(
          door + " has a parameter: a door has a fixed path, and takes the body alone");
    }
    if (!endpoint.getHttpMethodRestrict().equals("GET")
        && !String.valueOf(endpoint.getConsumes()).contains("application/json")) {
      throw new IllegalArgumentException(door + " lacks consumes: application/json");
    }
    if (!paths.add(endpoint.getPath())) {
      throw new IllegalArgumentException(door + " is there twice: a path has one route");
    }
  }

  /** Answers what failed between the guard and the route. */
  private void failed(RoutingContext request) {
    Refusal refusal =
        switch (request.statusCode()) {
          case 408 -> Refusal.bodyTooSlow();
          case 413 -> Refusal.tooLarge(StrictJson.MAX_LENGTH);
          case 417 -> Refusal.expectationFailed();
          case 500 -> Refusal.internalError();
          default -> Refusal.badRequest();
        };
    if (!request.response().ended() && !request.response().headWritten()) {
      // What is left of the request is not worth reading.
      request.response().putHeader("Connection", "close");
      refused(refusal.reason());
      var unused = HttpGuard.write(request.response(), Answer.refusing(refusal));
      if (refusal.reason() == Reason.REQUEST_TIMEOUT) {
        // Else the server would wait for the rest of the body after all.
        var unusedClose = request.request().connection().close();
      }
    }
  }

  /** Answers what the HTTP decoder could not make sense of. */
  private void invalid(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    Refusal refusal =
        cause instanceof TooLongHttpLineException
            ? Refusal.uriTooLong()
            : cause instanceof TooLongHttpHeaderException
                ? Refusal.headersTooLarge()
                : Refusal.badRequest();
    refused(refusal.reason());
    request.response().putHeader("Connection", "close");
    var unused = HttpGuard.write(request.response(), Answer.refusing(refusal));
    request.connection().close();
  }

  private void refused(Reason reason) {
    traffic.get().refusedByHttp(reason);
  }

  private void connected(HttpConnection connection) {
    connection.closeHandler(closed -> connections.decrementAndGet());
    if (connections.incrementAndGet() > mostConnections) {
      // Else they would take the files that the record needs.
      var unused = connection.close();
    }
  }

  /** Returns how many files and connections the process may have open. */
  private static long openFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }

  /** Returns how many connections are open. */
  int connections() {
    return connections.get();
  }

  /** Returns how many requests with a body are under way. */
  int underWay() {
    return capacity.underWay();
  }

  /**
   * Begins to listen, when the routes have started.
   *
   * @return the port
   * @throws IOException if it cannot
   */
  int listen(CamelContext context, String host, boolean loopback, int port) throws IOException {
    guard = new HttpGuard(router, resources(context), loopback, this::refused);
    HttpServerOptions options =
        new HttpServerOptions().setIdleTimeout(IDLE_SECONDS).setHttp2ClearTextEnabled(false);
    try {
      server =
          vertx
              .createHttpServer(options)
              .requestHandler(guard)
              .invalidRequestHandler(this::invalid)
              .connectionHandler(this::connected)
              .listen(port, host)
              .toCompletionStage()
              .toCompletableFuture()
              .join();
    } catch (CompletionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    }
    return server.actualPort();
  }

  private static Map<String, HttpGuard.Resource> resources(CamelContext context) {
    Map<String, HttpGuard.Resource> resources = new HashMap<>();
    for (HttpEndpointModel endpoint : component(context).getHttpEndpoints()) {
      List<String> methods =
          Arrays.stream(endpoint.getVerbs().split(",", -1))
              .map(verb -> verb.strip().toUpperCase(Locale.ROOT))
              .toList();
      resources.put(
          endpoint.getUri(),
          new HttpGuard.Resource(
              methods,
              endpoint.getConsumes() != null,
              ((HttpConsumer) endpoint.getConsumer()).getEndpoint().isMatchOnUriPrefix()));
    }
    return resources;
  }

  /** Refuses new requests from now on. */
  void refuseNew() {
    if (guard != null) {
      guard.drain();
    }
  }

  /** Waits for the requests under way to be answered, for as long as given. */
  void drain(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (capacity.underWay() > 0 && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends listening; what is under way goes on. */
  void stopListening() {
    HttpServer listening = server;
    server = null;
    if (listening != null) {
      listening.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @Override
  public void close() {
    stopListening();
    statusWorkers.shutdown();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** The router, with a body handler that bounds what it reads and never touches the disk. */
  private final class Doors extends VertxPlatformHttpRouter {
    Doors() {
      super(null, HttpDoor.this.vertx, router, ROUTER);
    }

    @Override
    public Handler<RoutingContext> bodyHandler() {
      BodyHandler reader = BodyHandler.create(false).setBodyLimit(StrictJson.MAX_LENGTH);
      return request -> {
        if (request.request().method().equals(HttpMethod.GET)) {
          Arrival.withoutBody(request);
          request.next();
        } else if (Arrival.withBody(request, capacity)) {
          reader.handle(request);
        } else {
          refused(Reason.OVERLOADED);
          var unused = HttpGuard.write(request.response(), Answer.refusing(Refusal.overloaded()));
        }
      };
    }
  }
}
