package io.openexec.bench;

import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConsumer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;

/** Runs a route that never blocks on the thread that read the request. */
final class EventLoopConsumer extends VertxPlatformHttpConsumer {
  private static final int FAILED = 500;

  EventLoopConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
    // The server asks for port 0, and its router is named after that.
    super(endpoint, processor, List.of(), VertxPlatformHttpRouter.getRouterNameFromPort(0));
  }

  @Override
  protected void handleRequest(RoutingContext request) {
    Exchange exchange = createExchange(false);
    exchange.setPattern(ExchangePattern.InOut);
    exchange.getMessage().setBody(request.body().buffer().getBytes());
    try {
      createUoW(exchange);
    } catch (Exception e) {
      request.fail(FAILED, e);
      return;
    }
    getAsyncProcessor().process(exchange, doneSync -> answer(request, exchange));
  }

  private void answer(RoutingContext request, Exchange exchange) {
    if (exchange.getException() != null) {
      request.fail(FAILED, exchange.getException());
    } else {
      byte[] body = exchange.getMessage().getBody(byte[].class);
      var unused =
          request.response().putHeader("Content-Type", "application/json").end(Buffer.buffer(body));
    }
    doneUoW(exchange);
    releaseExchange(exchange, false);
  }
}
