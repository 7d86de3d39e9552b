package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The operator settles what is unknown, while the service runs. */
class SettleCommandTest {
  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int settle(String... args) {
    return new CommandLine(new SettleCommand(Map.of(), directory, Path.of("").toAbsolutePath()))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  @Test
  void settlesOnceAndIsAnsweredFromThenOn() {
    TestService.Setup setup =
        new TestService.Setup(directory).tracing("raise", "?raise=java.io.IOException");
    try (TestService service = setup.start()) {
      String paid = service.requests().execute("raise", "{\"id\":1}", "n1").id();
      String lost = service.requests().execute("raise", "{\"id\":2}", "n2").id();

      assertThat(settle(paid, "--succeeded", "{\"paid\": 1.50}", "--reason", "seen_on_statement"))
          .as(err.toString())
          .isZero();
      Reply settled = service.requests().execute("raise", "{\"id\":1}", "n1");
      assertThat(settled.status()).isEqualTo(200);
      assertThat(settled.replayed()).isTrue();
      assertThat(settled.json().path("result")).hasToString("{\"paid\":1.5}");
      assertThat(out.toString()).contains(settled.text());

      assertThat(settle(lost, "--failed", "--reason", "rolled_back")).isZero();
      Reply failed = service.requests().execute("raise", "{\"id\":2}", "n2");
      assertThat(failed.status()).isEqualTo(500);
      assertThat(failed.json().path("reason").asText()).isEqualTo("rolled_back");

      assertThat(settle(lost, "--failed", "--reason", "again")).isEqualTo(1);
      assertThat(err.toString()).contains("not settled");
    }
    assertThat(
            StoreRows.of(
                setup.database(), "SELECT state, reason, kind FROM outcome_history ORDER BY 1"))
        .containsExactly("unknown|action_error|superseded", "unknown|action_error|superseded");
    assertThat(setup.traced()).as("nothing was run again").hasSize(2);
  }

  private JsonNode json(int code, String... args) throws Exception {
    Terminal terminal =
        new Terminal(
            directory, Map.of("OPENEXEC_ROUTES", Path.of("routes").toAbsolutePath().toString()));
    List<String> all = new ArrayList<>(List.of("settle", "--json"));
    all.addAll(List.of(args));
    assertThat(terminal.run(all.toArray(String[]::new))).as(terminal.out()).isEqualTo(code);
    assertThat(terminal.err()).isEmpty();
    return new ObjectMapper().readTree(terminal.out());
  }

  @Test
  void onRequestEverythingIsJson() throws Exception {
    String none = "5ca09451-db84-8915-bc5d-3bc6df465eff";
    assertThat(json(2, none, "--failed", "--reason", "x").path("error").asText())
        .contains("there is no such file");
    assertThat(json(2, none, "--failed", "--reason", "Not A Code").path("error").asText())
        .contains("--reason must be");
    assertThat(json(2, none, "--reason", "x").path("error").asText()).contains("--succeeded");
    TestService.Setup setup =
        new TestService.Setup(directory).tracing("raise", "?raise=java.io.IOException");
    try (TestService service = setup.start()) {
      String lost = service.requests().execute("raise", "{\"id\":1}", "n1").id();
      JsonNode settled = json(0, lost, "--succeeded", "{\"paid\": 1}", "--reason", "seen");
      assertThat(settled.path("settled").asBoolean()).isTrue();
      assertThat(settled.path("answer"))
          .isEqualTo(service.requests().execute("raise", "{\"id\":1}", "n1").json());
      JsonNode again = json(1, lost, "--failed", "--reason", "x");
      assertThat(again.path("settled").isBoolean()).isTrue();
      assertThat(again.path("settled").asBoolean()).isFalse();
      assertThat(again.path("error").asText()).contains("has an unknown outcome");
    }
  }

  @Test
  void usageAndUnreadableAre2() throws Exception {
    String id = "5ca09451-db84-8915-bc5d-3bc6df465eff";
    assertThat(settle(id, "--failed", "--reason", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("there is no such file");
    assertThat(settle(id, "--failed", "--reason", "Not A Code")).isEqualTo(2);
    assertThat(settle(id, "--failed")).isEqualTo(2);
    assertThat(settle(id, "--reason", "x")).isEqualTo(2);
    assertThat(settle(id, "--succeeded", "[1]", "--reason", "x")).isEqualTo(2);
    assertThat(settle(id, "--succeeded", "{}", "--failed", "--reason", "x")).isEqualTo(2);
    assertThat(settle("x", "--failed", "--reason", "x")).isEqualTo(2);
    assertThat(directory).isEmptyDirectory();

    Path database = directory.resolve("openexec.db");
    for (String content : new String[] {"", "this is no database at all, and long enough"}) {
      Files.writeString(database, content);
      assertThat(settle(id, "--failed", "--reason", "x")).isEqualTo(2);
      assertThat(err.toString()).contains("it is not a SQLite database");
      assertThat(database).as("untouched").hasContent(content);
    }

    Files.delete(database);
    StoreRows.execute(database, "CREATE TABLE execution_log (id VARCHAR PRIMARY KEY)");
    byte[] before = Files.readAllBytes(database);
    assertThat(settle(id, "--failed", "--reason", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("it belongs to another program");
    assertThat(database).as("untouched").hasBinaryContent(before);
  }
}
