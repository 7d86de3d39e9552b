package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.execution.Outcome;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.HttpTarget;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An error proves that nothing took effect only while nothing else can have. */
class DefiniteErrorsTest {
  private static final long SOON = 15_000;
  private static final String ACTION =
      """
      description: reaches out more than once
      schema: {type: object}
      definiteErrors:
        io.openexec.camel.NotConnected: away
        org.springframework.dao.DuplicateKeyException: duplicate
        org.springframework.dao.DataIntegrityViolationException: constraint
        java.lang.IllegalArgumentException: unusable
      """;
  private static final String TEXT = "setBody: {constant: '{}'}";
  private static final String KEEP = "setVariable: {name: kept, simple: '${body[id]}'}";
  private static final String INSERT =
      "to: {uri: 'sql:x', parameters: {dataSource: '#%s', query: 'INSERT INTO item VALUES (1)'}}";
  private static final String QUERY =
      "to: {uri: 'sql:x', parameters: {dataSource: '#%s', outputType: %s, query: '%s'}}";
  private static final String SELECT =
      "to: {uri: 'sql:x', parameters: {dataSource: '#%s', query: 'SELECT id FROM item'}}";

  @TempDir Path directory;
  @TempDir Path brokerDirectory;
  private final HttpTarget target = new HttpTarget();
  private final TestDatabase database = Postgres.database();
  private final AtomicInteger nonces = new AtomicInteger();
  private TestDatabase file;
  private Broker away;
  private TestService.Setup setup;
  private String send;
  private String refused;
  private String queue;

  @BeforeEach
  void start() throws IOException {
    away = Broker.away(brokerDirectory);
    file = TestDatabase.file(directory.resolve("data.db"));
    file.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)");
    database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)");
    send = post(target.url());
    refused = post("http://127.0.0.1:" + Broker.freePort());
    queue = "to: {uri: 'amqp:queue:orders', parameters: {connectionFactory: '#away'}}";
    setup = new TestService.Setup(directory).with("AWAY", away.url()).with("STOCK", database.url());
    Files.writeString(
        setup.ownRoutes().resolve("resources.yaml"),
        """
        dataSources:
          postgres: {url: '${secret:STOCK}'}
          postgresReader: {url: '${secret:STOCK}', readOnly: true}
          sqlite: {url: 'sqlite:///../data.db'}
          sqliteReader: {url: 'sqlite:///../data.db', readOnly: true}
        connectionFactories:
          away: {url: '${secret:AWAY}'}
        """);
  }

  @AfterEach
  void stop() {
    target.close();
  }

  private static String post(String url) {
    return "to: {uri: '" + url + "', parameters: {httpMethod: POST}}";
  }

  private static String query(String source, String query) {
    return QUERY.formatted(source, "SelectOne", query);
  }

  private Reply run(String... steps) {
    setup.action("act", ACTION, steps);
    try (TestService service = setup.start()) {
      String nonce = "n" + nonces.incrementAndGet();
      Reply first = service.requests().execute("act", "{\"id\":1}", nonce);
      Reply replay = service.requests().execute("act", "{\"id\":1}", nonce);
      assertThat(replay.text()).isEqualTo(first.text());
      return first;
    }
  }

  private static void assertUnknown(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(409);
    assertThat(reply.json().path("state").asText()).isEqualTo("unknown");
    assertThat(reply.json().path("reason").asText()).isEqualTo(Outcome.ACTION_ERROR);
  }

  private static void assertFailed(Reply reply, String reason) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(500);
    assertThat(reply.json().path("state").asText()).isEqualTo("failed");
    assertThat(reply.json().path("reason").asText()).isEqualTo(reason);
  }

  @Test
  void aConnectionThatNeverWasProvesNothingAfterACallOverHttp() {
    assertUnknown(run(TEXT, send, refused, TEXT));
    assertUnknown(run(TEXT, send, queue, TEXT));
    assertThat(target.received()).hasSize(2);
  }

  @Test
  void anAnswerThatCannotBeReadProvesNothingWhateverTheClientRaises() {
    // A file may declare this, which http: itself raises for a body that is no text.
    target.answer(
        (request, out) -> out.write("HTTP/1.1 000 X\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
    assertUnknown(run("marshal: {json: {library: Jackson}}", send, TEXT));
    assertThat(target.received()).hasSize(1);
  }

  @Test
  void whatAFunctionOfTheDatabaseDoesToASessionEndsWithItsStep() {
    database.execute(
        "CREATE FUNCTION open() RETURNS text LANGUAGE sql AS"
            + " 'SELECT set_config(''default_transaction_read_only'', ''off'', false)'");
    setup.action(
        "act",
        ACTION,
        query("postgresReader", "SELECT open()"),
        INSERT.formatted("postgresReader"),
        TEXT);
    try (TestService service = setup.start()) {
      assertUnknown(service.requests().execute("act", "{\"id\":1}", "n"));
    }
    assertThat(database.rows("SELECT * FROM item")).isEmpty();
  }

  @Test
  void aTemporaryTableOfAFunctionIsInNobodysWay() {
    database.execute(
        "CREATE FUNCTION shadow() RETURNS text LANGUAGE plpgsql AS"
            + " 'BEGIN CREATE TEMP TABLE item (id integer); RETURN ''done''; END'");
    setup.action(
        "act", ACTION, query("postgres", "SELECT shadow()"), INSERT.formatted("postgres"), TEXT);
    try (TestService service = setup.start()) {
      assertThat(service.requests().execute("act", "{\"id\":1}", "n").status()).isEqualTo(200);
    }
    assertThat(database.rows("SELECT * FROM item")).containsExactly("1");
  }

  @Test
  void aRowThatStaysThoughTheNextOneFailsProvesNothingHoweverItIsWritten() {
    assertUnknown(
        run(
            "to: {uri: 'sql:x', parameters: {dataSource: '#sqlite', query:"
                + " 'INSERT OR FAIL INTO item SELECT 1 AS [a] UNION ALL SELECT 1 AS [b]'}}",
            TEXT));
    assertThat(file.rows("SELECT * FROM item")).containsExactly("1");
  }

  @Test
  void norDoesItAfterAnyOtherStepThatMayTakeEffect() {
    assertUnknown(run("to: 'trace:" + setup.trace() + "'", TEXT, refused));
    assertThat(setup.traced()).containsExactly("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgres", "sqlite"})
  void norDoesItAfterAChangeInADatabase(String source) throws Exception {
    assertUnknown(run(INSERT.formatted(source), TEXT, refused, TEXT));
    TestDatabase changed = source.equals("sqlite") ? file : database;
    assertThat(changed.rows("SELECT id FROM item")).containsExactly("1");
  }

  @Test
  void whatAProcedureRefusesMayComeAfterItsCommit() throws Exception {
    database.execute(
        "CREATE PROCEDURE fill() LANGUAGE plpgsql AS"
            + " 'BEGIN INSERT INTO item VALUES (1); COMMIT; INSERT INTO item VALUES (1); END'");
    assertUnknown(
        run(
            "to: {uri: 'sql:x', parameters: {dataSource: '#postgres', query: 'CALL fill()'}}",
            TEXT));
    assertThat(database.rows("SELECT id FROM item")).containsExactly("1");
  }

  @Test
  void norDoesItAfterAFile() {
    Path out = directory.resolve("out");
    assertUnknown(
        run(TEXT, "to: {uri: 'file:" + out + "', parameters: {fileName: x}}", queue, TEXT));
    assertThat(out.resolve("x")).hasContent("{}");
  }

  @Test
  void whereAStepStandsMakesNoDifference() {
    assertUnknown(
        run(
            KEEP,
            TEXT,
            "filter: {simple: '${variable.kept} == 1', steps: [{" + send + "}]}",
            "choice: {when: [{simple: '${variable.kept} == 2', steps: [{setBody: {constant: x}}]}],"
                + " otherwise: {steps: [{filter: {simple: '${variable.kept} == 1', steps: [{"
                + refused
                + "}]}}]}}",
            TEXT));
    assertThat(target.received()).hasSize(1);
  }

  @Test
  void aStepThatIsNotTakenHasNoEffect() {
    assertFailed(
        run(
            KEEP,
            TEXT,
            "filter: {simple: '${variable.kept} == 2', steps: [{" + send + "}]}",
            "filter: {simple: '${variable.kept} == 1', steps: [{" + refused + "}]}",
            TEXT),
        "away");
    assertThat(target.received()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgres", "sqlite"})
  void whatADatabaseRefusesProvesNothingAfterACall(String source) throws Exception {
    TestDatabase changed = source.equals("sqlite") ? file : database;
    changed.execute("INSERT INTO item VALUES (1)");
    assertUnknown(run(KEEP, TEXT, send, "setBody: {constant: x}", INSERT.formatted(source)));
    assertThat(target.received()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SelectOne|INSERT INTO item VALUES (1), (2) RETURNING id|2",
        "SelectList|INSERT INTO item VALUES (1) RETURNING id, id|1",
        "SelectList|INSERT INTO item SELECT id - 1 FROM many RETURNING id|10001"
      })
  void whatIsWrongWithTheRowsOfAChangeProvesNothing(String output, String query, int changed)
      throws Exception {
    String many =
        "CREATE TABLE many AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n"
            + " WHERE id < 10001) SELECT id FROM n";
    database.execute(many);
    file.execute(many);
    assertUnknown(run(QUERY.formatted("postgres", output, query)));
    assertUnknown(run(QUERY.formatted("sqlite", output, query)));
    String count = "SELECT count(*) FROM item";
    assertThat(database.rows(count)).containsExactly(Integer.toString(changed));
    assertThat(file.rows(count)).containsExactly(Integer.toString(changed));
  }

  @Test
  void whatTheDatabaseRefusesInsteadOfAChangeIsDefinite() throws Exception {
    database.execute(
        "ALTER TABLE item ADD CHECK (id < 9), ADD above integer REFERENCES item"
            + " DEFERRABLE INITIALLY DEFERRED; INSERT INTO item VALUES (1)");
    String insert = "INSERT INTO item VALUES (%s) RETURNING id";
    assertFailed(run(query("postgres", insert.formatted("1"))), "duplicate");
    assertFailed(run(query("postgres", insert.formatted("9"))), "constraint");
    assertFailed(run(query("postgres", insert.formatted("3, 7"))), "constraint");
    assertThat(database.rows("SELECT id FROM item")).containsExactly("1");
  }

  @Test
  void soIsWhatSqliteRefuses() throws Exception {
    file.execute("DROP TABLE item");
    file.execute(
        "CREATE TABLE item (id INTEGER PRIMARY KEY, code TEXT UNIQUE DEFAULT 'a',"
            + " above INTEGER REFERENCES item DEFERRABLE INITIALLY DEFERRED, CHECK (id < 9))");
    file.execute("INSERT INTO item (id) VALUES (1)");
    assertFailed(run(query("sqlite", "INSERT INTO item VALUES (1, ''b'', 1)")), "duplicate");
    assertFailed(run(query("sqlite", "INSERT INTO item (id) VALUES (2)")), "duplicate");
    assertFailed(run(query("sqlite", "INSERT INTO item VALUES (9, ''b'', 1)")), "constraint");
    assertFailed(run(query("sqlite", "INSERT INTO item VALUES (2, ''b'', 7)")), "constraint");
    assertThat(file.rows("SELECT id FROM item")).containsExactly("1");
  }

  @Test
  void whatSqliteRefusesInTheMiddleOfAStatementProvesNothing() throws Exception {
    file.execute("INSERT INTO item VALUES (1)");
    assertUnknown(run(query("sqlite", "INSERT OR FAIL INTO item VALUES (2), (1)")));
    file.execute(
        "CREATE TRIGGER odd AFTER INSERT ON item WHEN NEW.id = 5"
            + " BEGIN SELECT RAISE(FAIL, 'odd'); END");
    assertUnknown(run(query("sqlite", "INSERT INTO item VALUES (4), (5), (6)")));
    assertThat(file.rows("SELECT id FROM item")).containsExactly("1", "2", "4", "5");
  }

  @Test
  void whatIsDoneInSeveralTransactionsIsNot() throws Exception {
    database.execute("ALTER TABLE item ADD name integer; INSERT INTO item VALUES (1, 1), (2, 1)");
    assertUnknown(run(query("postgres", "CREATE UNIQUE INDEX CONCURRENTLY names ON item (name)")));
    assertThat(database.rows("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid"))
        .containsExactly("names");
  }

  @ParameterizedTest
  @ValueSource(strings = {"NOTIFY shipped", "SELECT pg_notify(''shipped'', ''1'')"})
  void whatOnlyReadsTellsNobody(String statement) {
    setup.action("act", ACTION, query("postgresReader", statement), TEXT, refused);
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("notifies others");
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgresReader", "sqliteReader"})
  void whatIsWrongWithTheRowsOfWhatOnlyReadsIsDefinite(String source) {
    assertFailed(run(query(source, "SELECT 1 AS a UNION SELECT 2")), "constraint");
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgresReader", "sqliteReader"})
  void whatOnlyReadsLeavesProofsTheirForce(String source) throws Exception {
    assertFailed(run(SELECT.formatted(source), TEXT, refused, TEXT), "away");
    assertFailed(run(SELECT.formatted(source), TEXT, queue, TEXT), "away");
    // The database keeps it from changing anything.
    assertUnknown(run(INSERT.formatted(source), TEXT));
    assertThat(database.rows("SELECT id FROM item")).isEmpty();
    assertThat(file.rows("SELECT id FROM item")).isEmpty();
    assertUnknown(run(TEXT, send, "setBody: {constant: x}", SELECT.formatted(source), refused));
  }

  @Test
  void whatAStepInProcessRaisesProvesNothingAfterACallEither() {
    assertFailed(run("to: builtin:sha256", TEXT, send), "unusable");
    assertThat(target.received()).isEmpty();
    assertUnknown(
        run(KEEP, TEXT, send, "unmarshal: {json: {library: Jackson}}", "to: builtin:sha256"));
    assertThat(target.received()).hasSize(1);
  }

  @Test
  void aCallOfWhatIsNoTextBeforeAnythingElseIsDefiniteWhereTheFileSaysSo() {
    assertFailed(run(send, TEXT), "unusable");
    assertThat(target.received()).isEmpty();
  }

  @Test
  void whatTheFileItselfRaisesCountsAnywhere() {
    String nothingDone =
        "throwException: {exceptionType: io.openexec.execution.NothingDone, message: declined}";
    assertFailed(run(TEXT, send, nothingDone), "declined");
    String declared =
        "throwException: {exceptionType: java.lang.IllegalArgumentException, message: x}";
    assertFailed(run(TEXT, send, declared), "unusable");
    String undeclared =
        "throwException: {exceptionType: java.lang.IllegalStateException, message: x}";
    assertUnknown(run(TEXT, send, undeclared));
  }

  @Test
  void nothingBeginsWhenTheTimeIsOverAndThatProvesNothingOfWhatBeganBefore() throws Exception {
    Path release = directory.resolve("release");
    setup.action(
        "slow",
        ACTION + "timeoutSeconds: 0.3\n",
        "to: 'trace:" + setup.trace() + "?hold=" + release + "'",
        TEXT,
        INSERT.formatted("postgres"),
        send);
    try (TestService service = setup.start()) {
      Reply reply = service.requests().execute("slow", "{\"id\":1}", "n");
      assertThat(reply.json().path("reason").asText()).isEqualTo(Outcome.TIMEOUT);
      Files.createFile(release);
      Eventually.within(
          SOON,
          () -> service.requests().get("/metrics").text().contains("openexec_effectful_running 0"));
    }
    try (TestService service = setup.start()) {
      Reply replay = service.requests().execute("slow", "{\"id\":1}", "n");
      assertThat(replay.json().path("state").asText()).isEqualTo("unknown");
      assertThat(replay.json().path("reason").asText()).isEqualTo(Outcome.TIMEOUT);
    }
    assertThat(database.rows("SELECT id FROM item")).isEmpty();
    assertThat(target.received()).isEmpty();
  }
}
