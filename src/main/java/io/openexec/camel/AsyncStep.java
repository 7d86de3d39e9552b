package io.openexec.camel;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Step} whose result comes later: the route holds no thread meanwhile, and goes on in the
 * thread that brings it.
 */
final class AsyncStep<O> extends AsyncProcessorSupport {
  private final Function<Exchange, CompletableFuture<O>> gate;

  private AsyncStep(Function<Exchange, CompletableFuture<O>> gate) {
    this.gate = gate;
  }

  static <I, O> AsyncStep<O> of(
      String name, Class<I> takes, Function<I, CompletableFuture<O>> gate) {
    return new AsyncStep<>(exchange -> gate.apply(Step.body(name, exchange, takes)));
  }

  /** A step that has to look at more than the body. */
  static <O> AsyncStep<O> ofExchange(Function<Exchange, CompletableFuture<O>> gate) {
    return new AsyncStep<>(gate);
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    CompletableFuture<O> result;
    try {
      result = gate.apply(exchange);
    } catch (RuntimeException | Error e) {
      // An asynchronous step that throws leaves its exchange in flight for ever.
      exchange.setException(e);
      callback.done(true);
      return true;
    }
    boolean sync = result.isDone();
    var unused =
        result.whenComplete(
            (value, error) -> {
              end(exchange, value, error);
              callback.done(sync);
            });
    return sync;
  }

  private static void end(Exchange exchange, @Nullable Object value, @Nullable Throwable error) {
    if (error == null) {
      exchange.getMessage().setBody(value);
    } else {
      exchange.setException(
          error instanceof CompletionException && error.getCause() != null
              ? error.getCause()
              : error);
    }
  }
}
