package io.openexec.component;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Requests;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** OpenExec in somebody else's Camel application. */
class OpenExecComponentTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Path ACTIONS = Path.of("routes/actions").toAbsolutePath();

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private final Main host = new Main();

  @BeforeEach
  void configure() {
    set("actions", ACTIONS.toString());
    set("databaseUrl", "sqlite:///" + directory.resolve("openexec.db"));
    set("mode", "clawshield");
    set("publicKey", approver.pem());
    set("tenantId", Approver.TENANT);
  }

  @AfterEach
  void stop() {
    host.stop();
  }

  private void set(String property, String value) {
    host.addInitialProperty("camel.component.openexec." + property, value);
  }

  private ProducerTemplate start(String uri) throws Exception {
    host.configure()
        .addRoutesBuilder(
            new RouteBuilder() {
              @Override
              public void configure() {
                // What the application does to its own routes does not reach the gates.
                interceptFrom("direct:gates").stop();
                interceptSendToEndpoint("direct:*").skipSendToOriginalEndpoint().stop();
                from("seda:in").to(uri);
              }
            });
    host.start();
    return host.getCamelContext().createProducerTemplate();
  }

  private static Exchange send(
      ProducerTemplate template, Object body, Map<String, Object> headers) {
    return template.request(
        "seda:in?timeout=20000",
        exchange -> {
          exchange.getMessage().setBody(body);
          exchange.getMessage().setHeaders(new HashMap<>(headers));
        });
  }

  private static JsonNode json(Exchange answered) throws Exception {
    assertThat(answered.getException()).isNull();
    return MAPPER.readTree(answered.getMessage().getBody(String.class));
  }

  private static int status(Exchange answered) {
    return answered.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
  }

  @Test
  void executesWhatIsApprovedOnceAndAnswersReplays() throws Exception {
    ProducerTemplate template = start("openexec:execute");
    String body = Requests.body("echo", "{}", "n", approver.approve("echo", "{}"));
    Exchange first = send(template, body, Map.of("mine", "stays"));
    assertThat(status(first)).isEqualTo(200);
    assertThat(json(first).path("evidence").isTextual()).isTrue();
    assertThat(first.getMessage().getHeader("mine")).isEqualTo("stays");
    assertThat(first.getMessage().getHeader("Content-Type")).isEqualTo("application/json");
    assertThat(first.getMessage().getHeader("Idempotent-Replayed")).isNull();

    Exchange again = send(template, body.getBytes(StandardCharsets.UTF_8), Map.of());
    assertThat(json(again)).isEqualTo(json(first));
    assertThat(again.getMessage().getHeader("Idempotent-Replayed")).isEqualTo(true);
  }

  @Test
  void theRouteGoesOnInItsOwnThreadAndMayAskAgain() throws Exception {
    CountDownLatch done = new CountDownLatch(32);
    host.configure()
        .addRoutesBuilder(
            new RouteBuilder() {
              @Override
              public void configure() {
                from("seda:twice?concurrentConsumers=32")
                    .to("openexec:execute")
                    .setBody(exchangeProperty("second"))
                    .process(exchange -> assertThat(thread()).contains("seda"))
                    .process(
                        exchange ->
                            getContext()
                                .createProducerTemplate()
                                .requestBody("openexec:execute", exchange.getMessage().getBody()))
                    .process(exchange -> done.countDown());
              }
            });
    host.start();
    ProducerTemplate template = host.getCamelContext().createProducerTemplate();
    for (int i = 0; i < 32; i++) {
      String second = Requests.body("echo", "{}", "b" + i, approver.approve("echo", "{}"));
      template.send(
          "seda:twice?waitForTaskToComplete=Never",
          exchange -> {
            exchange.setProperty("second", second);
            exchange.getMessage().setBody("{}");
          });
    }
    assertThat(done.await(15, TimeUnit.SECONDS)).isTrue();
  }

  private static String thread() {
    return Thread.currentThread().getName();
  }

  @Test
  void aRefusalIsAnAnswer() throws Exception {
    ProducerTemplate template = start("openexec:execute");
    Exchange refused =
        send(template, "{\"action\":\"echo\",\"payload\":{},\"nonce\":\"n\"}", Map.of());
    assertThat(status(refused)).isEqualTo(403);
    assertThat(json(refused).path("code").asText()).isEqualTo("approval_missing");
    assertThat(refused.getMessage().getHeader("Content-Type"))
        .isEqualTo("application/problem+json");
    assertThat(status(send(template, null, Map.of()))).as("no body").isEqualTo(422);
    Exchange map = send(template, Map.of("action", "top secret"), Map.of());
    assertThat(status(map)).isEqualTo(422);
    assertThat(json(map).path("detail").asText())
        .contains("marshal")
        .contains("Map")
        .doesNotContain("secret");
  }

  @Test
  void headersOfTheApplicationDecideNothing() throws Exception {
    ProducerTemplate template = start("openexec:execute");
    Exchange refused =
        send(
            template,
            "{\"action\":\"echo\",\"payload\":{},\"nonce\":\"n\"}",
            Map.of("approved", true, "CamelHttpResponseCode", 200, "tenant", Approver.TENANT));
    assertThat(status(refused)).isEqualTo(403);
  }

  /** Each holds the same text. */
  private static List<Object> bodies(String text) {
    return List.of(
        text,
        new StringReader(text),
        text.getBytes(StandardCharsets.UTF_8),
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void noHeaderSaysHowTextIsReadAsBytes() throws Exception {
    ProducerTemplate template = start("openexec:execute");
    String payload = "{\"x\":\"\u00e9\u20ac\"}";
    String body = Requests.body("echo", payload, "\u00fc", approver.approve("echo", payload));
    for (String charset : List.of("ISO-8859-1", "US-ASCII", "UTF-16", "UTF-7", "no such")) {
      Map<String, Object> headers =
          Map.of(
              Exchange.CHARSET_NAME,
              charset,
              Exchange.CONTENT_TYPE,
              "application/json;charset=" + charset);
      for (Object same : bodies(body)) {
        Exchange answered = send(template, same, headers);
        assertThat(json(answered).at("/result/echo/x").asText())
            .as("%s, %s: %s", charset, same.getClass(), answered.getMessage().getBody())
            .isEqualTo("\u00e9\u20ac");
      }
    }
  }

  @Test
  void textThatHasNoUtf8IsRefused() throws Exception {
    ProducerTemplate template = start("openexec:execute");
    String lone = Requests.body("echo", "{}", "\ud800", approver.approve("echo", "{}"));
    assertThat(lone).contains("\"\ud800\"");
    for (Object same : List.of(lone, new StringReader(lone))) {
      Exchange refused = send(template, same, Map.of());
      assertThat(status(refused)).as("%s", same.getClass()).isEqualTo(422);
      assertThat(json(refused).path("detail").asText()).contains("not UTF-8");
    }
  }

  @Test
  void evidenceCanBeHandedOut() throws Exception {
    ProducerTemplate template = start("openexec:execute");
    String body = Requests.body("echo", "{}", "n", approver.approve("echo", "{}"));
    String id = json(send(template, body, Map.of())).path("id").asText();
    assertThat(MAPPER.readTree(ask(template, "receipt", id)).path("evidence").isTextual()).isTrue();
    assertThat(MAPPER.readTree(ask(template, "keys", "")).path("keys").size()).isEqualTo(1);
    assertThat(ask(template, "ledger", "key")).contains("+");
  }

  @Test
  void whatTheActionsReachOutWithIsInTheRegistryOfReceipts() throws Exception {
    Path actions = Files.createDirectory(directory.resolve("actions"));
    for (String file : List.of("echo.action.yaml", "echo.camel.yaml")) {
      Files.copy(ACTIONS.resolve(file), actions.resolve(file));
    }
    set("actions", actions.toString());
    Path resources = directory.resolve("resources.yaml");
    Files.writeString(resources, "dataSources: {}\n");
    String registry = registry(start("openexec:execute"));
    host.stop();
    Files.writeString(resources, "# another\ndataSources: {}\n");
    Main next = new Main();
    next.setInitialProperties(host.getInitialProperties());
    try {
      next.start();
      assertThat(registry(next.getCamelContext().createProducerTemplate())).isNotEqualTo(registry);
    } finally {
      next.stop();
    }
  }

  private String registry(ProducerTemplate template) throws Exception {
    String nonce = UUID.randomUUID().toString();
    String body = Requests.body("echo", "{}", nonce, approver.approve("echo", "{}"));
    String evidence = MAPPER.readTree(ask(template, "execute", body)).path("evidence").asText();
    String claims = evidence.split("\\.", -1)[1];
    return MAPPER.readTree(Base64.getUrlDecoder().decode(claims)).path("registry").asText();
  }

  @Test
  void theJarLeavesLoggingAndMigrationsOfTheApplicationAlone() throws Exception {
    assertThat(Path.of("src/main/resources/logback.xml")).doesNotExist();
    assertThat(Path.of("src/main/resources/db")).doesNotExist();
    // One of the application's lies there, in a file of the name that our first one has.
    assertThat(getClass().getResource("/db/migration/V1__customers.sql")).isNotNull();
    start("openexec:execute");
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("openexec.db"));
        ResultSet tables = connection.getMetaData().getTables(null, null, "customers", null)) {
      assertThat(tables.next()).isFalse();
    }
  }

  @Test
  void thePasswordOfTheRecordIsInNoLineOfTheLog() {
    set("databaseUrl", "postgresql://openexec@127.0.0.1:1/record?connectTimeout=1");
    set("databasePassword", "correct-horse");
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = root.getLevel();
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    root.setLevel(Level.INFO);
    root.addAppender(logged);
    try {
      assertThatThrownBy(() -> start("openexec:execute"));
    } finally {
      root.detachAppender(logged);
      root.setLevel(before);
    }
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .anyMatch(line -> line.contains("databaseUrl"))
        .noneMatch(line -> line.contains("correct-horse"));
  }

  @Test
  void aPasswordBesideTheAddressNeedsAnAddressThatHasRoomForIt() {
    set("databasePassword", "p");
    assertThatThrownBy(() -> start("openexec:execute"))
        .rootCause()
        .hasMessageContaining("databaseUrl cannot be used: a SQLite file has no password");
  }

  private static String ask(ProducerTemplate template, String operation, String body) {
    return template.requestBody("openexec:" + operation, body, String.class);
  }

  @Test
  void nothingListens() throws Exception {
    start("openexec:execute");
    assertThat(host.getCamelContext().hasComponent("platform-http")).isNull();
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("vert.x"));
  }

  @Test
  void whatIsOnRecordSurvivesTheApplication() throws Exception {
    String body = Requests.body("echo", "{}", "n", approver.approve("echo", "{}"));
    JsonNode first = json(send(start("openexec:execute"), body, Map.of()));
    host.stop();
    Main next = new Main();
    next.setInitialProperties(host.getInitialProperties());
    try {
      next.start();
      ProducerTemplate template = next.getCamelContext().createProducerTemplate();
      assertThat(MAPPER.readTree(ask(template, "execute", body))).isEqualTo(first);
    } finally {
      next.stop();
    }
  }

  @Test
  void wrongPropertiesRefuseTheStartByName() {
    set("mode", "lax");
    assertThatThrownBy(() -> start("openexec:execute"))
        .rootCause()
        .hasMessageContaining("camel.component.openexec.mode is 'lax'");
  }

  @Test
  void anUnknownPropertyRefusesTheStart() {
    set("allowEverything", "true");
    assertThatThrownBy(() -> start("openexec:execute")).hasMessageContaining("allowEverything");
  }

  @Test
  void anUnknownOperationRefusesTheStart() {
    assertThatThrownBy(() -> start("openexec:approve"))
        .rootCause()
        .hasMessageContaining("openexec:approve does not exist");
  }

  @Test
  void noRouteBeginsThere() {
    host.configure()
        .addRoutesBuilder(
            new RouteBuilder() {
              @Override
              public void configure() {
                from("openexec:execute").to("log:x");
              }
            });
    assertThatThrownBy(host::start).rootCause().hasMessageContaining("a route cannot begin there");
  }

  @Test
  void theFlowInTheJarIsTheOneOfTheService() throws Exception {
    for (String file : new String[] {"execute", "receipts", "rejections", "retries"}) {
      String name = file + ".camel.yaml";
      assertThat(getClass().getResourceAsStream("/io/openexec/routes/" + name))
          .as(name)
          .hasBinaryContent(Files.readAllBytes(Path.of("routes", name)));
    }
  }

  @Test
  void whoWaitsForAFinalAnswerWaitsNoLongerThanTheServiceIsThere() throws Exception {
    Path revocations = directory.resolve("revocations.json");
    Files.writeString(revocations, "{\"revoked\":[]}");
    set("revocations", revocations.toString());
    ProducerTemplate template = start("openexec:execute-with-retry");
    String body = Requests.body("echo", "{}", "n", approver.approve("echo", "{}"));
    assertThat(status(send(template, body, Map.of()))).isEqualTo(200);
    Files.writeString(revocations, "gone");
    Eventually.within(
        15_000,
        () ->
            status(
                    template.request(
                        "openexec:execute", exchange -> exchange.getMessage().setBody(body)))
                == 503);
    CompletableFuture<Exchange> waiting =
        CompletableFuture.supplyAsync(
            () ->
                template.request(
                    "openexec:execute-with-retry",
                    exchange -> exchange.getMessage().setBody(body)));
    assertThatThrownBy(() -> waiting.get(3, TimeUnit.SECONDS))
        .as("503 is no final answer")
        .isInstanceOf(TimeoutException.class);
    host.getCamelContext().getShutdownStrategy().setTimeout(1);
    host.stop();
    assertThat(waiting.get(10, TimeUnit.SECONDS).getException()).isNotNull();
  }
}
