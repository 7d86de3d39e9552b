package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Approver;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import jakarta.jms.TextMessage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A door that an integration engineer writes: a file of a few lines, any consumer of Camel's. */
@SuppressWarnings("try") // A service that runs is all that some need.
class OwnDoorTest {
  private static final long SOON = 15_000;
  private static final JsonMapper MAPPER = new JsonMapper();

  @TempDir Path directory;
  private final Approver approver = new Approver();

  private TestService.Setup setup() {
    return new TestService.Setup(directory)
        .clawshield(approver)
        .door(
            "ingress-own",
            "- route:",
            "    id: own",
            "    from:",
            "      uri: \"file:" + in() + "?delay=50&initialDelay=0\"",
            "      steps:",
            "        - to: direct:execute-with-retry",
            "        - to: \"file:" + out() + "?tempPrefix=.\"");
  }

  private Path in() {
    return directory.resolve("in");
  }

  private Path out() {
    return directory.resolve("out");
  }

  private void drop(String body) throws IOException {
    Files.createDirectories(in());
    Path next = Files.writeString(directory.resolve("next"), body);
    Files.move(next, in().resolve("request"));
  }

  private Path answered() throws IOException {
    Eventually.within(SOON, () -> Files.isDirectory(out()) && answers().length == 1);
    return out().resolve(answers()[0]);
  }

  private String[] answers() {
    String[] names = out().toFile().list((folder, name) -> !name.startsWith("."));
    return names == null ? new String[0] : names;
  }

  @Test
  void itsRequestsPassTheSameGates() throws Exception {
    try (TestService service = setup().start()) {
      String body = Requests.body("echo", "{}", "n", approver.approve("echo", "{}"));
      drop(body);
      JsonNode answer = MAPPER.readTree(Files.readString(answered()));
      assertThat(answer.path("result").path("echo").isObject()).isTrue();
      assertThat(service.requests().execute(body).json()).isEqualTo(answer);
    }
  }

  @Test
  void noCharsetOfTheDoorsSaysHowItsTextIsReadAsBytes() throws Exception {
    TestService.Setup setup =
        setup()
            .door(
                "ingress-own",
                "- route:",
                "    id: own",
                "    from:",
                "      uri: \"file:" + in() + "?delay=50&initialDelay=0\"",
                "      steps:",
                "        - convertBodyTo: {type: String, charset: UTF-8}",
                "        - setHeader: {name: CamelCharsetName, constant: UTF-16}",
                "        - setHeader: {name: Content-Type, constant:"
                    + " application/json;charset=UTF-16}",
                "        - setProperty: {name: CamelCharsetName, constant: US-ASCII}",
                "        - to: direct:execute-with-retry",
                "        - to: \"file:" + out() + "?tempPrefix=.\"");
    try (TestService service = setup.start()) {
      String payload = "{\"x\":\"\u00e9\"}";
      String body = Requests.body("echo", payload, "\u00fc", approver.approve("echo", payload));
      drop(body);
      JsonNode answer = MAPPER.readTree(Files.readAllBytes(answered()));
      assertThat(answer.at("/result/echo/x").asText()).as(answer.toString()).isEqualTo("\u00e9");
      assertThat(service.requests().execute(body).replayed()).as("the same nonce").isTrue();
    }
  }

  @Test
  void whatIsNotFinalIsTriedAgain() throws Exception {
    TestService.Setup setup = setup().trusting(new TokenApprover("a-1", "a", Approver.TENANT));
    try (TestService service = setup.start()) {
      setup.writeRevocations("gone");
      Eventually.within(SOON, () -> service.requests().get("/ready").status() == 503);
      drop(Requests.body("echo", "{}", "n", approver.approve("echo", "{}")));
      TimeUnit.SECONDS.sleep(2);
      assertThat(answers()).as("503 is nothing to hand out").isEmpty();
      setup.trusting(new TokenApprover("a-1", "a", Approver.TENANT));
      assertThat(MAPPER.readTree(Files.readString(answered())).path("approved").asBoolean())
          .isTrue();
    }
  }

  @Test
  void nothingComesInBeforeTheServiceIsReady() throws Exception {
    drop(Requests.body("echo", "{}", "n", approver.approve("echo", "{}")));
    try (TestService service = setup().start()) {
      assertThat(MAPPER.readTree(Files.readString(answered())).path("approved").asBoolean())
          .isTrue();
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
    }
  }

  @Test
  void oneThatCannotOpenRefusesTheStart() {
    TestService.Setup setup =
        setup()
            .door(
                "ingress-wrong",
                "- route:",
                "    from:",
                "      uri: \"file:" + in() + "?noSuchOption=1\"",
                "      steps:",
                "        - to: direct:execute");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("noSuchOption");
  }

  /** What a door file may have at its top, by mistake, and what the start then says. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "- errorHandler: {defaultErrorHandler: {redeliveryPolicy: {maximumRedeliveries: 3}}}"
            + "| 'errorHandler' at the top of a file may reach routes of others",
        "- errorHandler: {deadLetterChannel: {deadLetterUri: 'file:dead'}}"
            + "| 'errorHandler' at the top of a file may reach routes of others",
        "- interceptSendToEndpoint: {uri: 'sql:*', steps: [{to: 'mock:x'}]}"
            + "| 'interceptSendToEndpoint' at the top",
        "- routeConfiguration: {errorHandler: {deadLetterChannel: {deadLetterUri: 'file:dead'}}}"
            + "| 'routeConfiguration' at the top",
        "- from: {uri: 'timer:x', steps: [{to: 'direct:actions/echo'}]}"
            + "| leads straight to an action, past the gates",
        "- from: {uri: 'timer:x', steps: [{toD: {uri: 'direct://actions/echo'}}]}"
            + "| leads straight to an action, past the gates",
        "- beans: [{name: verify, type: java.util.ArrayList}]| the name verify is taken",
        "- beans: [{name: nonces, type: java.util.ArrayList}]| the name nonces is taken",
        "- route: {id: gates, from: {uri: 'timer:x', steps: [{to: 'direct:execute'}]}}"
            + "| there are two routes with the id gates",
        "- from: {uri: 'direct:execute', steps: [{to: 'direct:gates'}]}| direct://execute",
        "- from: {uri: 'platform-http:/x', steps: [{to: 'direct:execute'}]}"
            + "| platform-http:/x lacks httpMethodRestrict",
        "- from: {uri: 'platform-http:/x/{id}?httpMethodRestrict=POST', steps: [{to: 'direct:x'}]}"
            + "| has a parameter",
        "apiVersion: camel.apache.org/v1| it must be a list",
        "- beans: [{name: a, type: java.util.ArrayList}, {name: a, type: java.util.HashSet}]"
            + "| the name a is taken",
        "- from: {uri: 'platform-http:/x?httpMethodRestrict=POST', steps: [{to: 'direct:execute'}]}"
            + "| platform-http:/x lacks consumes: application/json",
        "- from: {uri: 'platform-http:/ready?httpMethodRestrict=PUT&consumes=application/json',"
            + " steps: [{to: 'direct:x'}]}"
            + "| platform-http:/ready is there twice",
        "- from: {uri: 'jms:queue:x', steps: [{to: 'direct:execute'}]}"
            + "| are what actions send to",
      })
  void whatReachesBeyondItsRoutesRefusesTheStart(String file, String why) {
    TestService.Setup setup = setup().door("a-door", file);
    assertThatThrownBy(setup::start).isInstanceOf(StartRefused.class).hasMessageContaining(why);
  }

  @Test
  void noActionIsExecutedPastTheGates() throws Exception {
    TestService.Setup setup =
        setup()
            .tracing("leave", "")
            .door(
                "ingress-own",
                "- route:",
                "    id: own",
                "    from:",
                "      uri: \"file:" + in() + "?delay=50&initialDelay=0\"",
                "      steps:",
                "        - doTry:",
                "            steps:",
                "              - toD: \"direct:${header.where}actions/leave\"",
                "            doCatch:",
                "              - exception: [java.lang.Exception]",
                "                steps:",
                "                  - setBody: {simple: \"${exception.message}\"}",
                "        - to: \"file:" + out() + "?tempPrefix=.\"");
    try (TestService service = setup.start()) {
      drop("{}");
      assertThat(Files.readString(answered())).contains("executed by the gates only");
      assertThat(setup.traced()).isEmpty();
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
    }
  }

  @Test
  void aStreamIsReadOnceHoweverOftenItIsTried() throws Exception {
    TestService.Setup setup =
        setup()
            .trusting(new TokenApprover("a-1", "a", Approver.TENANT))
            .door(
                "ingress-own",
                "- route:",
                "    id: own",
                "    from:",
                "      uri: \"file:" + in() + "?delay=50&initialDelay=0\"",
                "      steps:",
                "        - convertBodyTo: {type: java.io.InputStream}",
                "        - to: direct:execute-with-retry",
                "        - to: \"file:" + out() + "?tempPrefix=.\"");
    try (TestService service = setup.start()) {
      setup.writeRevocations("gone");
      Eventually.within(SOON, () -> service.requests().get("/ready").status() == 503);
      drop(Requests.body("echo", "{}", "n", approver.approve("echo", "{}")));
      TimeUnit.SECONDS.sleep(2);
      setup.trusting(new TokenApprover("a-1", "a", Approver.TENANT));
      assertThat(MAPPER.readTree(Files.readString(answered())).path("approved").asBoolean())
          .isTrue();
    }
  }

  @Test
  void aFileFarBeyondARequestIsRefusedAndNotRead() throws Exception {
    try (TestService service = setup().start()) {
      Files.createDirectories(in());
      Path huge = directory.resolve("huge");
      try (RandomAccessFile sparse = new RandomAccessFile(huge.toFile(), "rw")) {
        // More than an array can hold.
        sparse.setLength(3L << 30);
      }
      Files.move(huge, in().resolve("request"));
      assertThat(MAPPER.readTree(Files.readString(answered())).path("status").asInt())
          .isEqualTo(413);
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
    }
  }

  @Test
  void whatABeanHasFromTheEnvironmentIsNotQuoted() {
    TestService.Setup setup =
        setup()
            .door(
                "beans",
                "- beans:",
                "    - name: warehouse",
                "      type: org.apache.qpid.jms.JmsConnectionFactory",
                "      properties: {pasword: \"{{env:PATH}}\"}");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("pasword={{env:PATH}}")
        .hasMessageNotContaining(System.getenv("PATH"));
  }

  /** Where Camel encodes it, or shows what it has decoded. */
  @ParameterizedTest
  @ValueSource(strings = {"passwrd", "password="})
  void norIsAPartOfIt(String option) {
    System.setProperty("openexec.test.secret", "k3J+d/9Zq8s=");
    TestService.Setup setup =
        setup()
            .door(
                "out",
                "- from:",
                "    uri: timer:x",
                "    steps:",
                "      - to:",
                "          uri: file:out",
                "          parameters: {\"" + option + "\": \"{{sys:openexec.test.secret}}\"}");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("passw")
        .hasMessageNotContaining("9Zq8s")
        .hasMessageNotContaining("k3J");
  }

  @Test
  void whatBeansOfTwoFilesAreCalledTellsThemApart() {
    TestService.Setup setup =
        setup()
            .door("a", "- beans: [{name: where, type: java.util.ArrayList}]")
            .door("b", "- beans: [{name: where, type: java.util.ArrayList}]");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("b.camel.yaml: the name where is taken");
  }

  @Test
  void aFileOfCommentsIsNoDoor() throws Exception {
    try (TestService service = setup().door("none", "# - route:", "#     id: none").start()) {
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
    }
  }

  /** What comes in during the self-test would be answered by a kernel that is thrown away. */
  @ParameterizedTest
  @ValueSource(strings = {"true", "True", "\"{{start:TRUE}}\""})
  void nothingComesInDuringTheSelfTestHoweverTheDoorSaysThatItStarts(String start)
      throws Exception {
    String body = Requests.body("echo", "{}", "n", approver.approve("echo", "{}"));
    TestService.Setup setup =
        setup()
            .with("OPENEXEC_SELF_TEST", "true")
            .door(
                "ingress-own",
                "- route:",
                "    id: own",
                "    autoStartup: " + start,
                "    from:",
                "      uri: timer:own?delay=0&period=2&repeatCount=300",
                "      steps:",
                "        - setBody: {constant: '" + body + "'}",
                "        - to: direct:execute",
                "        - to: \"file:" + out() + "?fileName=answers&fileExist=Append\"");
    try (TestService service = setup.start()) {
      Path answers = out().resolve("answers");
      Eventually.within(SOON, () -> Files.exists(answers));
      assertThat(Files.readString(answers)).contains("\"approved\":true").doesNotContain("code");
    }
  }

  @Test
  void requestsMayComeThroughAComponentOfTheDoorsOwn(@TempDir Path brokerDirectory)
      throws Exception {
    try (Broker broker = Broker.start(brokerDirectory)) {
      TestService.Setup setup =
          setup()
              .door(
                  "jms",
                  "- beans:",
                  "    - name: factory",
                  "      type: org.apache.qpid.jms.JmsConnectionFactory",
                  "      properties: {remoteURI: \"" + broker.url() + "\"}",
                  "    - name: warehouse",
                  "      type: org.apache.camel.component.jms.JmsComponent",
                  "      properties: {connectionFactory: \"#bean:factory\"}",
                  "- route:",
                  "    id: warehouse",
                  "    from:",
                  "      uri: warehouse:queue:other.requests",
                  "      parameters: {transacted: true, mapJmsMessage: true}",
                  "      steps:",
                  "        - to: direct:execute-with-retry",
                  "        - convertBodyTo: {type: String}",
                  "        - to: warehouse:queue:other.receipts");
      try (TestService service = setup.start()) {
        broker.send(
            "other.requests",
            Requests.body("echo", "{}", "n", approver.approve("echo", "{}")),
            "c");
        String answer = ((TextMessage) broker.receive("other.receipts")).getText();
        assertThat(MAPPER.readTree(answer).path("approved").asBoolean()).as(answer).isTrue();
      }
    }
  }
}
