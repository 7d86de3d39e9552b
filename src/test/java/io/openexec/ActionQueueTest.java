package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import jakarta.jms.BytesMessage;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What actions send to queues: the body, to one place, and nothing else. */
class ActionQueueTest {
  private static final long SOON = 15_000;
  private static final String ACTION = "description: d\nschema: {type: object}\n";
  private static final String SEND =
      "to: {uri: '%s:queue:orders', parameters: {connectionFactory: '#shop'%s}}";
  private static final String BODY = "setBody: {simple: '{\"ordered\": ${body[id]}}'}";

  @TempDir Path directory;
  @TempDir Path brokerDirectory;
  private Broker broker;
  private TestService.Setup setup;

  @BeforeEach
  void start() throws Exception {
    broker = Broker.start(brokerDirectory);
    setup = new TestService.Setup(directory).with("SHOP_URL", broker.url());
    Files.writeString(
        setup.ownRoutes().resolve("resources.yaml"),
        "connectionFactories:\n  shop: {url: '${secret:SHOP_URL}'}\n");
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private static String send(String options) {
    return SEND.formatted("amqp", options);
  }

  private static List<String> properties(Message message) throws JMSException {
    List<String> names = new ArrayList<>();
    for (Enumeration<?> all = message.getPropertyNames(); all.hasMoreElements(); ) {
      String name = String.valueOf(all.nextElement());
      if (!name.equals("JMSXDeliveryCount")) {
        names.add(name);
      }
    }
    return names;
  }

  private static void assertPlain(Message message) throws JMSException {
    assertThat(properties(message)).isEmpty();
    assertThat(message.getJMSReplyTo()).isNull();
    assertThat(message.getJMSCorrelationID()).isNull();
    assertThat(message.getJMSType()).isNull();
    assertThat(message.getJMSPriority()).isEqualTo(Message.DEFAULT_PRIORITY);
    assertThat(message.getJMSExpiration()).isZero();
    assertThat(message.getJMSDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"amqp", "jms"})
  void noHeaderOfTheActionItselfReachesTheMessageOrLeadsItElsewhere(String scheme)
      throws Exception {
    List<String> steps = new ArrayList<>();
    for (String header :
        List.of(
            "CamelJmsDestinationName",
            "CamelJmsDestination",
            "JMSReplyTo",
            "JMSType",
            "JMSCorrelationID",
            "JMSXGroupID",
            "JMS_AMQP_TYPED_ENCODING",
            "other")) {
      steps.add("setHeader: {name: " + header + ", constant: elsewhere}");
    }
    steps.add("setHeader: {name: CamelJmsMessageType, constant: Object}");
    steps.add("setHeader: {name: JMSPriority, constant: '9'}");
    steps.add("setHeader: {name: JMSExpiration, constant: '1'}");
    steps.add("setHeader: {name: JMSDeliveryMode, constant: '1'}");
    steps.add("setHeader: {name: orderId, simple: '${body[id]}'}");
    steps.add(BODY);
    steps.add(SEND.formatted(scheme, ""));
    steps.add("setBody: {simple: '{\"header\": ${header.orderId}}'}");
    setup.action("order", ACTION, steps.toArray(String[]::new));
    try (TestService service = setup.start()) {
      Reply reply = service.requests().execute("order", "{\"id\":1}", "n");
      assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      assertThat(reply.json().path("result")).as("it goes on").hasToString("{\"header\":1}");
    }
    List<Message> messages = broker.drain("orders");
    assertThat(messages).hasSize(1);
    assertPlain(messages.get(0));
    assertThat(((TextMessage) messages.get(0)).getText()).isEqualTo("{\"ordered\": 1}");
    assertThat(broker.count("elsewhere")).isZero();
  }

  @Test
  void nothingOfARequestButThePayloadReachesTheMessageByAnyDoor() throws Exception {
    setup
        .action("order", ACTION, BODY, send(""))
        .with("OPENEXEC_QUEUE_URL", broker.url())
        .with("OPENEXEC_INBOX", Files.createDirectory(directory.resolve("in")).toString());
    StringBuilder members = new StringBuilder("{\"id\":1");
    List<String> names = new ArrayList<>();
    for (String name : HeaderInjectionTest.controlHeaders()) {
      names.addAll(HeaderInjectionTest.spellings(name));
    }
    names.stream()
        .distinct()
        .forEach(name -> members.append(",\"").append(name).append("\":\"elsewhere\""));
    String payload = members.append('}').toString();
    int sent = 0;
    try (TestService service = setup.start()) {
      for (String name : names) {
        String query = URLEncoder.encode(name, StandardCharsets.UTF_8) + "=elsewhere";
        String body = Requests.body("order", payload, "h" + sent, null);
        assertThat(service.requests().post("/execute?" + query, body).status()).isEqualTo(200);
        sent++;
        if (sendWith(name, Requests.body("order", payload, "q" + sent, null))) {
          sent++;
        }
      }
      Path request =
          Files.writeString(
              directory.resolve("next"), Requests.body("order", payload, "file", null));
      Files.move(request, directory.resolve("in").resolve("CamelJmsDestinationName.json"));
      for (Message message : broker.receive("orders", sent + 1)) {
        assertPlain(message);
        assertThat(((TextMessage) message).getText()).isEqualTo("{\"ordered\": 1}");
      }
      assertThat(sent).isGreaterThan(400);
      assertThat(broker.count("elsewhere")).isZero();
    }
  }

  /** Sends a request by queue, unless the client itself keeps that name. */
  private boolean sendWith(String property, String body) throws JMSException {
    try {
      broker.send(
          "openexec.requests",
          session -> {
            Message message = session.createTextMessage(body);
            message.setStringProperty(property, "elsewhere");
            message.setJMSReplyTo(session.createQueue("elsewhere"));
            message.setJMSPriority(9);
            return message;
          });
      return true;
    } catch (JMSException e) {
      assertThat(property).startsWithIgnoringCase("JMS");
      return false;
    }
  }

  @Test
  void howMessagesAreKeptIsTheFilesToSay() throws Exception {
    setup
        .action("text", ACTION, BODY, send(", priority: 7"))
        .action(
            "bytes", ACTION, "marshal: {json: {library: Jackson}}", send(", timeToLive: 60000"));
    try (TestService service = setup.start()) {
      assertThat(service.requests().execute("text", "{\"id\":1}", "n1").status()).isEqualTo(200);
      assertThat(service.requests().execute("bytes", "{\"id\":1}", "n2").status()).isEqualTo(200);
    }
    List<Message> messages = broker.receive("orders", 2);
    assertThat(messages.get(0).getJMSPriority()).isEqualTo(7);
    assertThat(messages.get(0).getJMSDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
    assertThat(messages.get(1).getJMSExpiration()).isPositive();
    assertThat(messages.get(1).getBody(byte[].class))
        .isEqualTo("{\"id\":1}".getBytes(StandardCharsets.UTF_8));
    assertThat(messages.get(1)).isInstanceOf(BytesMessage.class);
  }

  @Test
  void whatIsNeitherTextNorBytesIsNotSent() {
    setup.action("map", ACTION, send(""));
    try (TestService service = setup.start()) {
      Reply reply = service.requests().execute("map", "{\"id\":1}", "n");
      assertThat(reply.json().path("state").asText()).as(reply.text()).isEqualTo("unknown");
    }
    assertThat(broker.count("orders")).isZero();
  }

  @Test
  void aBrokerMayBeAwayAndComesBack() throws Exception {
    broker.stop();
    setup
        .action("undeclared", ACTION, BODY, send(""))
        .action(
            "order",
            ACTION + "definiteErrors: {io.openexec.camel.NotConnected: broker_away}\n",
            BODY,
            send(""));
    try (TestService service = setup.start()) {
      AtomicInteger nonce = new AtomicInteger();
      Requests requests = service.requests();
      Reply away = requests.execute("order", "{\"id\":1}", "n");
      assertThat(away.json().path("reason").asText()).as(away.text()).isEqualTo("broker_away");
      assertThat(away.json().path("state").asText()).isEqualTo("failed");
      assertThat(requests.execute("undeclared", "{\"id\":1}", "u").json().path("state").asText())
          .isEqualTo("unknown");
      assertThat(requests.get("/ready").status()).isEqualTo(200);

      broker.restart();
      Reply back = requests.execute("order", "{\"id\":2}", "back");
      assertThat(back.status()).as(back.text()).isEqualTo(200);

      // The connection that there was is not taken for one that there is.
      broker.stop();
      Eventually.within(
          SOON,
          () ->
              requests
                  .execute("order", "{\"id\":3}", "away-" + nonce.incrementAndGet())
                  .json()
                  .path("state")
                  .asText()
                  .equals("failed"));
      broker.restart();
      assertThat(requests.execute("order", "{\"id\":4}", "again").status()).isEqualTo(200);
      List<String> ordered = new ArrayList<>();
      for (Message message : broker.drain("orders")) {
        ordered.add(((TextMessage) message).getText());
      }
      assertThat(ordered).containsExactly("{\"ordered\": 2}", "{\"ordered\": 4}");
    }
  }

  /** A client of its own, without a pool, which connects when its first session is made. */
  private TestService.Setup ownFactory() {
    return setup
        .door(
            "broker",
            "- beans:",
            "    - name: own",
            "      type: org.apache.qpid.jms.JmsConnectionFactory",
            "      properties: {remoteURI: '" + broker.url() + "'}")
        .action(
            "order",
            ACTION + "definiteErrors: {io.openexec.camel.NotConnected: broker_away}\n",
            BODY,
            "to: {uri: 'jms:queue:orders', parameters: {connectionFactory: '#own'}}");
  }

  @Test
  void aConnectionThatAnotherFactoryCannotMakeIsDefiniteToo() throws Exception {
    try (TestService service = ownFactory().start()) {
      Requests requests = service.requests();
      assertThat(requests.execute("order", "{\"id\":1}", "n1").status()).isEqualTo(200);
      broker.stop();
      Reply away = requests.execute("order", "{\"id\":2}", "n2");
      assertThat(away.json().path("state").asText()).as(away.text()).isEqualTo("failed");
      assertThat(away.json().path("reason").asText()).isEqualTo("broker_away");
      broker.restart();
      assertThat(requests.execute("order", "{\"id\":3}", "n3").status()).isEqualTo(200);
      assertThat(broker.receive("orders", 2)).hasSize(2);
    }
  }

  @Test
  void whatFailsOverAConnectionOfAnotherFactoryIsUnknown() throws Exception {
    TestService.Setup own = ownFactory();
    broker.refuse("orders");
    try (TestService service = own.start()) {
      Reply refused = service.requests().execute("order", "{\"id\":1}", "n");
      assertThat(refused.json().path("state").asText()).as(refused.text()).isEqualTo("unknown");
    }
  }

  @Test
  void aConnectionFactoryThatNobodyDeclaredIsToldInOneLine() throws IOException {
    Files.delete(setup.ownRoutes().resolve("resources.yaml"));
    setup.action("order", ACTION, BODY, send(""));
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("shop")
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("\n");
  }
}
