package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Eventually;
import io.openexec.testing.Packaged;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged service is killed (SIGKILL) in the middle of a file. */
class InboxCrashIT {
  private static final int LINES = 2_000;
  private static final int KILLS = 3;
  private static final long SOON = 60_000;

  @TempDir Path directory;

  @Test
  void everyLineIsAnsweredOnceAndNoneRunsTwice() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    TestService.Setup setup =
        new TestService.Setup(directory)
            .with("OPENEXEC_INBOX", inbox.toString())
            .tracing("trace", "");
    StringBuilder lines = new StringBuilder();
    for (int n = 1; n <= LINES; n++) {
      lines.append(Requests.body("trace", "{\"id\":" + n + "}", "n" + n, null)).append('\n');
    }
    Files.writeString(inbox.resolve("batch.jsonl"), lines);
    for (int kill = 1; kill <= KILLS; kill++) {
      int enough = kill * LINES / 10;
      try (Packaged service = Packaged.start(directory, setup.environment(), true, Packaged.SOON)) {
        Eventually.within(SOON, () -> setup.traced().size() >= enough);
        service.kill();
      }
      assertThat(inbox.resolve(".work/batch.jsonl")).exists();
      assertThat(inbox.resolve("out/batch.jsonl.receipts.jsonl")).doesNotExist();
    }
    int unknown;
    try (Packaged service = Packaged.start(directory, setup.environment(), true, Packaged.SOON)) {
      Path ended = inbox.resolve("batch.jsonl");
      Eventually.within(
          SOON,
          () ->
              Files.exists(inbox.resolve("done").resolve(ended.getFileName()))
                  || Files.exists(inbox.resolve("refused").resolve(ended.getFileName())));
      unknown = assertAnswered(inbox, setup.traced());
      assertThat(service.isAlive()).isTrue();
    }
    // Lines that a kill interrupted have no known outcome, so the file is not "done".
    assertThat(inbox.resolve(unknown == 0 ? "done" : "refused").resolve("batch.jsonl")).exists();
    assertThat(inbox.resolve(".work")).isEmptyDirectory();
    Terminal terminal =
        new Terminal(directory, Map.of("OPENEXEC_DB_URL", "sqlite:///" + setup.database()));
    assertThat(terminal.run("audit")).as(terminal.out() + terminal.err()).isZero();
  }

  /** Returns how many outcomes are unknown. */
  private static int assertAnswered(Path inbox, List<String> traced) throws Exception {
    assertThat(traced).as("no line ran twice").doesNotHaveDuplicates();
    List<String> answers = Files.readAllLines(inbox.resolve("out/batch.jsonl.receipts.jsonl"));
    assertThat(answers).hasSize(LINES);
    int unknown = 0;
    for (int n = 1; n <= LINES; n++) {
      JsonNode line = new JsonMapper().readTree(answers.get(n - 1));
      assertThat(line.path("line").asInt()).isEqualTo(n);
      if (line.path("status").asInt() == 200) {
        assertThat(traced).contains(Integer.toString(n));
      } else {
        assertThat(line.at("/answer/state").asText()).as(line.toString()).isEqualTo("unknown");
        unknown++;
      }
    }
    return unknown;
  }
}
