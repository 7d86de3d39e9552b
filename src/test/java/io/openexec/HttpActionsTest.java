package io.openexec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.HttpTarget;
import io.openexec.testing.HttpTarget.Received;
import io.openexec.testing.Packaged;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Actions that call over HTTP: once or not at all, bounded, steered by nothing. */
class HttpActionsTest {
  private static final String CALLS =
      "description: calls\nschema: {type: object}\ntimeoutSeconds: 20\ndefiniteErrors:"
          + " {io.openexec.camel.NotConnected: target_away}\n";
  private static final String MARSHAL = "marshal: {json: {library: Jackson}}";
  private static final String NO_RESULT = "setBody: {constant: '{}'}";

  @TempDir Path directory;
  private final HttpTarget target = new HttpTarget();
  private final HttpTarget elsewhere = new HttpTarget();

  @AfterEach
  void stop() {
    target.close();
    elsewhere.close();
  }

  private static String post(String url, String... options) {
    return "to: {uri: '"
        + url
        + "', parameters: {httpMethod: POST, connectTimeout: 2000"
        + String.join("", Stream.of(options).map(option -> ", " + option).toList())
        + "}}";
  }

  private TestService calling(String url, String... options) {
    return service(MARSHAL, post(url, options), NO_RESULT);
  }

  private TestService service(String... steps) {
    return new TestService.Setup(directory).action("call", CALLS, steps).start();
  }

  private static void assertUnknown(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(409);
    assertThat(reply.json().path("state").asText()).isEqualTo("unknown");
  }

  private static void assertFailed(Reply reply, String reason) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(500);
    assertThat(reply.json().path("state").asText()).isEqualTo("failed");
    assertThat(reply.json().path("reason").asText()).isEqualTo(reason);
  }

  /** Runs the action, and again under the same nonce: the target hears of it once. */
  private void assertUnknownAndSentOnce(TestService service) {
    assertUnknown(service.requests().execute("call", "{\"id\":1}", "n"));
    assertUnknown(service.requests().execute("call", "{\"id\":1}", "n"));
    assertThat(target.received()).hasSize(1);
    assertThat(elsewhere.received()).isEmpty();
  }

  @Test
  void theBodyIsPostedAndTheAnswerIsTheBody() {
    target.answer(201, "{\"order\":\"\u00e9\"}", "Content-Type: text/plain; charset=utf-16");
    try (TestService service =
        service(
            MARSHAL,
            post(target.url() + "/orders/new"),
            "unmarshal: {json: {library: Jackson}}",
            "setBody: {simple: '{\"order\": \"${body[order]}\", \"status\":"
                + " ${header.httpStatus}}'}")) {
      Reply reply = service.requests().execute("call", "{\"caf\u00e9\":1}", "n");
      assertThat(reply.json().path("result"))
          .as(reply.text())
          .hasToString("{\"order\":\"\u00e9\",\"status\":201}");
    }
    Received request = target.received().get(0);
    assertThat(request.line()).isEqualTo("POST /orders/new HTTP/1.1");
    assertThat(request.body()).isEqualTo("{\"caf\u00e9\":1}");
    assertThat(request.headers())
        .containsEntry("content-type", "application/json")
        .containsEntry("user-agent", "OpenExec")
        .containsEntry("connection", "close")
        .containsEntry("host", "127.0.0.1:" + target.port())
        .containsOnlyKeys("content-type", "content-length", "user-agent", "host", "connection");
  }

  @Test
  void noHeaderSteersACallAndNoneComesBack() {
    target.answer(200, "{}", "CamelHttpUri: " + elsewhere.url(), "X-Back: 1", "Set-Cookie: a=b");
    List<String> steps = new ArrayList<>();
    for (String header :
        List.of(
            "CamelHttpUri: " + elsewhere.url(),
            "CamelRestHttpUri: " + elsewhere.url(),
            "CamelHttpPath: /other",
            "CamelHttpQuery: a=b",
            "CamelHttpRawQuery: a=b",
            "CamelHttpMethod: GET",
            "CamelHttpProtocolVersion: HTTP/1.0",
            "Host: other.example",
            "Content-Type: application/x-java-serialized-object",
            "Content-Encoding: gzip",
            "Transfer-Encoding: chunked",
            "Authorization: Bearer mine",
            "X-Other: x")) {
      String[] pair = header.split(": ", 2);
      steps.add("setHeader: {name: " + pair[0] + ", constant: '" + pair[1] + "'}");
    }
    steps.add("setHeader: {name: expect, simple: '${body[expect]}'}");
    steps.add(MARSHAL);
    steps.add(post(target.url() + "/fixed"));
    steps.add(post(target.url() + "/fixed"));
    steps.add("removeHeaders: {pattern: 'Camel*'}");
    steps.add("setBody: {simple: '{\"back\": \"${header.xBack}\"}'}");
    try (TestService service = service(steps.toArray(String[]::new))) {
      assertThat(service.requests().execute("call", "{\"expect\":\"x\"}", "n").status())
          .isEqualTo(200);
    }
    assertThat(elsewhere.received()).isEmpty();
    assertThat(target.received()).hasSize(2);
    for (Received request : target.received()) {
      assertThat(request.line()).isEqualTo("POST /fixed HTTP/1.1");
      assertThat(request.headers())
          .containsEntry("host", "127.0.0.1:" + target.port())
          .containsEntry("content-type", "application/json")
          .containsOnlyKeys("content-type", "content-length", "user-agent", "host", "connection");
    }
    assertThat(target.received().get(0).body()).isEqualTo("{\"expect\":\"x\"}");
  }

  @Test
  void noHeaderOrPayloadOfARequestSteersACall() {
    try (TestService service = calling(target.url() + "/fixed")) {
      int nonce = 0;
      for (String name :
          List.of("CamelHttpUri", "cAMELhTTPuRI", "CAMELHTTPPATH", "CamelHttpMethod", "Host2")) {
        String payload = "{\"" + name + "\":\"" + elsewhere.url() + "\"}";
        Requests requests = service.requests();
        Reply reply =
            requests.send(
                requests
                    .to("/execute?" + name + "=x")
                    .header("Content-Type", "application/json")
                    .header(name, elsewhere.url())
                    .POST(
                        BodyPublishers.ofString(Requests.body("call", payload, "n" + nonce, null)))
                    .build());
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        Received request = target.received().get(nonce++);
        assertThat(request.line()).isEqualTo("POST /fixed HTTP/1.1");
        assertThat(request.body()).isEqualTo(payload);
        assertThat(request.headers())
            .containsOnlyKeys("content-type", "content-length", "user-agent", "host", "connection");
      }
    }
    assertThat(elsewhere.received()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void aRedirectIsNotFollowed(int status) {
    target.answer(status, "", "Location: " + elsewhere.url() + "/there");
    try (TestService service = calling(target.url())) {
      assertUnknownAndSentOnce(service);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {101, 401, 407, 408, 409, 429, 500, 503})
  void noStatusIsAReasonToSendAgainAndNoneIsDefiniteByItself(int status) {
    target.answer(
        status,
        "",
        "Retry-After: 0",
        "WWW-Authenticate: Basic realm=\"x\"",
        "Proxy-Authenticate: Basic realm=\"x\"",
        "Connection: keep-alive");
    try (TestService service = calling(target.url(), "responseTimeout: 1000")) {
      assertUnknownAndSentOnce(service);
    }
  }

  @Test
  void aConnectionThatIsClosedInsteadOfAnAnswerIsUnknownAndNothingIsSentAgain() {
    target.answer((request, out) -> {});
    try (TestService service = calling(target.url())) {
      assertUnknownAndSentOnce(service);
    }
  }

  @Test
  void anAnswerThatBreaksOffIsUnknown() {
    target.answer(
        (request, out) ->
            out.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".getBytes(ISO_8859_1)));
    try (TestService service = calling(target.url())) {
      assertUnknownAndSentOnce(service);
    }
  }

  @Test
  void aStatusIsDefiniteWhereTheActionSaysSo() {
    try (TestService service =
        service(
            MARSHAL,
            post(target.url(), "okStatusCodeRange: '200-299,409'"),
            "filter: {simple: '${header.httpStatus} == 409', steps: [{throwException:"
                + " {exceptionType: io.openexec.execution.NothingDone, message: conflict}}]}",
            NO_RESULT)) {
      target.answer(409, "");
      assertFailed(service.requests().execute("call", "{}", "n1"), "conflict");
      target.answer(410, "");
      assertUnknown(service.requests().execute("call", "{}", "n2"));
      target.answer(204, "");
      assertThat(service.requests().execute("call", "{}", "n3").status()).isEqualTo(200);
    }
  }

  @Test
  void whatWasNeverConnectedFailsDefinitelyWhereTheActionSaysSo() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action("refused", CALLS, MARSHAL, post("http://127.0.0.1:" + free), NO_RESULT)
            .action("nowhere", CALLS, MARSHAL, post("http://no-such-host.invalid"), NO_RESULT)
            .action(
                "silent",
                "description: d\nschema: {type: object}\n",
                MARSHAL,
                post("http://127.0.0.1:" + free),
                NO_RESULT);
    try (TestService service = setup.start()) {
      assertFailed(service.requests().execute("refused", "{}", "n1"), "target_away");
      assertFailed(service.requests().execute("nowhere", "{}", "n2"), "target_away");
      assertUnknown(service.requests().execute("silent", "{}", "n3"));
    }
  }

  @Test
  void aServerWhoseCertificateDoesNotHoldIsSentNothing() throws Exception {
    try (HttpTarget secure = new HttpTarget(tls());
        TestService service = calling("https://127.0.0.1:" + secure.port())) {
      assertFailed(service.requests().execute("call", "{}", "n"), "target_away");
      assertThat(secure.received()).isEmpty();
    }
  }

  private ServerSocket tls() throws Exception {
    Path store = directory.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J" + Packaged.SOON,
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.txt").toFile())
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context
        .getServerSocketFactory()
        .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @Test
  void anAnswerWithoutEndIsUnknownAndKeepsNeitherMemoryNorThread() {
    List<byte[]> endless =
        List.of(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(ISO_8859_1),
            ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(ISO_8859_1),
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".getBytes(ISO_8859_1),
            "x".repeat(0x10000).getBytes(ISO_8859_1),
            "HTTP/1.1 200 OK\r\nX: ".getBytes(ISO_8859_1),
            "x".repeat(0x10000).getBytes(ISO_8859_1),
            "HTTP/1.1 200 OK\r\n".getBytes(ISO_8859_1),
            "X: y\r\n".repeat(1_000).getBytes(ISO_8859_1),
            "".getBytes(ISO_8859_1),
            "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000).getBytes(ISO_8859_1));
    try (TestService service = calling(target.url(), "responseTimeout: 3000")) {
      for (int i = 0; i < endless.size(); i += 2) {
        byte[] first = endless.get(i);
        byte[] again = endless.get(i + 1);
        target.answer(
            (request, out) -> {
              out.write(first);
              while (!Thread.currentThread().isInterrupted()) {
                out.write(again);
              }
            });
        long began = System.nanoTime();
        assertUnknown(service.requests().execute("call", "{}", "n" + i));
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began)).isLessThan(15);
      }
      assertThat(target.received()).hasSize(endless.size() / 2);
    }
  }

  @Test
  void anAnswerThatFillsTheBoundIsStillTaken() {
    String full = "{\"x\":\"" + "y".repeat((1 << 20) - 8) + "\"}";
    target.answer(200, full);
    try (TestService service = calling(target.url())) {
      assertThat(service.requests().execute("call", "{}", "n1").status()).isEqualTo(200);
      target.answer(200, full + " ");
      assertUnknown(service.requests().execute("call", "{}", "n2"));
    }
  }

  @Test
  void anAnswerThatDripsIsCutOff() {
    target.answer(
        (request, out) -> {
          out.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".getBytes(ISO_8859_1));
          drip(out);
        });
    // Both together; the drops come sooner.
    try (TestService service = calling(target.url(), "responseTimeout: 1000")) {
      long began = System.nanoTime();
      assertUnknownAndSentOnce(service);
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began))
          .isBetween(1_500L, 15_000L);
    }
  }

  private static void drip(OutputStream out) throws IOException {
    try {
      for (int i = 0; i < 100; i++) {
        out.write('x');
        out.flush();
        TimeUnit.MILLISECONDS.sleep(200);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void compressedAndSerialisedAnswersAreBytes() {
    for (String header :
        List.of("Content-Encoding: gzip", "Content-Type: application/x-java-serialized-object")) {
      target.answer(200, "{}", header);
      Path own = directory.resolve(header.substring(8, 12));
      try (TestService service =
          new TestService.Setup(own).action("call", CALLS, MARSHAL, post(target.url())).start()) {
        Reply reply = service.requests().execute("call", "{}", "n");
        assertThat(reply.json().path("result")).as(reply.text()).hasToString("{}");
      }
    }
  }

  @Test
  void aBeanThatCouldSendAgainIsRefused() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .door("beans", "- beans: [{name: twice, type: io.openexec.testing.TwiceConfigurer}]")
            .action(
                "call",
                CALLS,
                MARSHAL,
                post(target.url(), "httpClientConfigurer: '#twice'"),
                NO_RESULT);
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("must name one of httpCredentials in resources.yaml");
  }

  @Test
  void whatItLogsInWithIsSentToTheTargetAlone() throws IOException {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .with("TOKEN", "Zyxwvut-0815-hush")
            .with("PASSWORD", "p\u00e4ss:word")
            .action(
                "token",
                CALLS,
                MARSHAL,
                post(target.url(), "httpClientConfigurer: '#node'"),
                NO_RESULT)
            .action(
                "basic",
                CALLS,
                MARSHAL,
                post(target.url(), "httpClientConfigurer: '#shop'"),
                NO_RESULT)
            .action("open", CALLS, MARSHAL, post(target.url()), NO_RESULT);
    Files.write(
        setup.ownRoutes().resolve("resources.yaml"),
        List.of(
            "httpCredentials:",
            "  node: {bearerToken: '${secret:TOKEN}'}",
            "  shop: {user: openexec, password: '${secret:PASSWORD}'}"));
    try (TestService service = setup.start()) {
      for (String action : List.of("token", "basic", "open")) {
        assertThat(service.requests().execute(action, "{}", action).status()).isEqualTo(200);
      }
      target.answer(307, "", "Location: " + elsewhere.url());
      assertUnknown(service.requests().execute("token", "{}", "n"));
    }
    assertThat(target.received().stream().map(request -> request.headers().get("authorization")))
        .isEqualTo(
            Arrays.asList(
                "Bearer Zyxwvut-0815-hush",
                "Basic b3BlbmV4ZWM6cMOkc3M6d29yZA==",
                null,
                "Bearer Zyxwvut-0815-hush"));
    assertThat(elsewhere.received()).isEmpty();
  }
}
