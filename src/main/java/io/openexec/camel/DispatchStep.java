package io.openexec.camel;

import io.openexec.execution.Claim.Admitted;
import io.openexec.execution.Dispatcher;
import io.openexec.execution.Executed;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/** Gate 5 as a step: the route goes on when the action has ended, in the thread that ended it. */
final class DispatchStep extends AsyncProcessorSupport {
  private final Dispatcher dispatcher;

  DispatchStep(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    CompletableFuture<Executed> executed;
    try {
      executed = dispatcher.dispatch(Step.body("dispatch", exchange, Admitted.class));
    } catch (RuntimeException | Error e) {
      // An asynchronous step that throws leaves its exchange in flight for ever.
      exchange.setException(e);
      callback.done(true);
      return true;
    }
    if (executed.isDone()) {
      exchange.getMessage().setBody(executed.join());
      callback.done(true);
      return true;
    }
    var unused =
        executed.whenComplete(
            (outcome, error) -> {
              if (error == null) {
                exchange.getMessage().setBody(outcome);
              } else {
                exchange.setException(error);
              }
              callback.done(false);
            });
    return false;
  }
}
