package io.openexec.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.openexec.execution.Answer;
import io.openexec.testing.Eventually;
import io.openexec.testing.Requests;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What senders may do to an inbox, and what may happen to it, between gates that say yes. */
@Timeout(60)
class InboxTest {
  private static final long SOON = 20_000;
  private static final int MANY = 1_000;

  /** As Linux counts it, with the zero at the end; and what the inbox takes as a name. */
  private static final int PATH_MAX = 4096;

  private static final int LONGEST_NAME = 200;
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Answer YES = Answer.of(200, JsonNodeFactory.instance.objectNode());
  private static final Answer LATER = Answer.notReady("later");

  @TempDir Path directory;
  private Path root;
  private final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(directory.resolve("inbox"));
  }

  /** Room for so many bytes, which is all there is for one that needs as much. */
  private static Inbox.Room room(int bytes) {
    Semaphore room = new Semaphore(bytes);
    return new Inbox.Room() {
      @Override
      public Runnable take(int length) throws InterruptedException {
        room.acquire(length);
        return () -> room.release(length);
      }

      @Override
      public Runnable tryTake(int length) {
        return room.tryAcquire(length) ? () -> room.release(length) : null;
      }
    };
  }

  private Inbox open(int files, Function<String, CompletableFuture<Answer>> gates)
      throws IOException {
    return open(files, gates, room(Integer.MAX_VALUE));
  }

  private Inbox open(int files, Function<String, CompletableFuture<Answer>> gates, Inbox.Room room)
      throws IOException {
    return Inbox.open(
        root,
        () -> {},
        request -> {
          String text = new String(request, StandardCharsets.UTF_8);
          requests.add(text);
          return gates.apply(text);
        },
        room,
        new Inbox.Bounds(files, Duration.ofMillis(100), Duration.ZERO, Duration.ofMillis(500)));
  }

  private static CompletableFuture<Answer> yes() {
    return CompletableFuture.completedFuture(YES);
  }

  private void drop(String name, String content) throws IOException {
    settle(Files.writeString(directory.resolve("next"), content), name);
  }

  /** Makes a file one that has not changed for a minute, and renames it into the inbox. */
  private void settle(Path file, String name) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
    Files.move(file, root.resolve(name));
  }

  private static boolean looked(Inbox inbox) {
    try {
      inbox.look();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void awaitEnd(Inbox inbox, String folder, String name) {
    Eventually.within(
        SOON, () -> looked(inbox) && Files.exists(root.resolve(folder).resolve(name)));
  }

  private List<Integer> statuses(String name) throws IOException {
    List<Integer> statuses = new ArrayList<>();
    for (String line : Files.readAllLines(root.resolve("out").resolve(name + ".receipts.jsonl"))) {
      JsonNode answer = MAPPER.readTree(line);
      assertThat(answer.path("line").asInt()).isEqualTo(statuses.size() + 1);
      statuses.add(answer.path("status").asInt());
    }
    return statuses;
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Drops a file, and writes more to it when its first line has come to the gates. */
  private void dropAndAdd(String name, String content, String more, String folder)
      throws IOException {
    CompletableFuture<Answer> first = new CompletableFuture<>();
    AtomicBoolean isFirst = new AtomicBoolean(true);
    try (Inbox inbox = open(MANY, text -> isFirst.getAndSet(false) ? first : yes())) {
      drop(name, content);
      Eventually.within(SOON, () -> looked(inbox) && !requests.isEmpty());
      // Nothing more of it is read as long as its end was not looked at: it was, or will be now.
      Files.writeString(root.resolve(".work").resolve(name), more, StandardOpenOption.APPEND);
      first.complete(YES);
      awaitEnd(inbox, folder, name);
    }
  }

  @Test
  void requestsThatThereIsNoRoomForStopNoOthers() throws Exception {
    CompletableFuture<Answer> large = new CompletableFuture<>();
    String text = "x".repeat(1_000);
    try (Inbox inbox = open(MANY, request -> request.equals(text) ? large : yes(), room(1_500))) {
      for (int i = 0; i < 8; i++) {
        drop("large" + i + ".jsonl", text + "\n");
      }
      Eventually.within(SOON, () -> looked(inbox) && !requests.isEmpty());
      drop("small.jsonl", "1\n2\n");
      awaitEnd(inbox, "done", "small.jsonl");
      assertThat(names(root.resolve("done"))).containsExactly("small.jsonl");
      large.complete(YES);
      for (int i = 0; i < 8; i++) {
        awaitEnd(inbox, "done", "large" + i + ".jsonl");
      }
      assertThat(requests).as("each once").hasSize(10);
    }
  }

  @Test
  void theLogSaysNowAndThenHowFarAFileIsThatWaits() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger("io.openexec.inbox");
    Level before = logger.getLevel();
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.setLevel(Level.INFO);
    logger.addAppender(log);
    AtomicInteger ready = new AtomicInteger(1);
    try (Inbox inbox =
        open(
            MANY,
            text ->
                CompletableFuture.completedFuture(
                    Integer.parseInt(text) <= ready.get() ? YES : LATER))) {
      drop("a.jsonl", "1\n2\n3\n");
      for (int waiting : new int[] {2, 1}) {
        Eventually.within(SOON, () -> looked(inbox) && says(log, "(" + waiting + " of 3 lines)"));
        ready.incrementAndGet();
      }
      awaitEnd(inbox, "done", "a.jsonl");
    } finally {
      logger.detachAppender(log);
      logger.setLevel(before);
    }
  }

  private static boolean says(ListAppender<ILoggingEvent> log, String text) {
    synchronized (log) { // As it appends.
      return log.list.stream().anyMatch(event -> event.getFormattedMessage().contains(text));
    }
  }

  @Test
  void aFileThatIsAnsweredDoesNotWaitForWhatOthersWaitFor() throws Exception {
    // One action is away; of another one four at a time run, so that most requests come again.
    Semaphore slots = new Semaphore(4);
    try (Inbox inbox = open(MANY, text -> text.startsWith("away") ? later() : slot(slots))) {
      for (int i = 0; i < 500; i++) {
        drop("away" + i + ".json", "away" + i);
      }
      Eventually.within(SOON, () -> looked(inbox) && requests.stream().distinct().count() == 500);
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < 100; i++) {
        lines.append(i).append('\n');
      }
      drop("ours.jsonl", lines.toString());
      awaitEnd(inbox, "done", "ours.jsonl");
      assertThat(statuses("ours.jsonl")).hasSize(100).containsOnly(200);
    }
  }

  private static CompletableFuture<Answer> later() {
    return CompletableFuture.completedFuture(LATER);
  }

  private static CompletableFuture<Answer> slot(Semaphore slots) {
    if (!slots.tryAcquire()) {
      return later();
    }
    return CompletableFuture.supplyAsync(
        () -> {
          slots.release();
          return YES;
        },
        CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS));
  }

  @Test
  void whatIsWrittenAfterTheAnswersDoesNotLieAmongWhatIsDone() throws Exception {
    try (Inbox inbox = open(MANY, text -> yes())) {
      drop("slow.jsonl", "1\n");
      awaitEnd(inbox, "done", "slow.jsonl");
      // As by who has it open still.
      Files.writeString(root.resolve("done/slow.jsonl"), "2\n", StandardOpenOption.APPEND);
      awaitEnd(inbox, "refused", "slow.jsonl");
      assertThat(root.resolve("done/slow.jsonl")).doesNotExist();
      assertThat(requests).containsExactly("1");
      assertThat(inbox.counts().filesWrittenLater()).isOne();
      Files.move(root.resolve("refused/slow.jsonl"), root.resolve("slow.jsonl"));
      Eventually.within(SOON, () -> looked(inbox) && requests.contains("2"));
    }
  }

  @Test
  void anotherFileOfTheSameNameIsNotTakenForMoreOfTheFirst() throws Exception {
    try (Inbox inbox = open(MANY, text -> yes())) {
      drop("a.jsonl", "1\n");
      awaitEnd(inbox, "done", "a.jsonl");
      Files.writeString(directory.resolve("another"), "1\n2\n3\n");
      Files.move(root.resolve("done/a.jsonl"), directory.resolve("collected"));
      Files.move(directory.resolve("another"), root.resolve("done/a.jsonl"));
      drop("b.jsonl", "1\n");
      awaitEnd(inbox, "done", "b.jsonl");
      Files.writeString(root.resolve("done/b.jsonl"), "2\n", StandardOpenOption.APPEND);
      awaitEnd(inbox, "refused", "b.jsonl");
      assertThat(root.resolve("done/a.jsonl")).exists();
      assertThat(inbox.counts().filesWrittenLater()).isOne();
    }
  }

  @Test
  void aLockThatIsNoFileIsNotWaitedFor() throws Exception {
    assumeThat(new ProcessBuilder("mkfifo", root.resolve(".lock").toString()).start().waitFor())
        .isZero();
    assertThatThrownBy(() -> open(MANY, text -> yes()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(".lock is no plain file; move it away");
  }

  @Test
  void whatAKilledAttemptLeftBehindIsRemoved() throws Exception {
    open(MANY, text -> yes()).close();
    Path refused = root.resolve("refused");
    for (String left : List.of("a.jsonl.reasons.jsonl", ".a.jsonl.reasons.jsonl.part")) {
      Files.createFile(refused.resolve(left));
    }
    Files.writeString(root.resolve(".work").resolve("a.jsonl"), "1\n");
    try (Inbox inbox = open(MANY, text -> yes())) {
      awaitEnd(inbox, "done", "a.jsonl");
      assertThat(names(refused)).isEmpty();
    }
  }

  @Test
  void whatIsAnsweredIsNotAskedAgainWhenTheFileFails() throws Exception {
    CompletableFuture<Answer> last = new CompletableFuture<>();
    try (Inbox inbox = open(MANY, text -> text.equals("last") ? last : yes())) {
      drop("a.jsonl", "1\nlast\n");
      Eventually.within(SOON, () -> looked(inbox) && requests.contains("last"));
      Files.move(root.resolve("out"), root.resolve("away"));
      last.complete(YES);
      Eventually.within(SOON, () -> !looked(inbox));
      Files.move(root.resolve("away"), root.resolve("out"));
      awaitEnd(inbox, "done", "a.jsonl");
      assertThat(statuses("a.jsonl")).containsExactly(200, 200);
      assertThat(requests).containsExactly("1", "last");
    }
  }

  private static String request(int id) {
    return Requests.body("echo", "{}", "n" + id, null);
  }

  private static int id(String request) {
    try {
      return Integer.parseInt(MAPPER.readTree(request).path("nonce").asText().substring(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CompletableFuture<Answer> no(String code) {
    return CompletableFuture.completedFuture(
        Answer.of(403, JsonNodeFactory.instance.objectNode().put("code", code)));
  }

  /** What is executed and what not, nobody can tell of lines that were under way. */
  @Test
  void aStopInTheMiddleTurnsNoAnswerIntoARefusal() throws Exception {
    int lines = 2_000;
    int answered = 10;
    StringBuilder file = new StringBuilder();
    for (int n = 1; n <= lines; n++) {
      file.append(request(n)).append('\n');
    }
    try (Inbox inbox =
        open(MANY, text -> id(text) <= answered ? yes() : new CompletableFuture<>())) {
      drop("a.jsonl", file.toString());
      Eventually.within(
          SOON,
          () ->
              looked(inbox)
                  && requests.size() > answered
                  && inbox.counts().linesSucceeded() >= answered);
    }
    int asked = requests.size();
    requests.clear();
    try (Inbox inbox = open(MANY, text -> no("signature_invalid"))) {
      awaitEnd(inbox, "refused", "a.jsonl");
    }
    List<Integer> statuses = statuses("a.jsonl");
    assertThat(asked).isBetween(answered + 1, lines / 2);
    assertThat(statuses.subList(0, answered)).as("answered before").containsOnly(200);
    // One more, perhaps, that was about to be asked for.
    int unsure = statuses.lastIndexOf(409) + 1;
    assertThat(unsure).isBetween(asked, asked + 1);
    assertThat(statuses.subList(answered, unsure)).as("may have been").containsOnly(409);
    assertThat(statuses.subList(unsure, lines)).as("never asked for").containsOnly(403);
    assertThat(requests).hasSize(lines - answered);
    assertThat(Files.readAllLines(root.resolve("out/a.jsonl.receipts.jsonl")).get(answered))
        .contains("\"interrupted\"", "signature_invalid", "Before you have it approved again");
  }

  /** Nobody executed what was sent away, so there is nothing to be unsure of. */
  @Test
  void whatWasSentAwayAndIsRefusedThenIsRefused() throws Exception {
    AtomicBoolean ready = new AtomicBoolean();
    try (Inbox inbox = open(MANY, text -> ready.get() ? no("key_unknown") : later())) {
      drop("a.json", request(1));
      Eventually.within(SOON, () -> looked(inbox) && requests.size() >= 2);
    }
    ready.set(true);
    try (Inbox inbox = open(MANY, text -> no("key_unknown"))) {
      awaitEnd(inbox, "refused", "a.json");
      assertThat(statuses("a.json")).containsExactly(403);
    }
  }

  @Test
  void whatIsKeptOfAFileThatIsGoneIsNotAnothersAnswer() throws Exception {
    try (Inbox inbox = open(MANY, text -> id(text) == 1 ? yes() : new CompletableFuture<>())) {
      drop("a.jsonl", request(1) + "\n" + request(2) + "\n");
      Eventually.within(SOON, () -> looked(inbox) && inbox.counts().linesSucceeded() == 1);
      Files.delete(root.resolve(".work/a.jsonl"));
      drop("b.jsonl", "x");
      drop("a.jsonl", request(3) + "\n" + request(4) + "\n");
      Eventually.within(SOON, () -> looked(inbox) && requests.size() == 5);
    }
    assertThat(requests.stream().filter(text -> text.startsWith("{")).map(InboxTest::id))
        .containsExactlyInAnyOrder(1, 2, 3, 4);
  }

  @Test
  void theLongestNameMayComeAgain() throws Exception {
    String name = "n".repeat(LONGEST_NAME - ".json".length()) + ".json";
    try (Inbox inbox = open(MANY, text -> yes())) {
      for (String end : List.of(name, "n".repeat(LONGEST_NAME - ".json".length()) + "-2.json")) {
        drop(name, request(1));
        awaitEnd(inbox, "done", end);
        assertThat(statuses(end)).containsExactly(200);
      }
    }
  }

  @Test
  void whatTheRecordWasAskedForIsTakenAtItsWord() throws Exception {
    try (Inbox inbox = open(MANY, text -> new CompletableFuture<>())) {
      drop("a.json", request(1));
      Eventually.within(SOON, () -> looked(inbox) && requests.size() == 1);
    }
    try (Inbox inbox = open(MANY, text -> no("approval_expired"))) {
      awaitEnd(inbox, "refused", "a.json");
      assertThat(statuses("a.json")).containsExactly(403);
    }
  }

  @Test
  void whatWasPublishedStaysTheAnswer() throws Exception {
    CompletableFuture<Answer> second = new CompletableFuture<>();
    Path inTheWay = root.resolve("refused/a.jsonl");
    try (Inbox inbox = open(MANY, text -> id(text) == 1 ? no("approval_not_yet_valid") : second)) {
      drop("a.jsonl", request(1) + "\n" + request(2) + "\n");
      Eventually.within(SOON, () -> looked(inbox) && requests.size() == 2);
      // So that it cannot be moved any more: as if the service had been killed before that.
      Files.createDirectories(inTheWay.resolve("x"));
      second.complete(YES);
      Eventually.within(SOON, () -> Files.exists(root.resolve("out/a.jsonl.receipts.jsonl")));
    }
    Files.delete(inTheWay.resolve("x"));
    Files.delete(inTheWay);
    Files.writeString(root.resolve(".work/a.jsonl"), request(3) + "\n", StandardOpenOption.APPEND);
    try (Inbox inbox = open(MANY, text -> yes())) {
      awaitEnd(inbox, "refused", "a.jsonl");
      assertThat(statuses("a.jsonl")).containsExactly(403, 200);
      assertThat(requests).as("none again, and none too late").hasSize(2);
      Eventually.within(SOON, () -> names(root.resolve(".work")).isEmpty());
    }
  }

  @Test
  void whatIsCutOffIsAnsweredAsWell() throws Exception {
    AtomicBoolean ready = new AtomicBoolean();
    try (Inbox inbox = open(MANY, text -> ready.get() || id(text) != 2 ? yes() : later())) {
      drop("a.jsonl", request(1) + "\n" + request(2) + "\n" + request(3) + "\n");
      Eventually.within(
          SOON, () -> looked(inbox) && requests.stream().anyMatch(text -> id(text) == 3));
      try (FileChannel file =
          FileChannel.open(root.resolve(".work/a.jsonl"), StandardOpenOption.WRITE)) {
        file.truncate(request(1).length() + 1);
      }
      ready.set(true);
      awaitEnd(inbox, "refused", "a.jsonl");
      assertThat(statuses("a.jsonl")).as("each line that was asked").containsExactly(200, 422, 200);
    }
  }

  @Test
  void linesThatAreAddedToAFileAreReadToo() throws Exception {
    dropAndAdd("a.jsonl", "1\n2\n", "3\n4\n", "done");
    assertThat(requests).containsExactlyInAnyOrder("1", "2", "3", "4");
    assertThat(statuses("a.jsonl")).containsExactly(200, 200, 200, 200);
  }

  /** A file whose last line has no end was read to its end before more is written to it. */
  private void addAfterTheEnd(String name, String more, String folder, String... lines)
      throws IOException {
    CompletableFuture<Answer> last = new CompletableFuture<>();
    try (Inbox inbox = open(MANY, text -> text.equals("last") ? last : yes())) {
      drop(name, String.join("\n", lines));
      Eventually.within(SOON, () -> looked(inbox) && requests.contains("last"));
      Eventually.within(SOON, () -> readBytes(inbox) == 4 + 6L * (lines.length - 1));
      Files.writeString(root.resolve(".work").resolve(name), more, StandardOpenOption.APPEND);
      last.complete(YES);
      awaitEnd(inbox, folder, name);
    }
  }

  private static long readBytes(Inbox inbox) {
    return inbox.counts().bytesRead();
  }

  @Test
  void theRestOfALineThatWasReadIsNoRequest() throws Exception {
    addAfterTheEnd("a.jsonl", "-and more\nthird\n", "refused", "first", "last");
    assertThat(requests).containsExactlyInAnyOrder("first", "last", "third");
    assertThat(statuses("a.jsonl")).containsExactly(200, 200, 422, 200);
    assertThat(Files.readString(root.resolve("refused/a.jsonl.reasons.jsonl")))
        .contains("\"line\":3", "malformed_request", "after it was taken");
  }

  @Test
  void anEndOfTheLastLineThatComesLaterIsNoRest() throws Exception {
    addAfterTheEnd("a.jsonl", "\r\nthird\n", "done", "first", "last");
    assertThat(requests).containsExactlyInAnyOrder("first", "last", "third");
    assertThat(statuses("a.jsonl")).containsExactly(200, 200, 200);
  }

  @Test
  void aFileOfOneRequestHasNoRestEither() throws Exception {
    addAfterTheEnd("a.json", "\n", "done", "last");
    addAfterTheEnd("b.json", " more", "refused", "last");
    assertThat(statuses("a.json")).containsExactly(200);
    assertThat(statuses("b.json")).containsExactly(200, 422);
  }

  @Test
  void linesKeepTheirNumbersWhenAFileGrowsWhileSomeWait() throws Exception {
    AtomicBoolean grown = new AtomicBoolean();
    try (Inbox inbox =
        open(MANY, text -> CompletableFuture.completedFuture(grown.get() ? YES : LATER))) {
      drop("a.jsonl", "first\nlast");
      Eventually.within(SOON, () -> looked(inbox) && requests.contains("last"));
      Files.writeString(
          root.resolve(".work/a.jsonl"), "-and more\nthird", StandardOpenOption.APPEND);
      grown.set(true);
      awaitEnd(inbox, "refused", "a.jsonl");
    }
    assertThat(requests).doesNotContain("last-and more").contains("third");
    assertThat(statuses("a.jsonl")).containsExactly(200, 200, 422, 200);
  }

  @ParameterizedTest
  @ValueSource(strings = {".work", "out", "done", "refused"})
  void nothingIsWrittenThroughALink(String folder) throws Exception {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    CompletableFuture<Answer> first = new CompletableFuture<>();
    try (Inbox inbox = open(MANY, text -> text.equals("held") ? first : yes())) {
      drop("a.jsonl", "held\n");
      Eventually.within(SOON, () -> looked(inbox) && !requests.isEmpty());
      Path moved = Files.move(root.resolve(folder), directory.resolve("moved"));
      Files.createSymbolicLink(root.resolve(folder), outside);
      drop("b.jsonl", "other\n");
      assertThat(inbox.problem()).hasValueSatisfying(p -> assertThat(p).contains(folder));
      assertThatThrownBy(inbox::look).isInstanceOf(IOException.class);
      // It has its turn, and others again, and none goes through the link.
      first.complete(YES);
      Eventually.within(SOON, () -> inbox.counts().filesOpen() == 0);
      assertThat(outside).isEmptyDirectory();
      assertThat(root.resolve("b.jsonl")).exists();
      Files.delete(root.resolve(folder));
      Files.move(moved, root.resolve(folder));
      assertThat(inbox.problem()).isEmpty();
      awaitEnd(inbox, "done", "a.jsonl");
      awaitEnd(inbox, "done", "b.jsonl");
      assertThat(outside).isEmptyDirectory();
    }
  }

  @Test
  void linesWithoutEndGiveOthersTheirTurn() throws Exception {
    long[] lengths = {40L << 20, 1L << 40};
    for (long length : lengths) {
      Path file = directory.resolve("next");
      try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
        sparse.seek(length);
        sparse.write("\nlast\n".getBytes(StandardCharsets.UTF_8));
      }
      settle(file, length + ".jsonl");
    }
    try (Inbox inbox = open(MANY, text -> yes())) {
      drop("z.jsonl", "request\n");
      awaitEnd(inbox, "done", "z.jsonl");
      for (long length : lengths) {
        awaitEnd(inbox, "refused", length + ".jsonl");
      }
      assertThat(statuses(lengths[0] + ".jsonl")).containsExactly(413, 200);
      assertThat(statuses(lengths[1] + ".jsonl")).as("what is behind it").containsExactly(413);
    }
  }

  @Test
  void noMoreFilesAreTakenThanAreBounded() throws Exception {
    int files = 30;
    int bound = 10;
    AtomicBoolean go = new AtomicBoolean();
    try (Inbox inbox =
        open(bound, text -> CompletableFuture.completedFuture(go.get() ? YES : LATER))) {
      for (int n = 0; n < files; n++) {
        drop("a" + n + ".json", "request");
      }
      Eventually.within(SOON, () -> looked(inbox) && inbox.counts().filesOpen() == bound);
      inbox.look();
      assertThat(names(root.resolve(".work")).stream().filter(name -> name.endsWith(".json")))
          .hasSize(bound);
      go.set(true);
      Eventually.within(SOON, () -> looked(inbox) && names(root.resolve("done")).size() == files);
    }
  }

  @Test
  void moreFilesThanAreBoundedGoOnAfterAStart() throws Exception {
    Files.createDirectory(root.resolve(".work"));
    int files = 30;
    for (int n = 0; n < files; n++) {
      Files.writeString(root.resolve(".work/a" + n + ".json"), "request");
      Files.writeString(root.resolve(".work/.a" + n + ".json.answers"), "half");
    }
    // It is not opened, and takes no place of a file that is.
    Files.createSymbolicLink(root.resolve(".work/link.json"), directory);
    drop("new.json", "request");
    try (Inbox inbox = open(1, text -> yes())) {
      awaitEnd(inbox, "done", "new.json");
      assertThat(names(root.resolve("done"))).hasSize(files + 1);
      assertThat(names(root.resolve(".work"))).containsExactly("link.json");
      assertThat(requests).hasSize(files + 1);
    }
  }

  @Test
  void ofOneNameThereMayBeManyFiles() throws Exception {
    int many = 20_000;
    int more = 200;
    try (Inbox inbox = open(MANY, text -> yes())) {
      Path done = root.resolve("done");
      Files.createFile(done.resolve("a.json"));
      for (int n = 2; n <= many; n++) {
        Files.createFile(done.resolve("a-" + n + ".json"));
      }
      for (int n = 1; n <= more; n++) {
        drop("a.json", "request");
        String name = "a-" + (many + n) + ".json";
        // Looking at each of them each time would take minutes.
        awaitEnd(inbox, "done", name);
      }
    }
    assertThat(requests).hasSize(more);
  }

  @Test
  void aFileWhoseTurnFailsHasAnotherOne() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    try (Inbox inbox =
        open(
            MANY,
            text -> {
              switch (tries.incrementAndGet()) {
                case 1 -> throw new OutOfMemoryError("for the test");
                case 2 -> throw new IllegalStateException("for the test");
                case 3 -> {
                  return CompletableFuture.failedFuture(new IllegalStateException("for the test"));
                }
                default -> {
                  return yes();
                }
              }
            })) {
      drop("a.jsonl", "1\n2\n3\n");
      awaitEnd(inbox, "done", "a.jsonl");
      assertThat(statuses("a.jsonl")).containsExactly(200, 200, 200);
      drop("b.json", "request");
      awaitEnd(inbox, "done", "b.json");
    }
  }

  @Test
  void aFileWhoseAnswersCannotBeKeptHasAnotherTurn() throws Exception {
    CompletableFuture<Answer> first = new CompletableFuture<>();
    AtomicInteger tries = new AtomicInteger();
    try (Inbox inbox = open(1, text -> tries.incrementAndGet() == 1 ? first : yes())) {
      drop("a.json", "request");
      drop("b.json", "request");
      Eventually.within(SOON, () -> looked(inbox) && !requests.isEmpty());
      Path out = root.resolve("out");
      Files.delete(out);
      first.complete(YES);
      Eventually.within(SOON, () -> inbox.counts().filesOpen() == 0);
      Files.createDirectory(out);
      awaitEnd(inbox, "done", "a.json");
      awaitEnd(inbox, "done", "b.json");
    }
  }

  @Test
  void aFileThatCannotBeMovedStopsNoOther() throws Exception {
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    // So deep that with the longest of names there is no room for one folder more.
    int deep = PATH_MAX - 1 - "/".length() - LONGEST_NAME;
    while (root.toString().length() < deep) {
      int left = deep - root.toString().length() - "/".length();
      // No folder without a name.
      int length = left > LONGEST_NAME && left <= LONGEST_NAME + 1 ? left / 2 : left;
      root = root.resolve("d".repeat(Math.min(LONGEST_NAME, length)));
    }
    Files.createDirectories(root);
    String stays = "b".repeat(LONGEST_NAME - ".json".length()) + ".json";
    drop(stays, "request");
    drop("a.json", "request");
    drop("c.json", "request");
    try (Inbox inbox = open(MANY, text -> yes())) {
      // None of which fails, after which all of them would have to wait.
      assertThat(inbox.look()).isTrue();
      Eventually.within(SOON, () -> Files.exists(root.resolve("done/a.json")));
      Eventually.within(SOON, () -> Files.exists(root.resolve("done/c.json")));
      assertThat(root.resolve(stays)).exists();
      assertThat(inbox.problem()).isEmpty();
      // It is tried again, and would go as soon as it can.
      Files.move(root.resolve(stays), root.resolve("short.json"));
      awaitEnd(inbox, "done", "short.json");
    }
  }

  @Test
  void answersAreForTheOwnerAloneAndTheGroupOfAFolderThatLetsIt() throws Exception {
    assumeThat(FileSystems.getDefault().supportedFileAttributeViews()).contains("posix");
    Path refused = Files.createDirectory(root.resolve("refused"));
    Files.setPosixFilePermissions(refused, PosixFilePermissions.fromString("rwxr-x---"));
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    try (Inbox inbox = open(MANY, text -> answer)) {
      drop("a.jsonl", "nonsense");
      Eventually.within(SOON, () -> looked(inbox) && !requests.isEmpty());
      assertThat(mode("out")).isEqualTo("rwx------");
      assertThat(mode("done")).isEqualTo("rwx------");
      assertThat(mode(".work")).isEqualTo("rwx------");
      assertThat(mode("refused")).isEqualTo("rwxr-x---");
      assertThat(mode(".work/.a.jsonl.answers")).isEqualTo("rw-------");
      answer.complete(Answer.of(403, JsonNodeFactory.instance.objectNode()));
      awaitEnd(inbox, "refused", "a.jsonl");
      assertThat(mode("out/a.jsonl.receipts.jsonl")).isEqualTo("rw-------");
      assertThat(mode("refused/a.jsonl.reasons.jsonl")).isEqualTo("rw-r-----");
    }
  }

  private String mode(String name) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve(name)));
  }
}
