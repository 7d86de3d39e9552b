package io.openexec.testing;

import java.nio.charset.StandardCharsets;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.main.Main;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/** The least that answers JSON on the same stack, to compare a start with. */
public final class BareRoute {
  private static final String ROUTE =
      """
      - route:
          from:
            uri: platform-http:/execute
            parameters: {httpMethodRestrict: POST, consumes: application/json}
            steps:
              - unmarshal: {json: {library: Jackson}}
              - setBody: {constant: '{"ok":true}'}
      """;

  private BareRoute() {}

  public static void main(String[] args) throws Exception {
    Main main = new Main();
    main.setDefaultPropertyPlaceholderLocation("false");
    main.configure().setRoutesIncludePattern("false");
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
}
