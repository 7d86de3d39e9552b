package io.openexec;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.witness.Witness;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;

/** What a witness serves: the checkpoint that it cosigned last, its key, and how it is doing. */
final class WitnessPages implements AutoCloseable {
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";
  private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);
  private static final int IDLE_SECONDS = 30;
  private static final int NOT_FOUND = 404;
  private static final int METHOD_NOT_ALLOWED = 405;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final Witness witness;
  private final HttpServer server;

  /**
   * Begins to serve.
   *
   * @param port 0 takes a free one
   * @throws IOException if it cannot listen there
   */
  WitnessPages(Witness witness, String host, int port) throws IOException {
    this.witness = witness;
    HttpServerOptions options =
        new HttpServerOptions().setIdleTimeout(IDLE_SECONDS).setHttp2ClearTextEnabled(false);
    try {
      server =
          vertx
              .createHttpServer(options)
              .requestHandler(this::answer)
              .listen(port, host)
              .toCompletionStage()
              .toCompletableFuture()
              .join();
    } catch (CompletionException e) {
      vertx.close().toCompletionStage().toCompletableFuture().join();
      throw new IOException(String.valueOf(e.getCause()), e);
    }
  }

  /** Returns the port. */
  int port() {
    return server.actualPort();
  }

  private void answer(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    if (!READING.contains(request.method())) {
      // Its body is not worth reading.
      response.setStatusCode(METHOD_NOT_ALLOWED).putHeader("Connection", "close");
      end(response.putHeader("Allow", "GET, HEAD"), TEXT, "only GET and HEAD\n");
      return;
    }
    switch (request.path()) {
      case "/" -> end(response, JSON, status() + "\n");
      case "/key" -> end(response, TEXT, witness.verifierKey().text() + "\n");
      case "/checkpoint" -> answerCheckpoint(response);
      default -> end(response.setStatusCode(NOT_FOUND), TEXT, "try /, /key or /checkpoint\n");
    }
  }

  private void answerCheckpoint(HttpServerResponse response) {
    Optional<VerifiedCheckpoint> cosigned = witness.status().cosigned();
    if (cosigned.isEmpty()) {
      end(response.setStatusCode(NOT_FOUND), TEXT, "nothing is cosigned yet\n");
    } else {
      end(response, TEXT, Buffer.buffer(cosigned.get().note().encode()));
    }
  }

  private ObjectNode status() {
    Witness.Status status = witness.status();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("service", "OpenExec witness").put("version", Status.VERSION);
    json.put("name", witness.verifierKey().name());
    json.putNull("checkpoint").putNull("refused");
    status.cosigned().ifPresent(cosigned -> json.set("checkpoint", checkpoint(cosigned)));
    status.refused().ifPresent(refused -> json.set("refused", refused(refused)));
    return json.put("evidence", status.evidence());
  }

  private static ObjectNode checkpoint(VerifiedCheckpoint cosigned) {
    long time = cosigned.cosignatures().get(0).time();
    return JsonNodeFactory.instance
        .objectNode()
        .put("origin", cosigned.checkpoint().origin())
        .put("size", cosigned.head().size())
        .put("root", cosigned.head().root().base64())
        .put("time", Instant.ofEpochSecond(time).toString());
  }

  private static ObjectNode refused(Witness.Refused refused) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("time", refused.time().toString())
        .put("kind", refused.why().kind().name().toLowerCase(Locale.ROOT))
        .put("reason", refused.why().getMessage());
  }

  private static void end(HttpServerResponse response, String type, String body) {
    end(response, type, Buffer.buffer(body));
  }

  private static void end(HttpServerResponse response, String type, Buffer body) {
    var unused =
        response
            .putHeader("Content-Type", type)
            .putHeader("Cache-Control", "no-store")
            .putHeader("X-Content-Type-Options", "nosniff")
            .end(body);
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
