package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Exposition;
import io.openexec.testing.HttpTarget;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import io.openexec.testing.Wire;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an action has not begun to send within its time is not sent: it counts as unknown then. */
class LateSendTest {
  private static final long SOON = 20_000;
  private static final String ACTION =
      "description: d\nschema: {type: object}\nconcurrency: 40\ntimeoutSeconds: 1\n";
  private static final String PATIENT = "description: d\nschema: {type: object}\n";
  private static final String BODY = "setBody: {constant: '{}'}";

  @TempDir Path directory;
  @TempDir Path brokerDirectory;
  private TestService.Setup setup;

  @BeforeEach
  void begin() {
    setup = new TestService.Setup(directory);
  }

  private Path go() {
    return directory.resolve("go");
  }

  /** The first step of an action, which takes longer than its time. */
  private String slow() {
    return "to: \"trace:" + setup.trace() + "?hold=" + go() + "\"";
  }

  private static String send(String shop) {
    return "to: {uri: 'amqp:queue:orders', parameters: {connectionFactory: '#" + shop + "'}}";
  }

  private void declare(String... shops) throws IOException {
    StringBuilder resources = new StringBuilder("connectionFactories:\n");
    for (String shop : shops) {
      resources.append("  %s: {url: '${secret:%s}'}\n".formatted(shop, variable(shop)));
    }
    Files.writeString(setup.ownRoutes().resolve("resources.yaml"), resources);
  }

  private static String variable(String shop) {
    return shop.toUpperCase(Locale.ROOT) + "_URL";
  }

  private static void assertUnknown(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(409);
    assertThat(reply.json().path("state").asText()).isEqualTo("unknown");
  }

  /** Waits for an action to end which nobody waits for any more. */
  private static void awaitEnd(TestService service, String action) {
    Eventually.within(
        SOON,
        () ->
            Exposition.parse(service.requests().get("/metrics").text())
                    .value("openexec_action_running", "action", action)
                == 0);
  }

  /** Runs the action {@code send} past its time, and then to its end. */
  private void runLate(TestService service) throws IOException {
    assertUnknown(service.requests().execute("send", "{\"id\":1}", "n"));
    Files.createFile(go());
    awaitEnd(service, "send");
    assertThat(service.requests().execute("send", "{\"id\":1}", "n").json().path("state").asText())
        .isNotEqualTo("succeeded");
    assertThat(setup.traced()).containsExactly("1");
  }

  @Test
  void nothingIsSentToAQueue() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      declare("shop");
      setup.with(variable("shop"), broker.url()).action("send", ACTION, slow(), BODY, send("shop"));
      try (TestService service = setup.start()) {
        runLate(service);
      }
      assertThat(broker.count("orders")).isZero();
    }
  }

  @Test
  void nothingIsPosted() throws Exception {
    try (HttpTarget target = new HttpTarget()) {
      setup.action(
          "send",
          ACTION,
          slow(),
          BODY,
          "to: {uri: '" + target.url() + "', parameters: {httpMethod: POST}}");
      try (TestService service = setup.start()) {
        runLate(service);
      }
      assertThat(target.received()).isEmpty();
    }
  }

  @Test
  void nothingIsWrittenOverAConnectionThatIsFreeTooLate() throws Exception {
    TestDatabase database = Postgres.database();
    database.execute("CREATE TABLE item (id INTEGER)");
    Files.writeString(
        setup.ownRoutes().resolve("resources.yaml"),
        "dataSources: {stock: {url: '${secret:STOCK}', poolSize: 1}}");
    String sql = "to: {uri: 'sql:x', parameters: {dataSource: '#stock', query: '%s'}}";
    setup
        .with("STOCK", database.url())
        .action("hold", PATIENT, sql.formatted("SELECT 1 AS one FROM pg_sleep(3)"))
        .action("send", ACTION, sql.formatted("INSERT INTO item VALUES (1)"), BODY);
    try (TestService service = setup.start()) {
      CompletableFuture<Reply> holds =
          service.requests().executeAsync(Requests.body("hold", "{}", "holds", null));
      Eventually.within(SOON, () -> isSleeping(database));
      assertUnknown(service.requests().execute("send", "{}", "n"));
      assertThat(holds.join().status()).isEqualTo(200);
      awaitEnd(service, "send");
      assertThat(database.rows("SELECT id FROM item")).isEmpty();
    }
  }

  private static boolean isSleeping(TestDatabase database) {
    return !database
        .rows("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT 1 AS one FROM pg_%'")
        .isEmpty();
  }

  private static String url(Wire wire) {
    return "amqp://127.0.0.1:" + wire.port();
  }

  @Test
  void nothingIsSentOverAConnectionThatComesAboutTooLate() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory);
        Wire wire = Wire.silent(URI.create(broker.url()).getPort())) {
      declare("shop");
      setup.with(variable("shop"), url(wire)).action("send", ACTION, BODY, send("shop"));
      try (TestService service = setup.start()) {
        assertUnknown(service.requests().execute("send", "{}", "n"));
        wire.open();
        awaitEnd(service, "send");
        assertThat(broker.count("orders")).isZero();
      }
    }
  }

  @Test
  void nothingIsPostedOverAConnectionThatComesAboutTooLate() throws Exception {
    try (HttpTarget target = new HttpTarget();
        Wire wire = Wire.full(target.port())) {
      setup.action(
          "send",
          ACTION,
          BODY,
          "to: {uri: 'http://127.0.0.1:"
              + wire.port()
              + "/', parameters: {httpMethod: POST, connectTimeout: 15000}}");
      try (TestService service = setup.start()) {
        assertUnknown(service.requests().execute("send", "{}", "n"));
        wire.open();
        awaitEnd(service, "send");
      }
      assertThat(target.received()).isEmpty();
    }
  }

  /** More requests than effectful actions may run at once, for two brokers that do not answer. */
  private List<CompletableFuture<Reply>> flood(TestService service) {
    List<CompletableFuture<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      for (String action : List.of("order", "store")) {
        String body = Requests.body(action, "{}", action + i, null);
        replies.add(service.requests().executeAsync(body));
      }
    }
    return replies;
  }

  @Test
  void brokersThatSwallowPacketsHoldUpNobodyElseAndGetNothingLater() throws Exception {
    try (Broker broker = Broker.start(brokerDirectory);
        Wire silent = Wire.silent(URI.create(broker.url()).getPort());
        Wire full = Wire.full(URI.create(broker.url()).getPort())) {
      declare("shop", "depot");
      setup
          .with(variable("shop"), url(silent))
          .with(variable("depot"), url(full))
          .action("order", ACTION, BODY, send("shop"))
          .action("store", ACTION, BODY, send("depot"))
          .action("order-again", PATIENT, BODY, send("shop"))
          .action("store-again", PATIENT, BODY, send("depot"))
          .tracing("other", "");
      try (TestService service = setup.start()) {
        Requests requests = service.requests();
        List<CompletableFuture<Reply>> replies = flood(service);
        for (CompletableFuture<Reply> reply : replies) {
          assertThat(reply.join().status()).as(reply.join().text()).isIn(409, 503);
        }
        assertThat(replies.stream().filter(reply -> reply.join().status() == 409))
            .as("as many as may run at once")
            .hasSizeGreaterThanOrEqualTo(64);
        Eventually.within(
            SOON, () -> requests.execute("other", "{\"id\":1}", "other").status() == 200);
        awaitEnd(service, "order");
        awaitEnd(service, "store");

        silent.open();
        full.open();
        for (String action : List.of("order-again", "store-again")) {
          Reply back = requests.execute(action, "{}", action);
          assertThat(back.status()).as(back.text()).isEqualTo(200);
        }
        assertThat(broker.drain("orders")).as("those two").hasSize(2);
        assertThat(setup.traced()).containsExactly("1");
      }
    }
  }
}
