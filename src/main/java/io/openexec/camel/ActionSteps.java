package io.openexec.camel;

import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.EndpointAware;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.component.sql.DefaultSqlEndpoint;
import org.apache.camel.component.sql.stored.SqlStoredEndpoint;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.model.ThrowExceptionDefinition;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Tells the {@link Effects} of an execution what the steps of its route do, whatever component they
 * use: each {@code to} that may take effect, and each {@code throwException}. What is no execution
 * has none, and gets past no step.
 */
final class ActionSteps implements InterceptStrategy {
  private ActionSteps() {}

  /** Watches the routes of the actions of a context, which has not started. */
  static void watch(ModelCamelContext context) {
    for (RouteDefinition route : context.getRouteDefinitions()) {
      if (route.getInput().getEndpointUri().startsWith(ActionFiles.ROUTES)) {
        route.addInterceptStrategy(new ActionSteps());
      }
    }
  }

  @Override
  public Processor wrapProcessorInInterceptors(
      CamelContext context, NamedNode step, Processor target, @Nullable Processor next) {
    if (step instanceof SendDefinition && mayTakeEffect(target)) {
      return new Outgoing(target, mayProve(target));
    }
    if (step instanceof ThrowExceptionDefinition) {
      return new Meant(target);
    }
    return new Guarded(target);
  }

  /** Any step: what did not come through the gates does not get past it, whoever sent it. */
  private static class Guarded extends DelegateAsyncProcessor {
    Guarded(Processor target) {
      super(target);
    }

    @Override
    public final boolean process(Exchange exchange, AsyncCallback callback) {
      Effects effects = Effects.of(exchange);
      if (effects == null) {
        exchange.setException(
            new IllegalStateException(
                "an action is executed by the gates only: send the request to direct:execute"));
        callback.done(true);
        return true;
      }
      return process(exchange, effects, callback);
    }

    boolean process(Exchange exchange, Effects effects, AsyncCallback callback) {
      return super.process(exchange, callback);
    }
  }

  /** All may but those that are known not to. */
  private static boolean mayTakeEffect(Processor target) {
    Endpoint endpoint = target instanceof EndpointAware step ? step.getEndpoint() : null;
    boolean builtin =
        endpoint instanceof DefaultEndpoint known
            && known.getComponent() instanceof BuiltinComponent;
    boolean reads =
        endpoint instanceof DefaultSqlEndpoint sql
            && sql.getJdbcTemplate().getDataSource() instanceof ActionDatabase.ReadOnlyPool;
    return !builtin && !reads;
  }

  /** What a stored procedure did may be committed when it fails, or its answer cannot be read. */
  private static boolean mayProve(Processor target) {
    return !(target instanceof EndpointAware step
        && step.getEndpoint() instanceof SqlStoredEndpoint);
  }

  private static final class Outgoing extends Guarded {
    private final boolean mayProve;

    Outgoing(Processor target, boolean mayProve) {
      super(target);
      this.mayProve = mayProve;
    }

    @Override
    boolean process(Exchange exchange, Effects effects, AsyncCallback callback) {
      try {
        effects.begin();
      } catch (NotConnected e) {
        exchange.setException(e);
        callback.done(true);
        return true;
      }
      return effects.during(
          () ->
              super.process(
                  exchange,
                  effects,
                  sync -> {
                    if (mayProve && exchange.getException() != null) {
                      effects.raised(exchange.getException());
                    }
                    callback.done(sync);
                  }));
    }
  }

  private static final class Meant extends Guarded {
    Meant(Processor target) {
      super(target);
    }

    @Override
    boolean process(Exchange exchange, Effects effects, AsyncCallback callback) {
      return super.process(
          exchange,
          effects,
          sync -> {
            if (exchange.getException() != null) {
              effects.meant(exchange.getException());
            }
            callback.done(sync);
          });
    }
  }
}
