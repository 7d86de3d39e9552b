package io.openexec.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers are there again after whatever ended the service, or are known not to be. */
class AnswersTest {
  @TempDir Path directory;

  private Answers answers() throws IOException {
    return new Answers(text(), index());
  }

  private Path text() {
    return directory.resolve("text");
  }

  private Path index() {
    return directory.resolve("index");
  }

  private void putThree() throws IOException {
    try (Answers.Open open = answers().open()) {
      assertThat(open.asks(1)).isFalse();
      assertThat(open.asks(5)).isFalse();
      assertThat(open.asks(6)).isFalse();
      open.wasSentAway(6);
      open.put(3, "third", true);
      open.put(1, "first", false);
      open.put(4, "fourth", false);
    }
  }

  private static List<String> all(Answers answers) throws IOException {
    List<String> all = new ArrayList<>();
    try (Answers.Open open = answers.open()) {
      open.inOrder(
          (line, answer, problem) ->
              all.add(line + " " + new String(answer, StandardCharsets.US_ASCII) + " " + problem));
    }
    return all;
  }

  private static void overwrite(Path file, long position, byte[] bytes) throws IOException {
    try (RandomAccessFile random = new RandomAccessFile(file.toFile(), "rw")) {
      random.seek(position);
      random.write(bytes);
    }
  }

  @Test
  void theyAreThereAgainInTheOrderOfTheLines() throws Exception {
    putThree();
    Answers again = answers();
    assertThat(all(again)).containsExactly("1 first false", "3 third true", "4 fourth false");
    assertThat(again.published()).isZero();
    try (Answers.Open open = again.open()) {
      assertThat(open.missing()).containsExactly(5L, 6L);
      assertThat(open.has(2)).isFalse();
      assertThat(open.asks(2)).as("not asked for").isFalse();
      assertThat(open.asks(5)).as("asked for").isTrue();
      assertThat(open.asks(6)).as("sent away").isFalse();
      open.put(2, "second", false);
      open.publishes(77, true);
    }
    assertThat(answers().published()).isEqualTo(77);
    assertThat(all(answers()))
        .containsExactly("1 first false", "2 second false", "3 third true", "4 fourth false");
  }

  /** As a crash of the machine may leave them. */
  @Test
  void oneThatIsNotAsItWasWrittenIsNone() throws Exception {
    putThree();
    overwrite(text(), 0, new byte[3]);
    assertThat(all(answers())).containsExactly("1 first false", "4 fourth false");
    try (RandomAccessFile random = new RandomAccessFile(text().toFile(), "rw")) {
      random.setLength(12);
    }
    assertThat(all(answers())).containsExactly("1 first false");
  }

  @Test
  void withoutABeginningThereIsNothing() throws Exception {
    putThree();
    overwrite(index(), 0, "whatever it is".getBytes(StandardCharsets.US_ASCII));
    Answers fresh = answers();
    assertThat(all(fresh)).isEmpty();
    assertThat(fresh.isRecovered()).isFalse();
    assertThat(Files.size(text())).isZero();
  }

  @Test
  void theRoomIsGivenBackAndWhatMayHaveBeenExecutedIsKnown() throws Exception {
    try (Answers.Open open = answers().open()) {
      open.put(1, "{\"line\":1,\"status\":200,\"answer\":{}}", false);
      open.put(2, "{\"line\":2,\"status\":403,\"answer\":{}}", true);
      open.put(3, "{\"line\":3,\"status\":409,\"answer\":{}}", true);
      assertThat(open.asks(4)).isFalse();
    }
    answers().forget();
    assertThat(Files.size(text())).isZero();
    Answers again = answers();
    assertThat(all(again)).isEmpty();
    try (Answers.Open open = again.open()) {
      assertThat(open.asks(1)).isTrue();
      assertThat(open.asks(2)).as("was refused").isFalse();
      assertThat(open.asks(3)).isTrue();
      assertThat(open.asks(4)).isTrue();
      open.put(1, "first", false);
    }
    assertThat(all(answers())).containsExactly("1 first false");
  }
}
