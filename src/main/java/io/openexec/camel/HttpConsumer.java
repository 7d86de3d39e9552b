package io.openexec.camel;

import io.openexec.boundary.Refusal;
import io.openexec.execution.Answer;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer of platform-http that passes the body's bytes on and nothing else of the request (or,
 * where an endpoint stands for all that is below its path, what comes after that, undecoded), goes
 * on without a thread while an action runs, and writes the {@link Answer} that the route ends with.
 */
final class HttpConsumer extends VertxPlatformHttpConsumer {
  private static final Logger LOG = LoggerFactory.getLogger(HttpConsumer.class);

  private final Executor workers;
  private final Unsent unsent;
  private final LongConsumer duration;

  /**
   * Makes a consumer.
   *
   * @param workers where the route's steps run up to the first that is asynchronous
   * @param unsent writes the answers
   * @param duration is told how many nanoseconds each request took
   */
  HttpConsumer(
      PlatformHttpEndpoint endpoint,
      Processor processor,
      String router,
      Executor workers,
      Unsent unsent,
      LongConsumer duration) {
    super(endpoint, processor, List.of(), router);
    this.workers = workers;
    this.unsent = unsent;
    this.duration = duration;
  }

  @Override
  protected void handleRequest(RoutingContext request) {
    Arrival arrival = Arrival.of(request);
    arrival.complete();
    if (request.response().ended()) {
      arrival.leave();
      return;
    }
    Exchange exchange = createExchange(false);
    exchange.setPattern(ExchangePattern.InOut);
    Buffer body =
        getEndpoint().isMatchOnUriPrefix()
            ? Buffer.buffer(
                request.request().path().substring(getEndpoint().getPath().length() + 1))
            : request.body().buffer();
    Context context = request.vertx().getOrCreateContext();
    AtomicBoolean over = new AtomicBoolean();
    long begin = System.nanoTime();
    Runnable end =
        () -> {
          if (over.compareAndSet(false, true)) {
            duration.accept(System.nanoTime() - begin);
            Object answer = answer(exchange);
            doneUoW(exchange);
            releaseExchange(exchange, false);
            context.runOnContext(
                nothing -> {
                  if (!request.response().ended() && !request.response().closed()) {
                    unsent.write(request.request(), answer);
                  }
                  arrival.leave();
                });
          }
        };
    try {
      workers.execute(() -> process(exchange, body, end));
    } catch (RejectedExecutionException e) {
      exchange.setException(e);
      end.run();
    }
  }

  private void process(Exchange exchange, @Nullable Buffer body, Runnable end) {
    try {
      // Copied here and not before: whatever fails from here on ends the request, and its share of
      // the capacity is given back.
      exchange.getMessage().setBody(body == null ? new byte[0] : body.getBytes());
      createUoW(exchange);
      getAsyncProcessor().process(exchange, doneSync -> end.run());
    } catch (Exception | Error e) {
      exchange.setException(e);
      end.run();
    }
  }

  /** An {@link Answer}, or {@link Content}. */
  private static Object answer(Exchange exchange) {
    Object body = exchange.getMessage().getBody();
    if (exchange.getException() == null && (body instanceof Answer || body instanceof Content)) {
      return body;
    }
    LOG.error(
        "a route of this door ended without an answer: its last step has to be direct:execute, or"
            + " leave what that returned",
        exchange.getException());
    return Answer.refusing(Refusal.internalError());
  }
}
