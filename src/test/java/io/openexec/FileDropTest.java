package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file drop: what comes in, what goes out, and what is left where it is. */
@SuppressWarnings("try") // A service is there to be running.
class FileDropTest {
  private static final long SOON = 20_000;
  private static final JsonMapper MAPPER = new JsonMapper();

  @TempDir Path directory;
  private Path inbox;
  private TestService.Setup setup;

  @BeforeEach
  void makeInbox() throws IOException {
    // Everything that a URI, or Camel, could take for something else.
    inbox = Files.createDirectory(directory.resolve("an inbox+ü%20#?{{x}}${y}&a=b"));
    setup = new TestService.Setup(directory).with("OPENEXEC_INBOX", inbox.toString());
  }

  private static String echo(int n) {
    return Requests.body("echo", "{\"n\":" + n + "}", "n" + n, null);
  }

  /** A file as it should be dropped: written elsewhere, renamed into the inbox. */
  private void drop(String name, String content) throws IOException {
    Path file = Files.writeString(directory.resolve("next"), content);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
    Files.move(file, inbox.resolve(name));
  }

  private void awaitEnd(String folder, String name) {
    Eventually.within(SOON, () -> Files.exists(inbox.resolve(folder).resolve(name)));
  }

  private List<JsonNode> lines(String file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(inbox.resolve(file))) {
      lines.add(MAPPER.readTree(line));
    }
    return lines;
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aFileOfOneRequestIsAnsweredAsHttpAnswersIt() throws Exception {
    try (TestService service = setup.start()) {
      drop("one.json", echo(1).replace(",", ",\n") + "\n");
      awaitEnd("done", "one.json");
      JsonNode line = lines("out/one.json.receipts.jsonl").get(0);
      assertThat(line.path("line").asInt()).isEqualTo(1);
      assertThat(line.path("status").asInt()).isEqualTo(200);
      assertThat(service.requests().execute(echo(1)).json()).isEqualTo(line.path("answer"));
      assertThat(names(inbox)).containsExactly(".lock", ".work", "done", "out", "refused");
      Eventually.within(SOON, () -> names(inbox.resolve(".work")).isEmpty());
    }
  }

  @Test
  void linesAreAnsweredInTheirOrderAndBlankOnesCount() throws Exception {
    try (TestService service = setup.start()) {
      drop("many.jsonl", "\ufeff" + echo(1) + "\r\n\n  \n" + echo(4) + "\n" + echo(5));
      awaitEnd("done", "many.jsonl");
      List<JsonNode> lines = lines("out/many.jsonl.receipts.jsonl");
      assertThat(lines.stream().map(line -> line.path("line").asInt())).containsExactly(1, 4, 5);
      assertThat(lines.get(1).at("/answer/result/echo/n").asInt()).isEqualTo(4);
    }
  }

  @Test
  void aRefusedLineHasItsReasonAndTheOthersRun() throws Exception {
    try (TestService service = setup.start()) {
      String tooLong = "x".repeat((1 << 20) + 1);
      drop("mixed.jsonl", echo(1) + "\nnonsense\n" + tooLong + "\n" + echo(4) + "\n");
      awaitEnd("refused", "mixed.jsonl");
      assertThat(
              lines("out/mixed.jsonl.receipts.jsonl").stream().map(l -> l.path("status").asInt()))
          .containsExactly(200, 422, 413, 200);
      List<JsonNode> reasons = lines("refused/mixed.jsonl.reasons.jsonl");
      assertThat(reasons.stream().map(reason -> reason.path("line").asInt())).containsExactly(2, 3);
      assertThat(reasons.get(0).path("code").asText()).isEqualTo("malformed_request");
      assertThat(reasons.get(1).path("code").asText()).isEqualTo("body_too_large");
      assertThat(reasons.get(1).path("detail").asText()).isNotEmpty();
    }
  }

  @Test
  void aLineOfExactlyTheBoundIsRead() throws Exception {
    try (TestService service = setup.start()) {
      String request = echo(1);
      String line = request + " ".repeat((1 << 20) - request.length());
      drop("bound.jsonl", line + "\r\n" + line + " \r\n" + line);
      awaitEnd("refused", "bound.jsonl");
      assertThat(
              lines("out/bound.jsonl.receipts.jsonl").stream().map(l -> l.path("status").asInt()))
          .containsExactly(200, 413, 200);
    }
  }

  @Test
  void theSameFileAgainReplaysUnderANameOfItsOwn() throws Exception {
    setup.tracing("trace", "");
    String body = Requests.body("trace", "{\"id\":1}", "n", null) + "\n";
    try (TestService service = setup.start()) {
      drop("again.jsonl", body);
      awaitEnd("done", "again.jsonl");
      drop("again.jsonl", body);
      awaitEnd("done", "again-2.jsonl");
      assertThat(lines("out/again-2.jsonl.receipts.jsonl"))
          .isEqualTo(lines("out/again.jsonl.receipts.jsonl"));
      assertThat(setup.traced()).containsExactly("1");
    }
  }

  @Test
  void aFileThatIsStillWrittenIsNotRead() throws Exception {
    try (TestService service = setup.start()) {
      Path file = inbox.resolve("slow.jsonl");
      for (int n = 1; n <= 6; n++) {
        Files.writeString(
            file, echo(n) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        // As who copies it may say all the while.
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
        TimeUnit.MILLISECONDS.sleep(400);
        assertThat(file).exists();
      }
      awaitEnd("done", "slow.jsonl");
      assertThat(lines("out/slow.jsonl.receipts.jsonl")).hasSize(6);
    }
  }

  @Test
  void whatIsNoPlainFileIsNeverOpenedAndBlocksNothing() throws Exception {
    Path outside = Files.writeString(directory.resolve("outside.json"), echo(1));
    Files.createSymbolicLink(inbox.resolve("a-link.json"), outside);
    Files.createSymbolicLink(inbox.resolve("a-loop.json"), inbox.resolve("a-loop.json"));
    Files.createSymbolicLink(inbox.resolve("a-device.json"), Path.of("/dev/zero"));
    Files.createLink(inbox.resolve("a-hard-link.json"), outside);
    Files.createDirectory(inbox.resolve("a-folder.json"));
    assertThat(
            new ProcessBuilder("mkfifo", inbox.resolve("a-pipe.json").toString()).start().waitFor())
        .isZero();
    Files.writeString(inbox.resolve("a\nline.json"), echo(2));
    Files.writeString(inbox.resolve("a".repeat(220) + ".json"), echo(3));
    Files.writeString(inbox.resolve("half.json.part"), echo(4));
    Files.writeString(inbox.resolve(".hidden.json"), echo(5));
    Files.writeString(inbox.resolve("notes.txt"), echo(6));
    List<String> before = names(inbox);
    try (TestService service = setup.start()) {
      drop("z.json", echo(9));
      awaitEnd("done", "z.json");
      TimeUnit.SECONDS.sleep(2);
      assertThat(names(inbox)).containsAll(before);
      assertThat(names(inbox.resolve("out"))).containsExactly("z.json.receipts.jsonl");
      assertThat(StoreRows.of(setup.database(), "SELECT nonce FROM executions"))
          .containsExactly("\"n9\"");
    }
  }

  @Test
  void namesAreNamesOnly() throws Exception {
    List<String> names =
        List.of(
            "x?fileName=..%2f..%2fy.json",
            "CamelFileName: evil.json",
            "${header.CamelFileName}.json",
            "{{openexec.inbox.open}}.json",
            "a b+ü%00#.json",
            "-rf.json");
    try (TestService service = setup.start()) {
      for (String name : names) {
        drop(name, echo(names.indexOf(name)));
      }
      names.forEach(name -> awaitEnd("done", name));
      assertThat(names(inbox.resolve("out"))).hasSize(names.size());
      assertThat(names(inbox)).containsExactly(".lock", ".work", "done", "out", "refused");
    }
  }

  @Test
  void aRequestCannotNameAHeader() throws Exception {
    Path evil = directory.resolve("evil");
    setup.action(
        "file",
        "description: writes the same file every time\nschema: {type: object}\n",
        "setBody: {simple: '{\"wrote\": ${body[id]}}'}",
        "to: \"file:" + directory.resolve("written") + "?fileName=result.json\"");
    try (TestService service = setup.start()) {
      StringBuilder lines = new StringBuilder();
      int n = 0;
      for (String header :
          List.of(
              "CamelFileName",
              "cAmElFiLeNaMe",
              "CamelOverruleFileName",
              "CamelHttpUri",
              "kafka.OVERRIDE_TOPIC",
              "JMSDestination")) {
        String member = "\"" + header + "\":\"" + evil + "\"";
        lines
            .append(
                Requests.body("file", "{\"id\":1," + member + "}", "h" + n++, null)
                    .replaceFirst("\\{", "{" + member + ",\"headers\":{" + member + "},"))
            .append('\n');
      }
      drop("CamelFileName=evil.jsonl", lines.toString());
      awaitEnd("done", "CamelFileName=evil.jsonl");
      assertThat(names(directory.resolve("written"))).containsExactly("result.json");
      assertThat(evil).doesNotExist();
    }
  }

  @Test
  void whatIsNotFinalIsTriedAgain() throws Exception {
    Approver approver = new Approver();
    setup.clawshield(approver).trusting(new TokenApprover("a-1", "a", Approver.TENANT));
    try (TestService service = setup.start()) {
      Eventually.within(SOON, () -> service.requests().get("/ready").status() == 200);
      setup.writeRevocations("gone");
      Eventually.within(SOON, () -> service.requests().get("/ready").status() == 503);
      drop("later.json", Requests.body("echo", "{}", "n", approver.approve("echo", "{}")));
      TimeUnit.SECONDS.sleep(2);
      assertThat(names(inbox.resolve("done"))).isEmpty();
      assertThat(names(inbox.resolve("refused"))).isEmpty();
      setup.trusting(new TokenApprover("a-1", "a", Approver.TENANT));
      awaitEnd("done", "later.json");
    }
  }

  /** An action that one request holds, so that no other one comes to run. */
  private CompletableFuture<Reply> hold(TestService service) {
    var holding = service.requests().executeAsync(hold(0));
    Eventually.within(SOON, () -> !setup.traced().isEmpty());
    return holding;
  }

  private static String hold(int n) {
    return Requests.body("hold", "{\"id\":" + n + "}", "h" + n, null);
  }

  @Test
  void aHiddenFolderIsAFolder() throws Exception {
    inbox = Files.createDirectory(directory.resolve(".inbox"));
    setup.with("OPENEXEC_INBOX", inbox.toString());
    try (TestService service = setup.start()) {
      drop("a.json", echo(1));
      awaitEnd("done", "a.json");
    }
  }

  @Test
  void namesThatAnswersHaveAreLeftWhereTheyAre() throws Exception {
    try (TestService service = setup.start()) {
      drop("a.jsonl.reasons.jsonl", "nonsense");
      drop("a.jsonl.receipts.jsonl", "nonsense");
      drop("a.jsonl", echo(1));
      awaitEnd("done", "a.jsonl");
      drop("b.jsonl", echo(2));
      awaitEnd("done", "b.jsonl");
      assertThat(names(inbox)).contains("a.jsonl.reasons.jsonl", "a.jsonl.receipts.jsonl");
      assertThat(names(inbox.resolve("refused"))).isEmpty();
    }
  }

  @Test
  void aFolderThatIsGoneIsSaidToBe() throws Exception {
    try (TestService service = setup.start()) {
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
      Path moved = Files.move(inbox, directory.resolve("moved"));
      var gone = service.requests().get("/ready");
      assertThat(gone.status()).isEqualTo(503);
      assertThat(gone.text()).contains("OPENEXEC_INBOX");
      Files.move(moved, inbox);
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
      drop("a.json", echo(1));
      awaitEnd("done", "a.json");
    }
  }

  @Test
  void aLinkInPlaceOfAFolderIsSaidToBe() throws Exception {
    try (TestService service = setup.start()) {
      Path outside = Files.createDirectory(directory.resolve("outside"));
      Path done = inbox.resolve("done");
      Files.delete(done);
      Files.createSymbolicLink(done, outside);
      var linked = service.requests().get("/ready");
      assertThat(linked.status()).isEqualTo(503);
      assertThat(linked.text()).contains("OPENEXEC_INBOX: done ");
      Files.delete(done);
      Files.createDirectory(done);
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
    }
  }

  @Test
  void filesThatWaitStopNoOther() throws Exception {
    Path go = directory.resolve("go");
    setup.tracing("hold", "?hold=" + go, "concurrency: 1");
    try (TestService service = setup.start()) {
      var holding = hold(service);
      int files = 100;
      for (int n = 1; n <= files; n++) {
        drop("a" + n + ".json", hold(n));
      }
      Eventually.within(
          SOON, () -> names(inbox).stream().noneMatch(name -> name.endsWith(".json")));
      drop("z.json", echo(9));
      awaitEnd("done", "z.json");
      assertThat(names(inbox.resolve("done"))).containsExactly("z.json");
      Files.createFile(go);
      assertThat(holding.join().status()).isEqualTo(200);
      // One at a time runs, and who comes meanwhile comes again after up to ten seconds.
      Eventually.within(4 * SOON, () -> names(inbox.resolve("done")).size() == files + 1);
      assertThat(setup.traced()).hasSize(files + 1).doesNotHaveDuplicates();
      Eventually.within(SOON, () -> names(inbox.resolve(".work")).isEmpty());
    }
  }

  @Test
  void linesThatWaitStopNeitherThoseBehindThemNorOtherFiles() throws Exception {
    Path go = directory.resolve("go");
    setup.tracing("hold", "?hold=" + go, "concurrency: 1");
    int lines = 300;
    StringBuilder file = new StringBuilder("nonsense\n");
    for (int n = 1; n <= lines; n++) {
      file.append(hold(n)).append("\n\n");
    }
    try (TestService service = setup.start()) {
      var holding = hold(service);
      drop("waits.jsonl", file + echo(5) + "\n" + echo(6));
      Eventually.within(
          SOON,
          () ->
              StoreRows.of(setup.database(), "SELECT nonce FROM executions")
                  .containsAll(List.of("\"n5\"", "\"n6\"")));
      drop("z.jsonl", echo(9));
      awaitEnd("done", "z.jsonl");
      assertThat(names(inbox.resolve("out"))).containsExactly("z.jsonl.receipts.jsonl");
      Files.createFile(go);
      assertThat(holding.join().status()).isEqualTo(200);
      awaitEnd("refused", "waits.jsonl");
      List<JsonNode> answers = lines("out/waits.jsonl.receipts.jsonl");
      List<Integer> numbers = new ArrayList<>(List.of(1));
      for (int n = 1; n <= lines; n++) {
        numbers.add(2 * n);
      }
      numbers.addAll(List.of(2 * lines + 2, 2 * lines + 3));
      assertThat(answers.stream().map(line -> line.path("line").asInt()))
          .containsExactlyElementsOf(numbers);
      for (int n = 1; n <= lines; n++) {
        assertThat(answers.get(n).at("/answer/result/traced").asInt()).isEqualTo(n);
      }
      assertThat(lines("refused/waits.jsonl.reasons.jsonl")).hasSize(1);
      assertThat(setup.traced()).hasSize(lines + 1).doesNotHaveDuplicates();
      Eventually.within(SOON, () -> names(inbox.resolve(".work")).isEmpty());
    }
  }

  @Test
  void linesThatTakeLongStopNoOtherFile() throws Exception {
    Path go = directory.resolve("go");
    setup.tracing("hold", "?hold=" + go);
    // All the effectful actions that files may run at once, and some.
    int lines = 70;
    StringBuilder file = new StringBuilder();
    for (int n = 1; n <= lines; n++) {
      file.append(hold(n)).append('\n');
    }
    try (TestService service = setup.start()) {
      drop("slow.jsonl", file.toString());
      Eventually.within(SOON, () -> setup.traced().size() == 56);
      drop("z.jsonl", echo(8) + "\n" + echo(9));
      awaitEnd("done", "z.jsonl");
      Files.createFile(go);
      awaitEnd("done", "slow.jsonl");
      assertThat(lines("out/slow.jsonl.receipts.jsonl")).hasSize(lines);
      assertThat(setup.traced()).hasSize(lines).doesNotHaveDuplicates();
    }
  }

  @Test
  void aStopWhileLinesWaitLosesNothing() throws Exception {
    Path go = directory.resolve("go");
    setup.tracing("hold", "?hold=" + go, "concurrency: 1");
    try (TestService service = setup.start()) {
      var holding = hold(service);
      drop("waits.jsonl", hold(1) + "\n" + echo(5) + "\n" + hold(2) + "\n");
      Eventually.within(
          SOON,
          () -> StoreRows.of(setup.database(), "SELECT nonce FROM executions").contains("\"n5\""));
      Files.createFile(go);
      assertThat(holding.join().status()).isEqualTo(200);
    }
    try (TestService service = setup.start()) {
      awaitEnd("done", "waits.jsonl");
      assertThat(lines("out/waits.jsonl.receipts.jsonl").stream().map(l -> l.path("line").asInt()))
          .containsExactly(1, 2, 3);
      assertThat(setup.traced()).hasSize(3).doesNotHaveDuplicates();
      Eventually.within(SOON, () -> names(inbox.resolve(".work")).isEmpty());
    }
  }

  @Test
  void anOversizedFileOfOneRequestIsRefusedAndNotKept() throws Exception {
    try (TestService service = setup.start()) {
      drop("large.json", echo(1) + " ".repeat(8 << 20));
      awaitEnd("refused", "large.json");
      JsonNode line = lines("out/large.json.receipts.jsonl").get(0);
      assertThat(line.path("status").asInt()).isEqualTo(413);
      assertThat(StoreRows.of(setup.database(), "SELECT nonce FROM executions")).isEmpty();
    }
  }

  @Test
  void aNameThatIsNotUtf8IsLeftWhereItIs() throws Exception {
    String script = "printf x > \"$1/$(printf 'a\\377')b.json\"";
    int made = new ProcessBuilder("sh", "-c", script, "sh", inbox.toString()).start().waitFor();
    assumeThat(made).isZero();
    try (TestService service = setup.start()) {
      drop("z.json", echo(9));
      awaitEnd("done", "z.json");
      assertThat(names(inbox)).anyMatch(name -> name.endsWith("b.json"));
      assertThat(names(inbox.resolve("out"))).containsExactly("z.json.receipts.jsonl");
    }
  }

  @Test
  void whatWasBegunIsEndedUnderTheSameName() throws Exception {
    Files.createDirectories(inbox.resolve(".work"));
    Files.createDirectories(inbox.resolve("out"));
    Files.writeString(inbox.resolve(".work/begun.jsonl"), echo(1) + "\n" + echo(2) + "\n");
    // As a crash leaves it: answers published, or in the middle of them; the file not moved yet.
    Files.writeString(inbox.resolve(".work/.begun.jsonl.answers"), "half");
    Files.writeString(inbox.resolve(".work/.begun.jsonl.index"), "x".repeat(24));
    Files.writeString(inbox.resolve(".work/.gone.jsonl.answers"), "half");
    Files.writeString(inbox.resolve("out/begun.jsonl.receipts.jsonl"), "before\n");
    Files.writeString(inbox.resolve("out/.begun.jsonl.receipts.jsonl.part"), "half");
    try (TestService service = setup.start()) {
      awaitEnd("done", "begun.jsonl");
      assertThat(lines("out/begun.jsonl.receipts.jsonl")).hasSize(2);
      assertThat(names(inbox.resolve("out"))).containsExactly("begun.jsonl.receipts.jsonl");
      Eventually.within(SOON, () -> names(inbox.resolve(".work")).isEmpty());
    }
  }

  @Test
  void aStopInTheMiddleLosesNothing() throws Exception {
    setup.tracing("trace", "");
    int lines = 2_000;
    StringBuilder file = new StringBuilder();
    for (int n = 0; n < lines; n++) {
      file.append(Requests.body("trace", "{\"id\":" + n + "}", "n" + n, null)).append('\n');
    }
    try (TestService service = setup.start()) {
      drop("long.jsonl", file.toString());
      Eventually.within(SOON, () -> setup.traced().size() > 50);
    }
    assertThat(inbox.resolve(".work/long.jsonl")).exists();
    try (TestService service = setup.start()) {
      awaitEnd("done", "long.jsonl");
      assertThat(lines("out/long.jsonl.receipts.jsonl")).hasSize(lines);
      assertThat(setup.traced()).hasSize(lines).doesNotHaveDuplicates();
    }
  }

  @Test
  void anInboxHasOneService() throws Exception {
    try (TestService service = setup.start()) {
      TestService.Setup second =
          new TestService.Setup(Files.createDirectory(directory.resolve("second")))
              .with("OPENEXEC_INBOX", inbox.toString());
      assertThatThrownBy(second::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("another service has the inbox")
          .hasMessageContaining("OPENEXEC_INBOX");
    }
  }

  @Test
  void theInboxIsAFolderThatExists() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), inbox);
    for (String wrong : List.of("missing", link.toString(), "plain", "")) {
      Files.write(directory.resolve("plain"), "x".getBytes(StandardCharsets.UTF_8));
      setup.with("OPENEXEC_INBOX", wrong);
      assertThatThrownBy(setup::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageStartingWith("OPENEXEC_INBOX is ");
    }
  }

  @Test
  void withoutAnInboxThereIsNoFileDrop() throws Exception {
    setup.without("OPENEXEC_INBOX");
    try (TestService service = setup.start()) {
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
      assertThat(names(inbox)).isEmpty();
    }
  }

  @Test
  void aFileWhoseLinesTakeLongLeavesPlacesToOthers() throws Exception {
    Path go = directory.resolve("go");
    setup.tracing("slow", "?hold=" + go).tracing("quick", "");
    StringBuilder file = new StringBuilder();
    for (int n = 0; n < 200; n++) {
      file.append(Requests.body("slow", "{\"id\":" + n + "}", "n" + n, null)).append('\n');
    }
    try (TestService service = setup.start()) {
      drop("slow.jsonl", file.toString());
      Eventually.within(SOON, () -> setup.traced().size() >= 56);
      for (int n = 0; n < 20; n++) {
        assertThat(service.requests().execute("quick", "{\"id\":" + n + "}", "q" + n).status())
            .isEqualTo(200);
      }
      assertThat(setup.traced()).hasSize(56 + 20);
      Files.createFile(go);
      awaitEnd("done", "slow.jsonl");
    }
  }

  @Test
  void anInboxIsAFolderOfItsOwn() throws Exception {
    Files.writeString(inbox.resolve("revocations.json"), "{\"revoked\":[]}");
    setup
        .trusting(new TokenApprover("a-1", "a", Approver.TENANT))
        .with("OPENEXEC_REVOCATIONS", inbox.resolve("revocations.json").toString());
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("where the file of OPENEXEC_REVOCATIONS lies");
  }

  @Test
  void noFolderOfASendersKeepsTheServiceFromStarting() throws Exception {
    setup.start().close();
    Files.createDirectories(inbox.resolve(".probe/x"));
    setup.start().close();
  }

  @Test
  void norDoesOneWhoseLinesOutlastTheirTime() throws Exception {
    Path go = directory.resolve("go");
    setup.tracing("stuck", "?hold=" + go, "timeoutSeconds: 0.2").tracing("quick", "");
    StringBuilder file = new StringBuilder();
    for (int n = 0; n < 100; n++) {
      file.append(Requests.body("stuck", "{\"id\":" + n + "}", "n" + n, null)).append('\n');
    }
    try (TestService service = setup.start()) {
      drop("stuck.jsonl", file.toString());
      Eventually.within(SOON, () -> setup.traced().size() >= 56);
      Eventually.within(SOON, () -> unknown() >= 56);
      for (int n = 0; n < 20; n++) {
        assertThat(service.requests().execute("quick", "{\"id\":" + n + "}", "q" + n).status())
            .isEqualTo(200);
      }
      assertThat(setup.traced()).hasSize(56 + 20);
      Files.createFile(go);
      awaitEnd("refused", "stuck.jsonl");
    }
  }

  private long unknown() {
    return Long.parseLong(
        StoreRows.of(setup.database(), "SELECT count(*) FROM executions WHERE state = 'unknown'")
            .get(0)
            .toString());
  }
}
