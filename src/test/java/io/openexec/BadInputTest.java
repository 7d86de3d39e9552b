package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.testing.Approver;
import io.openexec.testing.RawHttp;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bad input gets the right 4xx and a clear reason, executes nothing, and leaves the service well.
 */
class BadInputTest {
  @TempDir static Path directory;
  private static TestService.Setup setup;
  private static TestService service;
  private static Requests requests;
  private int executionsBefore;

  @BeforeAll
  static void start() {
    setup = new TestService.Setup(directory).tracing("trace", "");
    service = setup.start();
    requests = service.requests();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @BeforeEach
  void count() {
    executionsBefore = executions();
  }

  @AfterEach
  void stillWell() {
    assertThat(requests.get("/ready").status()).isEqualTo(200);
  }

  private static int executions() {
    return Integer.parseInt(
        StoreRows.of(setup.database(), "SELECT COUNT(*) FROM executions").get(0));
  }

  private void assertRefused(Reply reply, int status, String detail) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    assertThat(reply.detail()).contains(detail);
    assertThat(reply.header("Content-Type")).contains("application/problem+json");
    assertThat(executions()).isEqualTo(executionsBefore);
    assertThat(setup.traced()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{|malformed",
        "[]|not a JSON object",
        "\"x\"|not a JSON object",
        "null|not a JSON object",
        "{\"action\":\"trace\",\"nonce\":\"n\"} x|malformed",
        "{\"action\":\"trace\",\"nonce\":\"n\"}{}|content after the end",
        "{\"action\":\"trace\",\"action\":\"echo\",\"nonce\":\"n\"}|a duplicate member name",
        "{\"action\":\"trace\",\"\\u0061ction\":\"echo\",\"nonce\":\"n\"}|a duplicate member name",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":{\"id\":1,\"i\\u0064\":2}}|a duplicate member name",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"other\":{\"x\":1,\"x\":2}}|a duplicate member name",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":{\"id\":NaN}}|malformed",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":{\"id\":Infinity}}|malformed",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":{\"id\":-Infinity}}|malformed",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":{\"id\":1e999}}|beyond the range of a double",
        "{\"action\":\"trace\",\"nonce\":\"\\ud800\"}|lone surrogate",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":{\"\\udc00\":1}}|lone surrogate",
        "{\"nonce\":\"n\"}|action is missing",
        "{\"action\":1,\"nonce\":\"n\"}|action must be a string",
        "{\"action\":null,\"nonce\":\"n\"}|action must be a string",
        "{\"action\":\"trace\"}|nonce is missing",
        "{\"action\":\"trace\",\"nonce\":1}|nonce must be a string",
        "{\"action\":\"trace\",\"nonce\":null}|nonce must be a string",
        "{\"action\":\"trace\",\"nonce\":\"\"}|nonce must have 1 to 1024 characters, and has 0",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":[]}|payload must be an object or null",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":\"{}\"}|payload must be an object or null",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":0}|payload must be an object or null",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"approval_artifact\":\"x\"}|approval_artifact must be an object or null",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"approval_artifact\":[]}|approval_artifact must be an object or null",
        "{\"action\":\"trace\",\"nonce\":\"n\",\"approval_artifact\":{}}|Missing expires_at in approval artifact",
      })
  void schemaViolationsAre422(String body, String reason) {
    assertRefused(requests.execute(body), 422, reason);
  }

  @Test
  void bombsAndGiants() {
    assertRefused(requests.execute(""), 422, "empty");
    String bomb = "[".repeat(100_000);
    assertRefused(
        requests.execute("{\"action\":\"trace\",\"nonce\":\"n\",\"payload\":{\"id\":" + bomb),
        422,
        "nested deeper than 100");
    assertRefused(
        requests.execute("trace", "{\"id\":" + "9".repeat(4_301) + "}", "n"), 422, "4300 digits");
    assertRefused(
        requests.execute("trace", "{\"id\":1}", "n".repeat(100_000)),
        422,
        "nonce must have 1 to 1024 characters, and has 100000");
    assertRefused(requests.execute("trace", "{\"id\":1}", "n".repeat(1_025)), 422, "and has 1025");
    assertRefused(
        requests.execute("trace", "{\"x\":\"" + "x".repeat(10 << 20) + "\"}", "n"), 413, "1048576");
    byte[] notUtf8 =
        "{\"action\":\"trace\",\"nonce\":\"\u00ff\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(post(notUtf8), 422, "not UTF-8");
    assertRefused(
        post("{\"action\":\"trace\",\"nonce\":\"n\"}".getBytes(StandardCharsets.UTF_16)),
        422,
        "not UTF-8");
    assertRefused(
        post("\ufeff{\"action\":\"trace\",\"nonce\":\"n\"}".getBytes(StandardCharsets.UTF_8)),
        422,
        "malformed");
  }

  private static Reply post(byte[] body) {
    return requests.send(
        requests
            .to("/execute")
            .header("Content-Type", "application/json; charset=iso-8859-1")
            .POST(BodyPublishers.ofByteArray(body))
            .build());
  }

  @Test
  void theLongestNonceHas1024CodePoints() {
    Reply reply = requests.execute("echo", "{}", "😀".repeat(1_024));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(requests.execute("echo", "{}", "😀".repeat(1_024)).replayed()).isTrue();
  }

  @Test
  void noncesAreTakenToTheCharacter() {
    List<String> nonces =
        List.of(
            "\\u0000",
            "a\\u0000b",
            "a",
            "A",
            " a",
            "a ",
            "\\u00e9",
            "e\\u0301",
            "' OR 1=1 --",
            "${body}",
            "{{env:HOME}}",
            "%00",
            "\\n",
            "${jndi:ldap://x}");
    for (String nonce : nonces) {
      Reply reply = requests.execute("echo", "{\"nonce\":\"" + nonce + "\"}", nonce);
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.replayed()).as(nonce).isFalse();
      assertThat(requests.execute("echo", "{\"nonce\":\"" + nonce + "\"}", nonce).replayed())
          .isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../echo",
        "..%2Fecho",
        "direct:x",
        "direct:actions/echo",
        "actions/echo",
        "builtin:echo",
        "echo?x=y",
        "Echo",
        "echo ",
        " echo",
        "echo\\u0000",
        "",
        "'; DROP TABLE executions; --",
        "${body}",
        "{{env:PATH}}",
        "#echo",
        "echo.camel.yaml",
        "file:/etc/passwd",
        "ref:echo",
        "bean:exactlyOnce",
        "class:java.lang.Runtime"
      })
  void namesOfNoActionAre400(String action) {
    Reply reply = requests.execute(action, "{\"id\":1}", "n");
    assertRefused(reply, 400, "Unknown action: ");
    assertThat(reply.detail())
        .startsWith("Unknown action: " + action.replace("\\u0000", "\0") + ".");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "' OR '1'='1",
        "'; DROP TABLE executions; --",
        "${body}",
        "${env:PATH}",
        "{{env:PATH}}",
        "${jndi:ldap://localhost/x}",
        "#{1+1}",
        "%{1+1}",
        "<script>",
        "../../etc/passwd",
        "$simple{body}"
      })
  void textThatOthersWouldInterpretStaysText(String text) {
    Reply reply = requests.execute("echo", "{\"" + text + "\":\"" + text + "\"}", "text " + text);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().path("result").path("echo").path(text).asText()).isEqualTo(text);
    assertThat(requests.execute(text, "{}", "n").status()).isEqualTo(400);
    ObjectNode artifact = JsonNodeFactory.instance.objectNode();
    for (String member :
        List.of(
            "approval_id", "tenant_id", "action_hash", "issued_at", "expires_at", "signature")) {
      artifact.put(member, text);
    }
    assertThat(requests.execute("echo", "{}", "n", artifact).status()).isEqualTo(403);
    artifact.put("action_hash", Approver.hash("echo", "{}"));
    assertThat(requests.execute("echo", "{}", "n", artifact).status()).isEqualTo(403);
  }

  @Test
  void whatRunsAndIsStoredIsWhatWasHashed() {
    String precise = "0.1000000000000000055511151231257827";
    Reply reply =
        requests.execute(
            "echo", "{\"n\":" + precise + ",\"i\":9007199254740993,\"f\":1e2}", "doubles");
    assertThat(reply.text())
        .contains("{\"echo\": {\"f\": 100.0, \"i\": 9007199254740993, \"n\": 0.1}}");
    assertThat(
            StoreRows.of(
                setup.database(),
                "SELECT payload, action_hash, result FROM executions WHERE nonce = '\"doubles\"'"))
        .containsExactly(
            "{\"f\":100.0,\"i\":9007199254740993,\"n\":0.1}|"
                + Approver.hash("echo", "{\"f\":100.0,\"i\":9007199254740993,\"n\":0.1}")
                + "|{\"echo\": {\"f\": 100.0, \"i\": 9007199254740993, \"n\": 0.1}}");
    assertThat(requests.execute("add", "{\"a\":0.1,\"b\":0.2}", "py1").text())
        .contains("{\"sum\": 0.30000000000000004}");
    assertThat(requests.execute("add", "{\"a\":9007199254740993,\"b\":1}", "py2").text())
        .contains("{\"sum\": 9007199254740994}");
    assertThat(requests.execute("add", "{\"a\":9007199254740993,\"b\":0.0}", "py3").text())
        .contains("{\"sum\": 9007199254740992.0}");
    assertThat(requests.execute("add", "{\"a\":1e308}", "py4").text())
        .contains("{\"sum\": 1e+308}");
    assertThat(requests.execute("add", "{}", "py5").text()).contains("{\"sum\": 0}");
  }

  @Test
  void aMultipartUploadLeavesNoFile() throws Exception {
    String body =
        "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\nhello\r\n--x--\r\n";
    assertRefused(
        RawHttp.sendBody(
            service.port(),
            "POST /execute HTTP/1.1",
            body,
            "Host: localhost",
            "Content-Type: multipart/form-data; boundary=x"),
        415,
        "Content-Type");
    try (var files = Files.list(Path.of("."))) {
      assertThat(files.map(Path::toString)).noneMatch(name -> name.contains("file-uploads"));
    }
  }

  @Test
  void twoContentTypesAreNone() {
    assertRefused(
        RawHttp.sendBody(
            service.port(),
            "POST /execute HTTP/1.1",
            "{\"action\":\"trace\",\"nonce\":\"n\"}",
            "Host: localhost",
            "Content-Type: application/json",
            "Content-Type: text/plain"),
        415,
        "Content-Type");
  }
}
