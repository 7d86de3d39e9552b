package io.openexec.camel;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.camel.Route;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.NodeIdFactory;
import org.apache.camel.support.service.ServiceHelper;

/**
 * The consumers by which requests come in, but for HTTP's: nothing comes in by them before the
 * service is ready, and nothing new while it stops.
 */
final class Doors {
  private static final Set<String> WITHIN = Set.of("direct", "platform-http");

  private final ModelCamelContext context;
  private final List<String> routes;

  private Doors(ModelCamelContext context, List<String> routes) {
    this.context = context;
    this.routes = routes;
  }

  /** Keeps the doors of a context, which has not started, from starting with it. */
  static Doors closed(ModelCamelContext context) {
    List<String> routes = new ArrayList<>();
    for (RouteDefinition route : context.getRouteDefinitions()) {
      String scheme = route.getInput().getEndpointUri().split(":", 2)[0];
      // As Camel reads it, with its placeholders.
      boolean opens =
          route.getAutoStartup() == null
              || Boolean.parseBoolean(context.resolvePropertyPlaceholders(route.getAutoStartup()));
      if (!WITHIN.contains(scheme) && opens) {
        route.setAutoStartup("false");
        routes.add(
            route.idOrCreate(
                context.getCamelContextExtension().getContextPlugin(NodeIdFactory.class)));
      }
    }
    return new Doors(context, routes);
  }

  /**
   * Opens them.
   *
   * @throws Exception if one cannot start
   */
  void open() throws Exception {
    for (String route : routes) {
      context.getRouteController().startRoute(route);
    }
  }

  /** Takes nothing new in. What is under way goes on. */
  void close() {
    for (String id : routes) {
      Route route = context.getRoute(id);
      if (route != null) {
        ServiceHelper.suspendService(route.getConsumer());
      }
    }
  }
}
