package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Approver;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.RawAmqp;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests come in by queue, at a real broker. */
// A service that runs is all that some need.
@SuppressWarnings("try")
class QueueDoorTest {
  private static final long SOON = 15_000;
  private static final String REQUESTS = "openexec.requests";
  private static final String RECEIPTS = "openexec.receipts";
  private static final String REJECTED = "openexec.rejected";
  private static final JsonMapper MAPPER = new JsonMapper();

  @TempDir static Path brokerDirectory;
  private static Broker broker;
  @TempDir Path directory;
  private final Approver approver = new Approver();

  @BeforeAll
  static void startBroker() throws Exception {
    broker = Broker.start(brokerDirectory);
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @AfterEach
  void nothingIsLeft() {
    for (String queue : List.of(REQUESTS, RECEIPTS, REJECTED)) {
      assertThat(broker.count(queue)).as(queue).isZero();
    }
  }

  private TestService.Setup setup() {
    return new TestService.Setup(directory)
        .clawshield(approver)
        .with("OPENEXEC_QUEUE_URL", broker.url());
  }

  private String request(String nonce) {
    return Requests.body("echo", "{}", nonce, approver.approve("echo", "{}"));
  }

  /** As long as it does not stand at the broker, that alone makes it 503. */
  private static void revocationsGone(TestService.Setup setup, TestService service) {
    Eventually.within(SOON, () -> service.requests().get("/ready").status() == 200);
    setup.writeRevocations("gone");
    Eventually.within(SOON, () -> service.requests().get("/ready").status() == 503);
  }

  private static JsonNode json(Message message) throws Exception {
    return MAPPER.readTree(((TextMessage) message).getText());
  }

  private static Set<String> properties(Message message) throws JMSException {
    Set<String> names = new HashSet<>();
    for (var all = message.getPropertyNames(); all.hasMoreElements(); ) {
      String name = String.valueOf(all.nextElement());
      // Those are the client's own, of the delivery.
      if (!name.startsWith("JMSX")) {
        names.add(name);
      }
    }
    return names;
  }

  @Test
  void aRequestIsAnsweredWithItsCorrelationId() throws Exception {
    try (TestService service = setup().start()) {
      String body = request("n");
      broker.send(REQUESTS, body, "c-1");
      Message answer = broker.receive(RECEIPTS);
      assertThat(answer.getJMSCorrelationID()).isEqualTo("c-1");
      assertThat(answer.getIntProperty("status")).isEqualTo(200);
      assertThat(answer.getStringProperty("contentType")).isEqualTo("application/json");
      assertThat(answer.getBooleanProperty("replayed")).isFalse();
      assertThat(properties(answer)).containsExactlyInAnyOrder("status", "contentType", "replayed");
      assertThat(service.requests().execute(body).json()).isEqualTo(json(answer));

      String id =
          broker.send(
              REQUESTS,
              session -> {
                BytesMessage bytes = session.createBytesMessage();
                bytes.writeBytes(body.getBytes(StandardCharsets.UTF_8));
                return bytes;
              });
      Message replay = broker.receive(RECEIPTS);
      assertThat(replay.getJMSCorrelationID()).isEqualTo(id);
      assertThat(replay.getBooleanProperty("replayed")).isTrue();
      assertThat(json(replay)).isEqualTo(json(answer));
    }
  }

  @Test
  void aRefusalIsAnAnswer() throws Exception {
    try (TestService service = setup().start()) {
      broker.send(REQUESTS, Requests.body("echo", "{}", "n", null), "c");
      Message refusal = broker.receive(RECEIPTS);
      assertThat(refusal.getJMSCorrelationID()).isEqualTo("c");
      assertThat(refusal.getIntProperty("status")).isEqualTo(403);
      assertThat(refusal.getStringProperty("contentType")).isEqualTo("application/problem+json");
      assertThat(json(refusal).path("code").asText()).isEqualTo("approval_missing");
      assertThat(json(refusal).path("evidence").asText()).isNotEmpty();
      broker.send(REQUESTS, request("n"), "c");
      assertThat(json(broker.receive(RECEIPTS)).path("approved").asBoolean()).isTrue();
      broker.send(
          REQUESTS,
          Requests.body("echo", "{\"a\":1}", "n", approver.approve("echo", "{\"a\":1}")),
          "c");
      assertThat(json(broker.receive(RECEIPTS)).path("code").asText()).isEqualTo("nonce_reused");
    }
  }

  @Test
  void whatIsNoRequestGoesAsideAsItWas() throws Exception {
    try (TestService service = setup().start()) {
      broker.send(REQUESTS, "{\"action\":", "c-1");
      Message text = broker.receive(REJECTED);
      assertThat(((TextMessage) text).getText()).isEqualTo("{\"action\":");
      assertThat(text.getJMSCorrelationID()).isEqualTo("c-1");
      assertThat(text.getIntProperty("status")).isEqualTo(422);
      assertThat(text.getStringProperty("reason")).startsWith("The body is not acceptable JSON");
      assertThat(properties(text)).containsExactlyInAnyOrder("status", "reason");

      byte[] noUtf8 = {'{', (byte) 0xff, '}'};
      broker.send(
          REQUESTS,
          session -> {
            BytesMessage bytes = session.createBytesMessage();
            bytes.writeBytes(noUtf8);
            return bytes;
          });
      BytesMessage bytes = (BytesMessage) broker.receive(REJECTED);
      assertThat(bytes.getBody(byte[].class)).isEqualTo(noUtf8);

      broker.send(REQUESTS, "x".repeat((1 << 20) + 1), "c-2");
      Message large = broker.receive(REJECTED);
      assertThat(large.getIntProperty("status")).isEqualTo(413);
      assertThat(large.getJMSCorrelationID()).isEqualTo("c-2");
      assertThat(((TextMessage) large).getText()).as("not kept").isEmpty();

      String request = request("n");
      broker.send(REQUESTS, request, "x".repeat(256));
      Message unanswerable = broker.receive(REJECTED);
      assertThat(unanswerable.getStringProperty("reason")).contains("correlation id");
      assertThat(unanswerable.getJMSCorrelationID()).isNull();
      assertThat(((TextMessage) unanswerable).getText()).isEqualTo(request);

      broker.send(REQUESTS, request("n"), "c-3");
      assertThat(broker.receive(RECEIPTS).getBooleanProperty("replayed"))
          .as("nothing of it was executed")
          .isFalse();
    }
  }

  /** A list in a list, and so on: 9 bytes each. */
  private static byte[] lists(int depth) {
    ByteBuffer nested = ByteBuffer.allocate(9 * depth + 1);
    for (int left = 9 * (depth - 1) + 1; left > 0; left -= 9) {
      nested.put((byte) 0xd0).putInt(left + 4).putInt(1);
    }
    return nested.put((byte) 0x45).array();
  }

  private static Stream<Arguments> unreadable() {
    byte[] value = {0, 0x53, 0x77};
    return Stream.of(
        arguments("descriptions", RawAmqp.joined(value, new byte[200_000])),
        arguments("no such type", RawAmqp.joined(value, new byte[] {0x1f, 1, 2})),
        arguments("false length", RawAmqp.joined(value, new byte[] {(byte) 0xb1, 0x7f, 0, 0, 0})),
        arguments("no UTF-8", RawAmqp.joined(value, new byte[] {(byte) 0xa1, 1, (byte) 0xff})));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unreadable")
  void whatTheClientCannotReadGoesAsideAndBlocksNobody(String what, byte[] message)
      throws Exception {
    try (TestService service = setup().with("OPENEXEC_QUEUE_CONCURRENCY", "2").start()) {
      for (int i = 0; i < 3; i++) {
        RawAmqp.send(broker.url(), REQUESTS, message);
      }
      broker.send(REQUESTS, request("n"), "c");
      assertThat(broker.receive(RECEIPTS).getIntProperty("status")).isEqualTo(200);
      for (int i = 0; i < 3; i++) {
        BytesMessage aside = (BytesMessage) broker.receive(REJECTED);
        assertThat(aside.getBody(byte[].class)).as("all of it").isEqualTo(message);
        assertThat(aside.getIntProperty("status")).isEqualTo(422);
      }
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
    }
  }

  @Test
  void whatIsNestedExhaustsNoStack() throws Exception {
    try (TestService service = setup().start()) {
      byte[] value = {0, 0x53, 0x77};
      RawAmqp.send(broker.url(), REQUESTS, RawAmqp.joined(value, lists(20_000)));
      broker.send(REQUESTS, request("n"), "c");
      assertThat(broker.receive(RECEIPTS).getIntProperty("status")).isEqualTo(200);
      TextMessage aside = (TextMessage) broker.receive(REJECTED);
      assertThat(aside.getText()).isEmpty();
      assertThat(aside.getIntProperty("status")).isEqualTo(415);
    }
  }

  /** The client keeps each that it decodes, for as long as the process lives. */
  @Test
  void namesOfTheSendersAreNotKept() throws Exception {
    try (TestService service = setup().start()) {
      Symbol[] names = new Symbol[1_000];
      for (int i = 0; i < names.length; i++) {
        names[i] = Symbol.valueOf("n" + i);
      }
      // As another process would send them.
      byte[] message = RawAmqp.encoded(new AmqpValue(names));
      for (int i = 0; i + 1 < message.length; i++) {
        message[i] = message[i] == 'n' && message[i + 1] <= '9' ? (byte) 'm' : message[i];
      }
      int before = namesKept();
      RawAmqp.send(broker.url(), REQUESTS, message);
      assertThat(broker.receive(REJECTED).getIntProperty("status")).isEqualTo(415);
      assertThat(namesKept() - before).isLessThan(100);
    }
  }

  private static int namesKept() throws ReflectiveOperationException {
    Field kept = Symbol.class.getDeclaredField("_symbols");
    kept.setAccessible(true);
    return ((Map<?, ?>) kept.get(null)).size();
  }

  /** As clients that are not JMS's send it. */
  @Test
  void dataThatIsSaidToBeJsonIsRead() throws Exception {
    try (TestService service = setup().start()) {
      Properties json = new Properties();
      json.setContentType(Symbol.valueOf("application/json"));
      json.setCorrelationId("c-1");
      byte[] header = RawAmqp.encoded(json);
      byte[] body = request("n").getBytes(StandardCharsets.UTF_8);
      RawAmqp.send(
          broker.url(),
          REQUESTS,
          RawAmqp.joined(header, RawAmqp.encoded(new Data(new Binary(body)))));
      Message answer = broker.receive(RECEIPTS);
      assertThat(answer.getJMSCorrelationID()).isEqualTo("c-1");
      assertThat(answer.getIntProperty("status")).isEqualTo(200);

      byte[] noUtf8 = {'{', (byte) 0xff, '}'};
      RawAmqp.send(
          broker.url(),
          REQUESTS,
          RawAmqp.joined(header, RawAmqp.encoded(new Data(new Binary(noUtf8)))));
      BytesMessage aside = (BytesMessage) broker.receive(REJECTED);
      assertThat(aside.getBody(byte[].class)).isEqualTo(noUtf8);
      assertThat(aside.getJMSCorrelationID()).isEqualTo("c-1");
      assertThat(aside.getStringProperty("reason")).contains("not UTF-8");
    }
  }

  @Test
  void whatIsNeitherTextNorBytesIsNotEvenLookedAt() throws Exception {
    try (TestService service = setup().start()) {
      Bomb.exploded = false;
      broker.send(REQUESTS, session -> session.createObjectMessage(new Bomb()));
      broker.send(
          REQUESTS,
          session -> {
            MapMessage map = session.createMapMessage();
            map.setString("action", "echo");
            return map;
          });
      broker.send(
          REQUESTS,
          session -> {
            StreamMessage stream = session.createStreamMessage();
            stream.writeString(request("n"));
            return stream;
          });
      broker.send(REQUESTS, session -> session.createMessage());
      for (Message rejected : broker.receive(REJECTED, 4)) {
        assertThat(rejected.getIntProperty("status")).isEqualTo(415);
        assertThat(rejected.getStringProperty("reason")).startsWith("The message is neither text");
        assertThat(((TextMessage) rejected).getText()).isEmpty();
      }
      assertThat(Bomb.exploded).isFalse();
    }
  }

  /** Says that it was deserialised. */
  private static final class Bomb implements java.io.Serializable {
    private static final long serialVersionUID = 1L;
    static volatile boolean exploded;

    private void readObject(java.io.ObjectInputStream in) {
      exploded = true;
    }
  }

  private static void sendFor(String queue, String body) throws JMSException {
    broker.send(
        REQUESTS,
        session -> {
          Message message = session.createTextMessage(body);
          message.setJMSCorrelationID(queue);
          message.setJMSReplyTo(session.createQueue(queue));
          return message;
        });
  }

  @Test
  void onlyQueuesOnTheListAreRepliedTo() throws Exception {
    try (TestService service = setup().with("OPENEXEC_QUEUE_REPLY_TO", "mine, other").start()) {
      sendFor("mine", request("n"));
      assertThat(broker.receive("mine").getJMSCorrelationID()).isEqualTo("mine");
      sendFor("elsewhere", request("n"));
      assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("elsewhere");
      sendFor(REQUESTS, request("n"));
      assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo(REQUESTS);
      assertThat(broker.count("elsewhere")).isZero();
    }
    try (TestService service = setup().without("OPENEXEC_QUEUE_REPLY_TO").start()) {
      sendFor("mine", request("n"));
      assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).as("no list").isEqualTo("mine");
    }
  }

  @Test
  void aReplyQueueThatTakesNothingHoldsUpNoAnswer() throws Exception {
    broker.refuse("full");
    try (TestService service = setup().with("OPENEXEC_QUEUE_REPLY_TO", "full").start()) {
      sendFor("full", request("n"));
      assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("full");
    }
  }

  @Test
  void anAnswerIsSentInTheTransactionThatItsMessageIsTakenIn() throws Exception {
    try (TestService service = setup().start()) {
      for (int i = 0; i < 5; i++) {
        broker.send(REQUESTS, request("n" + i), "c");
      }
      broker.send(REQUESTS, "nonsense", "c");
      assertThat(broker.receive(RECEIPTS, 5)).hasSize(5);
      assertThat(broker.receive(REJECTED)).isNotNull();
      assertThat(broker.sentAlone())
          .as("the requests were, by this test")
          .contains(REQUESTS)
          .doesNotContain(RECEIPTS, REJECTED);
    }
  }

  @Test
  void whatIsNotFinalIsNeverAnswered() throws Exception {
    TestService.Setup setup = setup().trusting(new TokenApprover("a-1", "a", Approver.TENANT));
    try (TestService service = setup.start()) {
      revocationsGone(setup, service);
      broker.send(REQUESTS, request("n"), "c");
      assertThat(broker.isSilent(RECEIPTS, 1_500)).as("503 is nothing to hand out").isTrue();
      setup.trusting(new TokenApprover("a-1", "a", Approver.TENANT));
      assertThat(json(broker.receive(RECEIPTS)).path("approved").asBoolean()).isTrue();
    }
  }

  @Test
  void whatCannotBeFinishedBeforeTheStopIsGivenBack() throws Exception {
    TestService.Setup setup = setup().trusting(new TokenApprover("a-1", "a", Approver.TENANT));
    TestService service = setup.start();
    revocationsGone(setup, service);
    broker.send(REQUESTS, request("n"), "c");
    TimeUnit.MILLISECONDS.sleep(500);
    long begin = System.nanoTime();
    service.close();
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(15));
    assertThat(broker.count(REQUESTS)).isOne();
    setup.trusting(new TokenApprover("a-1", "a", Approver.TENANT));
    try (TestService next = setup.start()) {
      assertThat(json(broker.receive(RECEIPTS)).path("approved").asBoolean()).isTrue();
    }
  }

  @Test
  void whatIsUnderWayAtTheStopIsAnswered() throws Exception {
    Path until = directory.resolve("until");
    TestService.Setup setup = setup().tracing("slow", "?hold=" + until);
    TestService service = setup.start();
    String payload = "{\"id\":1}";
    broker.send(
        REQUESTS, Requests.body("slow", payload, "n", approver.approve("slow", payload)), "c");
    Eventually.within(SOON, () -> setup.traced().size() == 1);
    Thread stop = new Thread(service::close);
    stop.start();
    broker.send(REQUESTS, request("later"), "later");
    TimeUnit.MILLISECONDS.sleep(300);
    java.nio.file.Files.createFile(until);
    Message answer = broker.receive(RECEIPTS);
    assertThat(answer.getJMSCorrelationID()).isEqualTo("c");
    assertThat(answer.getIntProperty("status")).isEqualTo(200);
    stop.join();
    assertThat(broker.count(REQUESTS)).as("nothing new was taken").isOne();
    try (TestService next = setup.start()) {
      assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("later");
    }
  }

  @Test
  void anyConnectionFactoryThatARouteFileBindsWillDo() throws Exception {
    TestService.Setup setup =
        setup()
            .with("OPENEXEC_QUEUE_URL", "bean:mine")
            .door(
                "broker",
                "- beans:",
                "    - name: mine",
                "      type: org.apache.qpid.jms.JmsConnectionFactory",
                "      properties: {remoteURI: \"" + broker.url() + "\"}");
    try (TestService service = setup.start()) {
      broker.send(REQUESTS, request("n"), "c");
      assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("c");
    }
  }

  @Test
  void oneThatHidesThatTheBrokerIsGoneRefusesTheStart() {
    TestService.Setup setup =
        setup()
            .with("OPENEXEC_QUEUE_URL", "bean:mine")
            .door(
                "broker",
                "- beans:",
                "    - name: mine",
                "      type: org.apache.qpid.jms.JmsConnectionFactory",
                "      properties: {remoteURI: \"failover:(" + broker.url() + ")\"}");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("hides that the broker is gone");
  }

  @Test
  void oneThatTakesLongHoldsUpNobodyBehindIt() throws Exception {
    Path until = directory.resolve("until");
    TestService.Setup setup =
        setup().with("OPENEXEC_QUEUE_CONCURRENCY", "2").tracing("slow", "?hold=" + until);
    try (TestService service = setup.start()) {
      String payload = "{\"id\":1}";
      broker.send(
          REQUESTS, Requests.body("slow", payload, "n", approver.approve("slow", payload)), "slow");
      Eventually.within(SOON, () -> setup.traced().size() == 1);
      List<String> others = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        others.add("c" + i);
        broker.send(REQUESTS, request("n" + i), "c" + i);
      }
      List<String> answered = new ArrayList<>();
      for (Message answer : broker.receive(RECEIPTS, 20)) {
        answered.add(answer.getJMSCorrelationID());
      }
      assertThat(answered).containsExactlyInAnyOrderElementsOf(others);
      java.nio.file.Files.createFile(until);
      assertThat(broker.receive(RECEIPTS).getJMSCorrelationID()).isEqualTo("slow");
    }
  }
}
