package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.openexec.camel.RegistryDigest;
import io.openexec.receipt.Hash;
import io.openexec.testing.FtpTarget;
import io.openexec.testing.Opened;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What an endpoint of an action logs in with, by its options, whatever its component. */
class SecretOptionsTest {
  private static final String SECRET = "Zyxwvut-0815-hush";
  private static final String ACTION =
      "description: d\nschema: {type: object}\nsecrets: [DEPOT, HUSH]\n";
  private static final String TEXT = "setBody: {constant: x}";

  @TempDir Path directory;

  private static String send(FtpTarget target) {
    return "to: {uri: 'ftp:me@"
        + target.address()
        + "/in', parameters: {password: '{{secret:DEPOT}}', fileName: a,"
        + " maximumReconnectAttempts: 0}}";
  }

  private TestService.Setup setup(String secret) {
    return new TestService.Setup(directory).with("DEPOT", secret).with("HUSH", SECRET);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "a)&b=c;d}#%41+%20 /@:?\\\"'",
        "RAW(x)&y",
        "{{secret:HUSH}}",
        "p{{w",
        "${body}",
        "#bean:openexec.secret.HUSH",
        "#class:java.lang.Object",
      })
  void theOptionIsTheSecretWhateverItsCharacters(String secret) throws Exception {
    try (FtpTarget target = new FtpTarget();
        TestService service =
            setup(secret)
                .action("act", ACTION, TEXT, send(target))
                .action(
                    "query",
                    ACTION,
                    TEXT,
                    "to: 'ftp:me@"
                        + target.address()
                        + "/in?maximumReconnectAttempts=0&password={{secret:DEPOT}}&fileName=a'")
                .start()) {
      for (String action : List.of("act", "query")) {
        Reply reply = service.requests().execute(action, "{}", action);
        assertThat(reply.json().path("state").asText()).as(reply.text()).isEqualTo("unknown");
      }
      assertThat(target.passwords()).hasSize(2).containsOnly(secret);
    }
  }

  @Test
  void theDigestIsOfTheReferenceAndNotOfTheSecret() throws Exception {
    try (FtpTarget target = new FtpTarget()) {
      TestService.Setup setup = setup(SECRET).action("act", ACTION, TEXT, send(target));
      Hash digest = RegistryDigest.of(setup.ownRoutes());
      for (String secret : List.of(SECRET, "other")) {
        try (TestService service = setup.with("DEPOT", secret).start()) {
          Reply reply = service.requests().execute("act", "{}", secret);
          String keys = service.requests().get("/.well-known/jwks.json").text();
          assertThat(Opened.of(reply, keys).clear().path("registry").asText())
              .isEqualTo(digest.hex());
        }
      }
      assertThat(target.passwords()).containsExactly(SECRET, "other");
    }
  }

  @Test
  void theExampleOfTheReadmeStarts() throws Exception {
    String step =
        Pattern.compile("```yaml\n(- to:\n[^`]*\\{\\{secret:[^`]*)```")
            .matcher(Files.readString(Path.of("README.md")))
            .results()
            .map(example -> example.group(1).substring(2).replace("\n", "\n          "))
            .findFirst()
            .orElseThrow();
    String descriptor = ACTION.replace("DEPOT", "DEPOT_PASSWORD");
    setup("x").with("DEPOT_PASSWORD", SECRET).action("act", descriptor, step).start().close();
  }

  @Test
  void itIsInNoLogAnswerReceiptOrPage() throws Exception {
    List<String> seen = new ArrayList<>();
    try (Log log = new Log();
        FtpTarget target = new FtpTarget()) {
      TestService.Setup setup = setup(SECRET).action("act", ACTION, TEXT, send(target));
      try (TestService service = setup.start()) {
        Reply reply = service.requests().execute("act", "{}", "n");
        seen.add(reply.text());
        seen.add(service.requests().get("/receipts/" + reply.id()).text());
        for (String page : List.of("/health", "/ready", "/actions", "/metrics")) {
          seen.add(service.requests().get(page).text());
        }
      }
      assertThat(target.passwords()).containsExactly(SECRET);
      seen.addAll(log.lines());
    }
    assertThat(seen).isNotEmpty().noneMatch(text -> text.contains(SECRET));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ftp:me@127.0.0.1:1/in|pasword|Unknown parameters",
        "ftp:me@127.0.0.1:1/in|soTimeout|to the required type: int",
        "trace:x|answer|no endpoint took the secret DEPOT",
      })
  void anOptionThatCannotTakeItDoesNotShowIt(String uri, String option, String reason) {
    String step = "to: {uri: '" + uri + "', parameters: {" + option + ": '{{secret:DEPOT}}'}}";
    TestService.Setup setup = setup(SECRET).action("act", ACTION, step);
    List<String> lines;
    try (Log log = new Log()) {
      assertRefused(setup, reason);
      lines = log.lines();
    }
    assertThat(lines).isNotEmpty().noneMatch(text -> text.contains(SECRET));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "to: {uri: 'ftp:h', parameters: {password: '{{secret:OTHER}}'}}|the secret OTHER is not declared",
        "to: 'ftp:h?password={{secret:OTHER}}'|the secret OTHER is not declared",
        "to: {uri: 'ftp:h', parameters: {password: 'x{{secret:HUSH}}'}}|the whole value of an option",
        "to: {uri: 'ftp:h', parameters: {password: '{{secret:HUSH}}{{secret:HUSH}}'}}|the whole value of an option",
        "to: {uri: 'ftp:h', parameters: {password: 'RAW({{secret:HUSH}})'}}|the whole value of an option",
        "to: {uri: 'ftp:h', parameters: {password: '{{secret:HUSH:x}}'}}|the whole value of an option",
        "to: {uri: 'ftp:h', parameters: {password: ' {{secret:HUSH}}'}}|the whole value of an option",
        "to: {uri: 'ftp:h', parameters: {password: '${secret:HUSH}'}}|the whole value of an option",
        "to: 'ftp:h?password={{secret:HUSH}}x&b=c'|the whole value of an option",
        "to: 'ftp:h?{{secret:HUSH}}=x'|the whole value of an option",
        "to: 'ftp:h?{{secret:HUSH}}'|the whole value of an option",
        "to: 'ftp:{{secret:HUSH}}'|the whole value of an option",
        "to: '{{secret:HUSH}}'|the whole value of an option",
        "to: {uri: 'ftp:h', parameters: {'{{secret:HUSH}}': x}}|the whole value of an option",
        "setBody: {constant: '{{secret:HUSH}}'}|the whole value of an option",
        "setBody: {simple: '{{secret:HUSH}}'}|the whole value of an option",
        "setBody: {simple: '${secret:HUSH}'}|the whole value of an option",
        "setHeader: {name: a, constant: '{{secret:HUSH}}'}|the whole value of an option",
        "throwException: {exceptionType: java.lang.Exception, message: '{{secret:HUSH}}'}|the whole value of an option",
        "to: {uri: 'ftp:h', parameters: {password: '{{env:HUSH}}'}}|property placeholders",
        "to: {uri: 'ftp:h', parameters: {password: '{{?secret:HUSH}}'}}|property placeholders",
        "to: {uri: 'ftp:h', parameters: {password: '#bean:openexec.secret.HUSH'}}|may name a bean as #name",
        "to: {uri: 'sql:x', parameters: {query: '{{secret:HUSH}}'}}|'sql:' takes no secret",
        "to: {uri: 'file:x', parameters: {fileName: '{{secret:HUSH}}'}}|'file:' takes no secret",
        "to: {uri: 'https://h/', parameters: {httpMethod: '{{secret:HUSH}}'}}|'https:' takes no secret",
        "to: {uri: 'ftp:h', parameters: {ftpClient.controlEncoding: '{{secret:HUSH}}'}}|takes no secret",
        "to: {uri: 'ftp:h', parameters: {exchangePattern: '{{secret:HUSH}}'}}|lets a message steer",
      })
  void anywhereElseItRefusesTheStart(String step, String reason) {
    assertRefused(setup(SECRET).action("act", ACTION, step), reason);
  }

  @Test
  void oneThatIsNotThereRefusesTheStart() {
    TestService.Setup setup =
        setup(SECRET)
            .action(
                "act", ACTION, "to: {uri: 'ftp:h', parameters: {password: '{{secret:DEPOT}}'}}");
    assertRefused(setup.without("DEPOT"), "the secret DEPOT is missing");
  }

  private static void assertRefused(TestService.Setup setup, String reason) {
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining(reason)
        .satisfies(
            error -> {
              StringWriter trace = new StringWriter();
              error.printStackTrace(new PrintWriter(trace));
              assertThat(trace.toString()).doesNotContain(SECRET);
            });
  }

  /** All that anything logs, at the finest level. */
  private static final class Log implements AutoCloseable {
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Level before = root.getLevel();

    Log() {
      events.start();
      root.addAppender(events);
      root.setLevel(Level.TRACE);
    }

    List<String> lines() {
      List<String> lines = new ArrayList<>();
      for (ILoggingEvent event : List.copyOf(events.list)) {
        lines.add(event.getFormattedMessage());
        if (event.getThrowableProxy() != null) {
          lines.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
      }
      return lines;
    }

    @Override
    public void close() {
      root.setLevel(before);
      root.detachAppender(events);
    }
  }
}
