package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.openexec.camel.RegistryDigest;
import io.openexec.testing.Broker;
import io.openexec.testing.HttpTarget;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** What actions reach out with, and what they log in with. */
class ResourcesTest {
  private static final String SECRET = "Zyxwvut-0815-hush";
  private static final String ACTION = "description: d\nschema: {type: object}\n";
  private static final String MARSHAL = "marshal: {json: {library: Jackson}}";

  @TempDir Path directory;
  @TempDir Path brokerDirectory;

  private TestService.Setup with(String... lines) throws IOException {
    TestService.Setup setup = new TestService.Setup(directory);
    Files.writeString(setup.ownRoutes().resolve("resources.yaml"), String.join("\n", lines) + "\n");
    return setup;
  }

  private TestService.Setup sqlite() throws IOException {
    TestDatabase.file(directory.resolve("data.db"))
        .execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
    return with("dataSources:", "  stock: {url: 'sqlite:///../data.db'}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "dataSource: {}|'dataSource' is not allowed in the file",
        "dataSources: []|must be a map of names",
        "dataSources: {Bank: {url: 'sqlite:///x.db'}}|'Bank' is not a name in lower camel case",
        "dataSources: {bank: {}}|dataSources.bank.url is missing",
        "dataSources: {bank: {url: 'sqlite:///x.db', driver: evil.Driver}}|'driver' is not allowed",
        "dataSources: {bank: {url: 'jdbc:h2:mem:x'}}|the url cannot be used",
        "dataSources: {bank: {url: 'postgresql://h/n?socketFactory=evil.F'}}|'socketFactory' is not accepted",
        "dataSources: {bank: {url: 'postgresql://h/n', password: Zyxwvut-0815-hush}}|must be a reference",
        "dataSources: {bank: {url: 'postgresql://u:Zyxwvut-0815-hush@h/n'}}|has a password in it",
        "dataSources: {bank: {url: 'postgresql://h/n', password: '${secret:GONE}'}}|there is no secret GONE",
        "dataSources: {bank: {url: '${secret:HUSH}'}}|the url cannot be used",
        "dataSources: {bank: {url: 'sqlite:///x.db', poolSize: 0}}|poolSize must be",
        "dataSources: {bank: {url: 'sqlite:///gone.db'}}|its file is not there",
        "dataSources: {parse: {url: 'sqlite:///../data.db'}}|the name is one of OpenExec's own",
        "httpCredentials: []|must be a map of names",
        "httpCredentials: {Node: {bearerToken: '${secret:HUSH}'}}|'Node' is not a name in lower camel case",
        "httpCredentials: {node: {token: '${secret:HUSH}'}}|'token' is not allowed",
        "httpCredentials: {node: {}}|either bearerToken, or user and password",
        "httpCredentials: {node: {user: u}}|either bearerToken, or user and password",
        "httpCredentials: {node: {user: u, bearerToken: '${secret:HUSH}'}}|either bearerToken, or",
        "httpCredentials: {node: {bearerToken: Zyxwvut-0815-hush}}|must be a reference",
        "httpCredentials: {node: {user: u, password: Zyxwvut-0815-hush}}|must be a reference",
        "httpCredentials: {node: {bearerToken: '${secret:GONE}'}}|there is no secret GONE",
        "httpCredentials: {node: {bearerToken: '${secret:HUSH} X'}}|must be a reference",
        "httpCredentials: {node: {user: 'a:b', password: '${secret:HUSH}'}}|user has no colon",
        "httpCredentials: {parse: {bearerToken: '${secret:HUSH}'}}|the name is one of OpenExec's own",
        "connectionFactories: {broker: {}}|connectionFactories.broker.url is missing",
        "connectionFactories: {broker: {url: 'tcp://h:1'}}|is no address of an AMQP 1.0 broker",
        "connectionFactories: {broker: {url: 'amqp://u:Zyxwvut-0815-hush@h'}}|has credentials in it",
        "connectionFactories: {broker: {url: 'amqp://h?jms.x=y'}}|has options in it",
        "connectionFactories: {broker: {url: 'amqp://h', user: u}}|either user and password",
        "connectionFactories: {broker: {url: 'amqp://h', user: u, password: Zyxwvut-0815-hush}}|must be a reference",
        "connectionFactories: {parse: {url: 'amqp://h'}}|the name is one of OpenExec's own",
        "connectionFactories: []|must be a map of names",
        "connectionFactories: {shop: {url: 'amqp://h', user: u, password: '${secret:HUSH}'}}|goes over amqps:",
        "connectionFactories: {shop: {url: 'amqp://localhost.h', user: u, password: '${secret:HUSH}'}}|goes over amqps:",
        "connectionFactories: {shop: {url: 'amqps://h', user: u, password: 'x${secret:HUSH}'}}|must be a reference",
        "connectionFactories: {Shop: {url: 'amqp://h'}}|'Shop' is not a name in lower camel case",
        "connectionFactories: {shop: {url: 'amqp://h', prefetch: 1}}|'prefetch' is not allowed",
        "connectionFactories: {shop: {url: 'failover:(amqp://h)'}}|is no address",
        "connectionFactories: {shop: {url: 'amqp://${secret:HUSH}:${secret:HUSH}'}}|is no address",
        "connectionFactories: {shop: {url: 'amqp://h', password: '${secret:HUSH}'}}|either user and password",
        "{httpCredentials: {a: {bearerToken: '${secret:HUSH}'}}, connectionFactories: {a: {url: 'amqp://h'}}}|or there twice",
        "dataSources: {bank: {url: 'postgresql://127.0.0.1:1/n', password: '${secret:HUSH}'}}|its server cannot be reached (SQLSTATE 08001)",
      })
  void whatCannotBeUsedRefusesTheStart(String file, String reason) throws IOException {
    TestDatabase.file(directory.resolve("data.db")).execute("CREATE TABLE item (id INTEGER)");
    assertRefused(with(file).with("HUSH", SECRET), reason);
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
              assertThat(error.getMessage()).doesNotContain("\n");
            });
  }

  @Test
  void aPasswordThatTheServerRefusesIsNotRepeated() throws IOException {
    TestDatabase database = Postgres.database();
    assertRefused(
        with(
                "dataSources:",
                "  bank:",
                "    url: " + database.url().replace("postgres:postgres@", ""),
                "    user: nobody-of-that-name",
                "    password: ${secret:HUSH}")
            .with("HUSH", SECRET),
        "the data source bank cannot be used: its server refuses the user or the password"
            + " (SQLSTATE 28000)");
  }

  @Test
  void aSecretThatAnActionNeedsHasToBeThereAtTheStart() throws IOException {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action("a", ACTION + "secrets: [API_KEY]\n", "setBody: {constant: '{}'}");
    assertRefused(setup, "the secret API_KEY is missing");
    assertRefused(setup.with("API_KEY", ""), "the secret API_KEY is missing");
    setup.with("API_KEY", SECRET).start().close();
  }

  @Test
  void secretsMayStandInAFileThatOnlyItsOwnerReads() throws IOException {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action("a", ACTION + "secrets: [API_KEY]\n", "setBody: {constant: '{}'}")
            .with("OPENEXEC_SECRETS", "secrets");
    Path file = directory.resolve("secrets");
    assertRefused(setup, "OPENEXEC_SECRETS cannot be used: " + file + " is not a file");
    for (String content : List.of("API_KEY=" + SECRET + "\n", "{\"API_KEY\":\"" + SECRET + "\"}")) {
      Files.writeString(file, content);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
      assertRefused(setup, "can be used by others than its owner; chmod 600 it");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      setup.start().close();
    }
    for (String content :
        List.of(
            "{\"API_KEY\":" + SECRET + "}",
            "{\"API_KEY\":[\"" + SECRET + "\"]}",
            "{\"" + SECRET + "?\":\"API_KEY\"}",
            "API_KEY=\\u" + SECRET)) {
      Files.writeString(file, content);
      assertRefused(setup, "OPENEXEC_SECRETS cannot be used: ");
    }
  }

  @Test
  void theDigestIsOfTheReferenceAndNotOfTheSecret() throws Exception {
    TestService.Setup setup = with("dataSources:", "  stock: {url: 'sqlite:///${secret:STOCK}'}");
    var before = RegistryDigest.of(setup.ownRoutes());
    TestDatabase.file(directory.resolve(SECRET)).execute("CREATE TABLE item (id INTEGER)");
    try (TestService service = setup.with("STOCK", directory.resolve(SECRET).toString()).start()) {
      assertThat(service.requests().get("/health").status()).isEqualTo(200);
    }
    assertThat(RegistryDigest.of(setup.ownRoutes())).isEqualTo(before);
    Files.writeString(setup.ownRoutes().resolve("resources.yaml"), "dataSources: {}\n");
    assertThat(RegistryDigest.of(setup.ownRoutes())).isNotEqualTo(before);
  }

  @Test
  void rowsAreAnsweredAsJsonSaysThemExactly() throws IOException {
    TestDatabase database = Postgres.database();
    database.execute(
        "CREATE TABLE t (n numeric(20,2), i bigint, d double precision, b boolean, at timestamptz,"
            + " l timestamp, day date, u uuid, j jsonb, x bytea, nothing text);"
            + "INSERT INTO t VALUES (123456789012345678.90, 9007199254740993, 0.5, true,"
            + " '2026-03-01 12:00:00.25+02', '2026-03-01 12:00:00', '2026-03-01',"
            + " '0198c0de-0000-7000-8000-000000000001', '{\"a\": 1}', '\\x00ff', NULL)");
    TestService.Setup setup = with("dataSources:", "  data:", "    url: ${secret:DATA_URL}");
    String step = "to: {uri: 'sql:t', parameters: {dataSource: '#data', query: '%s'%s}}";
    setup
        .with("DATA_URL", database.url())
        .action("all", ACTION, step.formatted("SELECT * FROM t", ""))
        .action("one", ACTION, step.formatted("SELECT n, i FROM t", ", outputType: SelectOne"))
        .action("many", ACTION, step.formatted("SELECT generate_series(1, 10001) AS i", ""))
        .action("twice", ACTION, step.formatted("SELECT n, n FROM t", ""));
    try (TestService service = setup.start()) {
      Reply all = service.requests().execute("all", "{}", "n1");
      assertThat(all.text())
          .as(all.text())
          .contains(
              "\"result\":{\"rows\": [{\"at\": \"2026-03-01T10:00:00.250Z\", \"b\": true, \"d\": 0.5,"
                  + " \"day\": \"2026-03-01\", \"i\": 9007199254740993, \"j\": \"{\\\"a\\\": 1}\","
                  + " \"l\": \"2026-03-01T12:00\", \"n\": \"123456789012345678.90\", \"nothing\":"
                  + " null, \"u\": \"0198c0de-0000-7000-8000-000000000001\", \"x\": \"AP8=\"}]}");
      assertThat(service.requests().execute("one", "{}", "n2").text())
          .contains("\"result\":{\"i\": 9007199254740993, \"n\": \"123456789012345678.90\"}");
      for (String name : List.of("many", "twice")) {
        assertThat(service.requests().execute(name, "{}", name).json().path("state").asText())
            .isEqualTo("unknown");
      }
    }
  }

  /** 20,000 characters a row. */
  @Test
  void whatIsNoTimeOrNumberIsAnsweredAsItsText() throws IOException {
    TestDatabase database = Postgres.database();
    String query =
        "SELECT ''infinity''::timestamptz AS a, ''-infinity''::timestamp AS b, ''infinity''::date AS c,"
            + " ''24:00''::time AS d, ''NaN''::numeric AS e, ''-Infinity''::float8 AS f,"
            + " ''NaN''::float4 AS g, NULL::date AS h";
    try (TestService service =
        with("dataSources:", "  data:", "    url: ${secret:DATA_URL}")
            .with("DATA_URL", database.url())
            .action(
                "odd",
                ACTION,
                "to: {uri: 'sql:t', parameters: {dataSource: '#data', query: '%s'}}"
                    .formatted(query))
            .start()) {
      Reply reply = service.requests().execute("odd", "{}", "n");
      assertThat(reply.text())
          .contains(
              "{\"rows\": [{\"a\": \"infinity\", \"b\": \"-infinity\", \"c\": \"infinity\","
                  + " \"d\": \"24:00:00\", \"e\": \"NaN\", \"f\": \"-Infinity\", \"g\": \"NaN\","
                  + " \"h\": null}]}");
    }
  }

  @Test
  void longRowsAreBoundedToo() throws IOException {
    TestDatabase database = Postgres.database();
    database.execute("CREATE TABLE t (s text); INSERT INTO t VALUES (repeat('x', 20000))");
    TestDatabase file = TestDatabase.file(directory.resolve("rows.db"));
    file.execute("CREATE TABLE t (s text)");
    file.execute("INSERT INTO t VALUES (replace(hex(zeroblob(10000)), '0', 'x'))");
    String step = "to: {uri: 'sql:t', parameters: {dataSource: '#%s', query: '%s'}}";
    String rows =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i - -1 FROM n WHERE i < %d)"
            + " SELECT s FROM n, t";
    TestService.Setup setup =
        with(
                "dataSources:",
                "  server: {url: '${secret:DATA_URL}', poolSize: 1}",
                "  file: {url: 'sqlite:///../rows.db', poolSize: 1}")
            .with("DATA_URL", database.url());
    for (String source : List.of("server", "file")) {
      setup
          .action("many-" + source, ACTION, step.formatted(source, rows.formatted(9_000)))
          .action("few-" + source, ACTION, step.formatted(source, rows.formatted(40)));
    }
    // Whose rows nobody looks at; the driver has them in memory all the same.
    setup.action(
        "unread",
        ACTION,
        "to: {uri: 'sql:t', parameters: {dataSource: '#server', noop: true, query: '%s'}}"
            .formatted(rows.formatted(9_000)));
    try (TestService service = setup.start()) {
      Reply unread = service.requests().execute("unread", "{}", "unread");
      assertThat(unread.json().path("state").asText()).isEqualTo("unknown");
      for (String source : List.of("server", "file")) {
        Reply many = service.requests().execute("many-" + source, "{}", "n" + source);
        assertThat(many.json().path("state").asText()).isEqualTo("unknown");
        Reply few = service.requests().execute("few-" + source, "{}", "m" + source);
        assertThat(few.status()).as("the connection is none the worse for it").isEqualTo(200);
        assertThat(few.json().path("result").path("rows")).hasSize(40);
      }
    }
  }

  @Test
  void whatAnActionSendsToTheDatabaseIsNeverReadAsSql() throws IOException {
    TestService.Setup setup =
        sqlite()
            .action(
                "insert",
                ACTION,
                "to: {uri: 'sql:insert', parameters: {dataSource: '#stock',"
                    + " query: 'INSERT INTO item (name) VALUES (:#name)'}}",
                "setBody: {constant: '{}'}");
    String evil = "x'); DROP TABLE item; --${bean:parse} :#other ?";
    try (TestService service = setup.start()) {
      assertThat(service.requests().execute("insert", "{\"name\":\"" + evil + "\"}", "n").status())
          .isEqualTo(200);
      assertThat(
              service
                  .requests()
                  .execute("insert", "{\"CamelSqlQuery\":\"DROP TABLE item\",\"name\":\"y\"}", "m")
                  .status())
          .isEqualTo(200);
    }
    assertThat(TestDatabase.file(directory.resolve("data.db")).rows("SELECT name FROM item"))
        .containsExactly(evil, "y");
  }

  @Test
  void noMemberOfAPayloadComesBeforeWhatTheFileSays() throws IOException {
    TestService.Setup setup =
        sqlite()
            .action(
                "insert",
                ACTION,
                "setHeader: {name: Owner, constant: public}",
                "setVariable: {name: kind, constant: plain}",
                "to: {uri: 'sql:insert', parameters: {dataSource: '#stock',"
                    + " query: 'INSERT INTO item (name) SELECT :#owner || :#kind || :#name WHERE"
                    + " :#owner IN (:#in:owners)'}}",
                "setBody: {constant: '{}'}");
    try (TestService service = setup.start()) {
      assertThat(
              service
                  .requests()
                  .execute(
                      "insert",
                      "{\"owner\":\"EVIL\",\"kind\":\"EVIL\",\"name\":\"x\",\"owners\":"
                          + "[\"public\",\"private\"]}",
                      "n")
                  .status())
          .isEqualTo(200);
    }
    assertThat(TestDatabase.file(directory.resolve("data.db")).rows("SELECT name FROM item"))
        .containsExactly("publicplainx");
  }

  private static String send(String connectionFactory) {
    return "to: {uri: 'amqp:queue:orders', parameters: {connectionFactory: '#"
        + connectionFactory
        + "'}}";
  }

  @Test
  void secretsAreInNoLogAnswerReceiptOrPage() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = root.getLevel();
    // As in an application that has this jar, and no levels of its own: the service's are off.
    Logger headers = (Logger) LoggerFactory.getLogger("org.apache.hc.client5.http.headers");
    Logger wire = (Logger) LoggerFactory.getLogger("org.apache.hc.client5.http.wire");
    Level ofHeaders = headers.getLevel();
    Level ofWire = wire.getLevel();
    log.start();
    root.addAppender(log);
    root.setLevel(Level.TRACE);
    headers.setLevel(Level.TRACE);
    wire.setLevel(Level.TRACE);
    List<String> seen = new ArrayList<>();
    try (HttpTarget target = new HttpTarget();
        Broker broker = Broker.start(brokerDirectory)) {
      TestDatabase database = Postgres.database();
      database.execute("CREATE TABLE item (name text NOT NULL)");
      String step = "to: {uri: 'sql:x', parameters: {dataSource: '#data', query: '%s'}}";
      String post =
          "to: {uri: '"
              + target.url()
              + "', parameters: {httpMethod: POST, httpClientConfigurer: '#%s'}}";
      TestService.Setup setup =
          with(
                  "dataSources:",
                  "  data:",
                  "    url: " + database.url().replace("postgres:postgres@", ""),
                  "    user: postgres",
                  "    password: ${secret:HUSH}",
                  "httpCredentials:",
                  "  token: {bearerToken: '${secret:HUSH}'}",
                  "  login: {user: me, password: '${secret:HUSH}'}",
                  "connectionFactories:",
                  "  shop:",
                  "    url: " + broker.url(),
                  "    user: postgres",
                  "    password: ${secret:HUSH}",
                  "  gone:",
                  "    url: amqp://127.0.0.1:" + Broker.freePort(),
                  "    user: postgres",
                  "    password: ${secret:HUSH}")
              .with("HUSH", SECRET)
              .action("sent", ACTION, "setBody: {constant: '{}'}", send("shop"))
              .action("unsent", ACTION, "setBody: {constant: '{}'}", send("gone"))
              .action("token", ACTION, MARSHAL, post.formatted("token"))
              .action("login", ACTION, MARSHAL, post.formatted("login"))
              .action("good", ACTION, step.formatted("SELECT 1 AS one"))
              .action(
                  "bad",
                  ACTION + "secrets: [HUSH]\n",
                  step.formatted("INSERT INTO gone VALUES (1)"));
      // The token is answered, in a body that no result can be made of.
      target.answer(500, SECRET, "X-Echo: " + SECRET);
      try (TestService service = setup.start()) {
        for (String action : List.of("good", "bad", "token", "login", "sent", "unsent")) {
          Reply reply = service.requests().execute(action, "{}", action);
          seen.add(reply.text());
          seen.add(service.requests().get("/receipts/" + reply.id()).text());
        }
        for (String page : List.of("/", "/health", "/ready", "/version", "/actions", "/metrics")) {
          seen.add(service.requests().get(page).text());
        }
      }
      assertThat(target.received()).hasSize(2);
      assertThat(broker.count("orders")).isOne();
      seen.add(Configuration.of(setup.environment(), directory, directory).toString());
    } finally {
      root.setLevel(before);
      headers.setLevel(ofHeaders);
      wire.setLevel(ofWire);
      root.detachAppender(log);
    }
    for (ILoggingEvent event : log.list) {
      if (event.getLoggerName().startsWith("org.apache.activemq")) {
        // The broker, which is another process elsewhere.
        continue;
      }
      seen.add(event.getFormattedMessage());
      if (event.getThrowableProxy() != null) {
        seen.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
    }
    assertThat(log.list).as("the log was listened to").isNotEmpty();
    String basic =
        Base64.getEncoder().encodeToString(("me:" + SECRET).getBytes(StandardCharsets.UTF_8));
    assertThat(seen).noneMatch(text -> text.contains(basic));
    assertThat(seen)
        .noneMatch(text -> text.toLowerCase(Locale.ROOT).contains(SECRET.toLowerCase(Locale.ROOT)));
  }
}
