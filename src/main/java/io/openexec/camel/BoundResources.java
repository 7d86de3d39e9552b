package io.openexec.camel;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.main.Main;

/** What actions reach out with, open: under the names and the schemes that endpoints use. */
final class BoundResources implements AutoCloseable {
  private final ActionResources resources;
  private final List<HikariDataSource> pools = new ArrayList<>();

  BoundResources(ActionResources resources) {
    this.resources = resources;
  }

  /**
   * Opens what is declared, and binds it; brokers may be away.
   *
   * @throws SQLException if a database cannot be used, in one line and without a secret
   * @throws RouteFileRefused if a name is taken
   */
  void bindTo(Main main) throws SQLException, RouteFileRefused {
    for (ActionDatabase database : resources.databases()) {
      requireFree(main, database.name(), database);
      HikariDataSource pool = database.open();
      pools.add(pool);
      main.bind(database.name(), pool);
    }
    for (HttpCredentials credentials : resources.credentials()) {
      requireFree(main, credentials.name(), credentials);
      main.bind(credentials.name(), credentials);
    }
    for (ActionBroker broker : resources.brokers()) {
      requireFree(main, broker.name(), broker);
      main.bind(broker.name(), broker.connections());
    }
  }

  private static void requireFree(Main main, String name, Object resource) throws RouteFileRefused {
    if (main.lookup(name, Object.class) != null) {
      throw new RouteFileRefused(
          resource + ": the name is one of OpenExec's own, or there twice; choose another one");
    }
  }

  /** Adds the components of actions that are OpenExec's own, or set up by it. */
  static void addComponentsTo(CamelContext context) {
    context.addComponent(BuiltinComponent.SCHEME, new BuiltinComponent());
    context.addComponent("sql", new ActionSql());
    for (String scheme : ActionHttpGate.SCHEMES) {
      // Made when the first endpoint asks for it: most services call nothing over HTTP.
      context.getRegistry().bind(scheme, Component.class, () -> new ActionHttp());
    }
    for (String scheme : ActionQueueGate.SCHEMES) {
      context
          .getRegistry()
          .bind(scheme, Component.class, () -> new ActionQueue(scheme.equals("amqp")));
    }
  }

  @Override
  public void close() {
    pools.forEach(HikariDataSource::close);
    resources.brokers().forEach(ActionBroker::close);
  }
}
