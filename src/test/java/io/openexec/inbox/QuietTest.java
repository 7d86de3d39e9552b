package io.openexec.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a file counts as complete. */
class QuietTest {
  private static final Duration TIME = Duration.ofSeconds(1);
  private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));

  @TempDir Path directory;
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final Quiet quiet = new Quiet(TIME, now::get);

  private boolean isQuiet(Path file) throws IOException {
    return quiet.is(file, Files.readAttributes(file, BasicFileAttributes.class));
  }

  private void passes(Duration time) {
    now.addAndGet(time.toNanos());
  }

  private Path file(String name, String content) throws IOException {
    Path file = Files.writeString(directory.resolve(name), content);
    return Files.setLastModifiedTime(file, LONG_AGO);
  }

  @Test
  void aFileThatSaysItIsOldIsLookedAtTwiceAllTheSame() throws IOException {
    Path file = file("a", "x");
    assertThat(isQuiet(file)).isFalse();
    passes(TIME.minusNanos(1));
    assertThat(isQuiet(file)).isFalse();
    passes(Duration.ofNanos(1));
    assertThat(isQuiet(file)).isTrue();
  }

  @Test
  void anEmptyFileIsWaitedForLonger() throws IOException {
    Path file = file("a", "");
    assertThat(isQuiet(file)).isFalse();
    passes(TIME.multipliedBy(Quiet.EMPTY).minusNanos(1));
    assertThat(isQuiet(file)).isFalse();
    passes(Duration.ofNanos(1));
    assertThat(isQuiet(file)).isTrue();
  }

  @Test
  void whatChangesBeginsAnew() throws IOException {
    Path file = file("a", "x");
    assertThat(isQuiet(file)).isFalse();
    passes(TIME);
    file("a", "longer");
    assertBeginsAnew(file);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    assertBeginsAnew(file);
    Path kept = Files.move(file, directory.resolve("kept"));
    Files.setLastModifiedTime(file("a", "longer"), Files.getLastModifiedTime(kept));
    assertBeginsAnew(file);
    assertThat(isQuiet(file)).isTrue();
  }

  private void assertBeginsAnew(Path file) throws IOException {
    assertThat(isQuiet(file)).isFalse();
    passes(TIME);
    assertThat(isQuiet(file)).isFalse();
    passes(TIME);
  }

  @Test
  void whatIsPutOffWaitsForItsPause() throws IOException {
    Path file = file("a", "x");
    quiet.putOff(file, TIME.multipliedBy(15));
    passes(TIME.multipliedBy(15).minusNanos(1));
    quiet.endRound();
    assertThat(isQuiet(file)).isFalse();
    passes(Duration.ofNanos(1));
    assertThat(isQuiet(file)).isFalse();
    passes(TIME);
    assertThat(isQuiet(file)).isTrue();
  }

  @Test
  void whatIsPutOffAndWhatChangesTakesNoPlaceOfOthers() throws IOException {
    int remembered = 10_000;
    for (int n = 0; n < remembered; n++) {
      Path file = file("f" + n, "x");
      assertThat(isQuiet(file)).isFalse();
      if (n % 2 == 0) {
        Files.writeString(file, "more");
      }
    }
    passes(TIME);
    for (int n = 0; n < remembered; n++) {
      Path file = directory.resolve("f" + n);
      assertThat(isQuiet(file)).isEqualTo(n % 2 == 1);
      if (n % 2 == 1) {
        quiet.putOff(file, TIME.multipliedBy(15));
      }
    }
    for (int n = 0; n < remembered; n++) {
      assertThat(isQuiet(file("late" + n, "x"))).isFalse();
    }
    passes(TIME);
    for (int n = 0; n < remembered; n++) {
      assertThat(isQuiet(directory.resolve("late" + n))).isTrue();
    }
  }

  @Test
  void moreThanAreRememberedHaveTheirTurnWhenOthersAreGone() throws IOException {
    int remembered = 10_000;
    List<Path> files = new ArrayList<>();
    for (int n = 0; n < remembered + 100; n++) {
      files.add(file("f" + n, "x"));
    }
    for (Path file : files) {
      assertThat(isQuiet(file)).isFalse();
    }
    quiet.endRound();
    passes(TIME);
    assertThat(isQuiet(files.get(remembered))).isFalse();
    assertThat(isQuiet(files.get(0))).isTrue();
    // There is room for one more; of those that are gone none keeps its place.
    quiet.endRound();
    quiet.endRound();
    for (Path late : files.subList(remembered, files.size())) {
      assertThat(isQuiet(late)).isFalse();
    }
    passes(TIME);
    for (Path late : files.subList(remembered, files.size())) {
      assertThat(isQuiet(late)).isTrue();
    }
  }
}
