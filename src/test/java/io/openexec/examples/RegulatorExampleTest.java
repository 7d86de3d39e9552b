package io.openexec.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.receipt.Hash;
import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/regulator}, against SQLite and the file system. */
class RegulatorExampleTest {
  private static final String FIRST = "{\"period\":\"2026-Q1\"}";

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private Path drop;
  private TestDatabase trades;
  private TestService service;

  @BeforeEach
  void start() throws IOException {
    drop = Files.createDirectory(directory.resolve("drop"));
    trades = TestDatabase.file(directory.resolve("trades.db"));
    for (String statement : TestService.Setup.schemaOf("regulator").split(";\n", -1)) {
      if (!statement.isBlank()) {
        trades.execute(statement);
      }
    }
    TestService.Setup setup =
        new TestService.Setup(directory)
            .clawshield(approver)
            .example("regulator")
            .with("TRADES_FILE", directory.resolve("trades.db").toString());
    Path route = setup.ownRoutes().resolve("actions/report.camel.yaml");
    String steps = Files.readString(route);
    Files.delete(route);
    Files.writeString(route, steps.replace("uri: file:drop\n", "uri: file:" + drop + "\n"));
    service = setup.start();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private Reply report(String period, String nonce) {
    return service.requests().execute("report", period, nonce, approver.approve("report", period));
  }

  private List<String> dropped() throws IOException {
    try (Stream<Path> files = Files.list(drop)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static void assertFailed(Reply reply, String reason) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(500);
    assertThat(reply.json().path("state").asText()).isEqualTo("failed");
    assertThat(reply.json().path("reason").asText()).isEqualTo(reason);
  }

  @Test
  void anApprovedReportIsFiledOnceWithItsTotalsAndItsHash() throws IOException {
    Reply first = report(FIRST, "n");
    Reply replay = report(FIRST, "n");
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    assertThat(replay.replayed()).isTrue();
    assertThat(replay.text()).isEqualTo(first.text());
    assertThat(dropped()).containsExactly("report-2026-Q1.csv");
    String csv = Files.readString(drop.resolve("report-2026-Q1.csv"));
    assertThat(csv)
        .isEqualTo(
            "instrument,trades,quantity,cents\r\n"
                + "DE0001102580,2,15,147150\r\n"
                + "US9128285M81,1,3,30000\r\n"
                + "TOTAL,3,18,177150\r\n");
    String hash = Hash.ofUtf8(csv).hex();
    assertThat(first.json().path("result").path("file").asText()).isEqualTo("report-2026-Q1.csv");
    assertThat(first.json().path("result").path("sha256").asText()).isEqualTo(hash);
    assertThat(trades.rows("SELECT * FROM filing")).containsExactly("2026-Q1|" + hash);
  }

  @Test
  void aSecondReportOfAPeriodAndAnEmptyOneFailDefinitely() throws IOException {
    assertThat(report(FIRST, "n1").status()).isEqualTo(200);
    assertFailed(report(FIRST, "n2"), "already_filed");
    assertFailed(report("{\"period\":\"2026-Q3\"}", "n3"), "nothing_to_report");
    assertThat(dropped()).hasSize(1);
    assertThat(trades.rows("SELECT period FROM filing")).containsExactly("2026-Q1");
  }

  @Test
  void whatIsNotApprovedOrNotAPeriodFilesNothing() throws IOException {
    assertThat(service.requests().execute("report", FIRST, "n").code())
        .isEqualTo("approval_missing");
    assertThat(
            service
                .requests()
                .execute(
                    "report", "{\"period\":\"2026-Q2\"}", "n", approver.approve("report", FIRST))
                .code())
        .isEqualTo("action_hash_mismatch");
    for (String period : List.of("../../etc/x", "2026-Q1\\n", "2026-Q5", "${bean:parse}")) {
      assertThat(report("{\"period\":\"" + period + "\"}", "n").status()).as(period).isEqualTo(400);
    }
    assertThat(dropped()).isEmpty();
    assertThat(trades.rows("SELECT * FROM filing")).isEmpty();
  }

  @Test
  void aDropFolderThatIsGoneLeavesAnUnknownOutcomeAndNoSecondTry() throws IOException {
    Files.delete(drop);
    Reply reply = report(FIRST, "n");
    assertThat(reply.status()).as(reply.text()).isEqualTo(409);
    assertThat(reply.json().path("state").asText()).isEqualTo("unknown");
    Files.createDirectory(drop);
    assertThat(report(FIRST, "n").json().path("state").asText()).isEqualTo("unknown");
    assertThat(dropped()).isEmpty();
    // The claim tells the operator how far it came.
    assertThat(trades.rows("SELECT period FROM filing")).containsExactly("2026-Q1");
  }
}
