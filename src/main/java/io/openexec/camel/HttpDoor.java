package io.openexec.camel;

import io.openexec.boundary.Refusal;
import io.openexec.execution.Answer;
import io.openexec.receipt.StrictJson;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.HttpEndpointModel;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpConstants;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConsumer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.spi.Registry;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server under Camel's platform-http: Camel's own listens before the routes stand, and
 * takes a port in use for a warning. This one is bound last, with the guard in front.
 */
final class HttpDoor implements AutoCloseable {
  private static final String ROUTER = "openexec-router";
  private static final int WORKERS = 64;
  private static final int MAX_UNDER_WAY = 1_024;
  private static final int IDLE_SECONDS = 120;
  private static final int[] STATUSES_OF_VERTX = {400, 404, 405, 406, 413, 415, 500};

  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setWorkerPoolSize(WORKERS).setUseDaemonThread(false));
  private final Router router = Router.router(vertx);
  private @Nullable HttpGuard guard;
  private @Nullable HttpServer server;

  /** Binds what platform-http endpoints look for in the registry. */
  HttpDoor(CamelContext context) {
    Registry registry = context.getRegistry();
    registry.bind(PlatformHttpConstants.PLATFORM_HTTP_ENGINE_NAME, new Engine());
    registry.bind(ROUTER, new Doors(vertx, router));
    // The guard checks the content type, and says what is wrong in our own shape.
    context
        .getComponent(
            PlatformHttpConstants.PLATFORM_HTTP_COMPONENT_NAME, PlatformHttpComponent.class)
        .setServerRequestValidation(false);
    for (int status : STATUSES_OF_VERTX) {
      router.errorHandler(status, HttpDoor::failed);
    }
  }

  /** Answers what failed between the guard and the route. */
  private static void failed(RoutingContext context) {
    Refusal refusal =
        switch (context.statusCode()) {
          case 413 -> Refusal.tooLarge(StrictJson.MAX_LENGTH);
          case 404, 405 -> Refusal.notFound();
          default -> Refusal.internalError();
        };
    if (!context.response().ended() && !context.response().headWritten()) {
      // What is left of the request is not worth reading.
      context.response().putHeader("Connection", "close");
      HttpGuard.write(context.response(), Answer.refusing(refusal));
    }
  }

  /**
   * Begins to listen, when the routes have started.
   *
   * @return the port
   * @throws IOException if it cannot
   */
  int listen(CamelContext context, String host, boolean loopback, int port) throws IOException {
    Map<String, HttpGuard.Resource> resources = new HashMap<>();
    PlatformHttpComponent component =
        context.getComponent(
            PlatformHttpConstants.PLATFORM_HTTP_COMPONENT_NAME, PlatformHttpComponent.class);
    for (HttpEndpointModel endpoint : component.getHttpEndpoints()) {
      List<String> methods =
          Arrays.stream(endpoint.getVerbs().split(",")).map(HttpGuard::method).toList();
      resources.put(
          endpoint.getUri(), new HttpGuard.Resource(methods, endpoint.getConsumes() != null));
    }
    guard = new HttpGuard(router, resources, loopback, MAX_UNDER_WAY);
    HttpServerOptions options =
        new HttpServerOptions().setIdleTimeout(IDLE_SECONDS).setHttp2ClearTextEnabled(false);
    try {
      server =
          vertx
              .createHttpServer(options)
              .requestHandler(guard)
              .listen(port, host)
              .toCompletionStage()
              .toCompletableFuture()
              .join();
    } catch (CompletionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    }
    return server.actualPort();
  }

  /** Refuses new requests, and waits for those under way to be answered, for as long as given. */
  void drain(Duration patience) {
    HttpGuard current = guard;
    if (current == null) {
      return;
    }
    current.drain();
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (current.underWay() > 0 && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (server != null) {
      server.close().toCompletionStage().toCompletableFuture().join();
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** The platform of platform-http. */
  private static final class Engine implements PlatformHttpEngine {
    @Override
    public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
      return new VertxPlatformHttpConsumer(endpoint, processor, List.of(), ROUTER);
    }
  }

  /** The router, with a body handler that bounds and never touches the disk. */
  private static final class Doors extends VertxPlatformHttpRouter {
    Doors(Vertx vertx, Router router) {
      super(null, vertx, router, ROUTER);
    }

    @Override
    public Handler<RoutingContext> bodyHandler() {
      return BodyHandler.create(false).setBodyLimit(StrictJson.MAX_LENGTH);
    }
  }
}
