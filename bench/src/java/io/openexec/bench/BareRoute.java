package io.openexec.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpConstants;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.main.Main;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/**
 * What everything is compared with: a Camel route on the same HTTP stack that parses a request and
 * gives an answer of the same size, and does nothing else.
 *
 * <p>Camel's own consumer hands each request to a worker thread. A route that never blocks does
 * without, and is answered nearly twice as fast from the event loop: that is the fastest that this
 * stack allows, so that is what counts. With the argument {@code workers} it runs as Camel has it.
 */
public final class BareRoute {
  /** As long as the answer to an execution, and constant. */
  static final byte[] ANSWER =
      ("{\"id\":\"00000000-0000-8000-8000-000000000000\",\"action\":\"echo\",\"result\":"
              + "{\"echo\": {\"msg\": \"000000000000000000000000\"}},\"approved\":true,\"receipt\":\""
              + "0".repeat(64)
              + "\"}")
          .getBytes(StandardCharsets.UTF_8);

  private static final JsonMapper JSON = new JsonMapper();

  /** The argument that has it run as Camel's own consumer does: each request on a worker thread. */
  public static final String WORKERS = "workers";

  private static final String ROUTE =
      """
      - route:
          from:
            uri: platform-http:/execute
            parameters: {httpMethodRestrict: POST, consumes: application/json}
            steps:
              - process: {ref: answer}
      """;

  private BareRoute() {}

  /** Runs it on a free port until it is killed. */
  public static void main(String[] args) throws Exception {
    Main main = new Main();
    main.setDefaultPropertyPlaceholderLocation("false");
    main.configure().setRoutesIncludePattern("false");
    boolean workers = List.of(args).contains(WORKERS);
    // Of all kinds of body, Camel's own consumer sends a ByteBuffer with the least work.
    main.bind("answer", (Processor) e -> answer(e, workers ? ByteBuffer.wrap(ANSWER) : ANSWER));
    if (!workers) {
      main.bind(
          PlatformHttpConstants.PLATFORM_HTTP_ENGINE_NAME,
          (PlatformHttpEngine) EventLoopConsumer::new);
    }
    main.init();
    VertxPlatformHttpServerConfiguration http = new VertxPlatformHttpServerConfiguration();
    http.setBindHost("127.0.0.1");
    http.setBindPort(0);
    VertxPlatformHttpServer server = new VertxPlatformHttpServer(http);
    main.getCamelContext().addService(server);
    PluginHelper.getRoutesLoader(main.getCamelContext())
        .loadRoutes(
            ResourceHelper.fromBytes("bare.camel.yaml", ROUTE.getBytes(StandardCharsets.UTF_8)));
    main.start();
    System.out.println("bare route ready on http://127.0.0.1:" + server.getPort());
  }

  private static void answer(Exchange exchange, Object answer) throws IOException {
    JsonNode request = JSON.readTree(exchange.getMessage().getBody(byte[].class));
    if (!request.isObject()) {
      throw new IllegalArgumentException("not an object");
    }
    exchange.getMessage().setBody(answer);
  }
}
