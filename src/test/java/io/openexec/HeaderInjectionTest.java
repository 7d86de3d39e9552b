package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.RawHttp;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.Exchange;
import org.apache.camel.component.file.FileConstants;
import org.apache.camel.component.sql.SqlConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Camel maps headers and query parameters to message headers, and its components obey those. */
class HeaderInjectionTest {
  private static final String PAYLOAD = "{\"id\":1}";

  @TempDir static Path directory;
  private static TestService.Setup setup;
  private static TestService service;
  private static String expected;
  private static int nonce;

  @BeforeAll
  static void start() {
    Path out = directory.resolve("out");
    setup =
        new TestService.Setup(directory)
            .action(
                "file",
                "description: writes the same file every time\nschema: {type: object}\n",
                "setBody: {simple: '{\"wrote\": ${body[id]}}'}",
                "to: \"file:" + out + "?fileName=result.json\"");
    service = setup.start();
    Reply reply = service.requests().execute("file", PAYLOAD, "clean");
    assertThat(reply.status()).isEqualTo(200);
    expected = reply.json().path("result").toString();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  /** Every constant of Camel's that names a header, and those of neighbours. */
  static Set<String> controlHeaders() throws IllegalAccessException {
    Set<String> names =
        new TreeSet<>(
            List.of(
                "CamelHttpUri",
                "CamelHttpPath",
                "CamelHttpQuery",
                "CamelHttpMethod",
                "CamelHttpResponseCode",
                "CamelFileName",
                "CamelOverruleFileName",
                "CamelFileNameProduced",
                "CamelBeanMethodName",
                "CamelExecCommandExecutable",
                "CamelSqlQuery",
                "CamelJmsDestinationName",
                "JMSDestination",
                "JMSReplyTo",
                "kafka.OVERRIDE_TOPIC",
                "kafka.KEY",
                "CamelToEndpoint",
                "CamelSlipEndpoint",
                "CamelRecipientListEndpoint",
                "CamelDuplicateMessage",
                "CamelMessageHistory",
                "CamelRouteStop",
                "CamelExceptionCaught",
                "CamelCharsetName",
                "CamelLanguageScript",
                "CamelVelocityTemplate",
                "CamelSchedulerName",
                "CamelAuthentication",
                "breadcrumbId",
                "exchangeId",
                "org.apache.camel.Exchange",
                "Authorization",
                "CamelSaga",
                "Long-Running-Action",
                "CamelValidatorSchema",
                "CamelRestHttpUri"));
    for (Class<?> constants : List.of(Exchange.class, FileConstants.class, SqlConstants.class)) {
      for (Field field : constants.getFields()) {
        if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
          String name = (String) field.get(null);
          if (name.matches("[A-Za-z0-9._-]+")
              // Those frame the request itself.
              && !name.startsWith("Content-")
              && !name.equals("Transfer-Encoding")) {
            names.add(name);
          }
        }
      }
    }
    return names;
  }

  static List<String> spellings(String name) {
    StringBuilder mixed = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      mixed.append(i % 2 == 0 ? Character.toUpperCase(c) : Character.toLowerCase(c));
    }
    return List.of(name, mixed.toString());
  }

  @Test
  void noControlHeaderAndNoQueryParameterChangesAnything() throws Exception {
    String evil = directory.resolve("evil").toString();
    int requests = 0;
    for (String name : controlHeaders()) {
      for (String spelling : spellings(name)) {
        for (String value : List.of(evil, "direct:actions/echo")) {
          assertUnchanged("/execute", spelling + ": " + value);
          String query =
              URLEncoder.encode(spelling, StandardCharsets.UTF_8)
                  + "="
                  + URLEncoder.encode(value, StandardCharsets.UTF_8);
          assertUnchanged("/execute?" + query, "X-Nothing: x");
          requests += 2;
        }
      }
    }
    assertThat(requests).isGreaterThan(800);
    assertThat(Files.exists(Path.of(evil))).isFalse();
    try (var files = Files.list(directory.resolve("out"))) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactly("result.json");
    }
  }

  private static void assertUnchanged(String target, String header) throws IOException {
    String n = "h" + nonce++;
    Reply reply =
        RawHttp.sendBody(
            service.port(),
            "POST " + target + " HTTP/1.1",
            Requests.body("file", PAYLOAD, n, null),
            "Host: localhost",
            "Content-Type: application/json",
            header);
    assertThat(reply.status()).as(target + " " + header + " " + reply.text()).isEqualTo(200);
    assertThat(reply.json().path("result")).hasToString(expected);
    assertThat(reply.replayed()).isFalse();
    List<String> names = new ArrayList<>(reply.http().headers().map().keySet());
    names.replaceAll(name -> name.toLowerCase(Locale.ROOT));
    assertThat(names)
        .as(target + " " + header)
        .containsExactlyInAnyOrder(
            "cache-control",
            "content-length",
            "content-type",
            "x-content-type-options",
            "connection");
  }

  @Test
  void theFlowDropsEveryHeaderFirst() throws IOException {
    try (InputStream in = Files.newInputStream(TestService.ROUTES.resolve("execute.camel.yaml"))) {
      String flow = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(flow.indexOf("removeHeaders: {pattern: \"*\"}"))
          .isPositive()
          .isLessThan(flow.indexOf("process:"));
    }
  }
}
