package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Eventually;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What names a header to Camel comes as a member of a request, and as the name of its file. */
class FileInjectionTest {
  private static final long SOON = 60_000;
  private static final JsonMapper MAPPER = new JsonMapper();

  @TempDir Path directory;

  // A service that runs is all that is needed.
  @SuppressWarnings("try")
  @Test
  void noMemberAndNoFileNameChangesAnything() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    Path written = directory.resolve("written");
    Path evil = directory.resolve("evil");
    TestService.Setup setup =
        new TestService.Setup(directory)
            .with("OPENEXEC_INBOX", inbox.toString())
            .action(
                "file",
                "description: writes the same file every time\nschema: {type: object}\n",
                "setBody: {simple: '{\"wrote\": ${body[id]}}'}",
                "to: \"file:" + written + "?fileName=result.json\"");
    StringBuilder lines = new StringBuilder();
    int dropped = 0;
    int requests = 0;
    for (String header : HeaderInjectionTest.controlHeaders()) {
      for (String spelling : HeaderInjectionTest.spellings(header)) {
        for (String value : List.of(evil.toString(), "direct:actions/echo")) {
          lines.append(request(spelling, value, "l" + requests++)).append('\n');
        }
        String name = dropped++ + " " + spelling + "=evil.json";
        Files.writeString(inbox.resolve(name), request(spelling, evil.toString(), name));
      }
    }
    Files.writeString(inbox.resolve("all.jsonl"), lines);
    int files = dropped + 1;
    try (TestService service = setup.start()) {
      Eventually.within(SOON, () -> count(inbox.resolve("done")) == files);
    }
    assertThat(requests).isGreaterThan(400);
    List<String> answers = Files.readAllLines(inbox.resolve("out/all.jsonl.receipts.jsonl"));
    assertThat(answers).hasSize(requests);
    for (String answer : answers) {
      JsonNode line = MAPPER.readTree(answer);
      assertThat(line.path("status").asInt()).as(answer).isEqualTo(200);
      assertThat(line.at("/answer/result")).hasToString("{\"wrote\":1}");
    }
    assertThat(evil).doesNotExist();
    assertThat(written.resolve("result.json")).exists();
    assertThat(count(written)).isEqualTo(1);
    assertThat(count(inbox.resolve("out"))).isEqualTo(files);
    assertThat(count(inbox.resolve("refused"))).isZero();
  }

  /** A request that names a header beside its members, among headers, and in its payload. */
  private static String request(String header, String value, String nonce) {
    String member = "\"" + header + "\":\"" + value + "\"";
    return Requests.body("file", "{\"id\":1," + member + "}", nonce, null)
        .replaceFirst("\\{", "{" + member + ",\"headers\":{" + member + "},");
  }

  private static long count(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> !file.getFileName().toString().startsWith(".")).count();
    } catch (IOException e) {
      return -1;
    }
  }
}
