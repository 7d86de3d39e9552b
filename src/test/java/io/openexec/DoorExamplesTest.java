package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The doors that the README shows are such as Camel takes, option for option. */
class DoorExamplesTest {

  private static String door(String scheme) throws Exception {
    return Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(Path.of("README.md")))
        .results()
        .map((MatchResult block) -> block.group(1))
        .filter(yaml -> yaml.startsWith("- route:") && yaml.contains("uri: " + scheme + ":"))
        // Kafka's producer wants a host that it can resolve.
        .map(yaml -> yaml.replace("kafka.example", "localhost"))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"kafka", "sftp"})
  void itLoads(String scheme) throws Exception {
    try (DefaultCamelContext context = new DefaultCamelContext()) {
      context.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              from("direct:execute-with-retry").setBody(constant("an answer"));
            }
          });
      PluginHelper.getRoutesLoader(context)
          .loadRoutes(
              ResourceHelper.fromBytes(
                  scheme + ".camel.yaml", door(scheme).getBytes(StandardCharsets.UTF_8)));
      // Built with all their endpoints, but for their connections.
      context.setAutoStartup(false);
      context.start();
      assertThat(context.getRoute(scheme).getEndpoint().getEndpointUri()).startsWith(scheme + ":");
    }
  }
}
