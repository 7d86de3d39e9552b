package io.openexec.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A line without end is not read at once, wherever reading is interrupted. */
class LinesTest {
  private static final int BOUND = 1 << 20;
  private static final int LONG = 40 << 20;

  @TempDir Path directory;

  private Path file(String name, String before, String after) throws IOException {
    Path file = directory.resolve(name);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(before.getBytes(StandardCharsets.UTF_8));
      sparse.seek(before.length() + (long) LONG);
      sparse.write(after.getBytes(StandardCharsets.UTF_8));
    }
    return file;
  }

  /** Reads a file, opened anew after each line if so wanted: what comes, and which line it is. */
  private static List<String> read(Path file, boolean anew) throws IOException {
    List<String> read = new ArrayList<>();
    Lines.Place place = Lines.BEGIN;
    Lines.Line line;
    do {
      try (Lines lines = Lines.of(file, BOUND, place, Long.MAX_VALUE)) {
        do {
          line = lines.next();
          place = lines.place();
          if (line != null) {
            read.add(line.kind() + " " + line.number());
          }
        } while (line != null && !anew);
      }
    } while (line != null);
    return read;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void itIsReadInPartsAndOnceTooLong(boolean anew) throws Exception {
    assertThat(read(file("a.jsonl", "first\n", "\nlast\n"), anew))
        .containsExactly("REQUEST 1", "UNFINISHED 2", "UNFINISHED 2", "TOO_LONG 2", "REQUEST 3");
    assertThat(read(file("b.jsonl", "first\n", "end"), anew))
        .containsExactly("REQUEST 1", "UNFINISHED 2", "UNFINISHED 2", "TOO_LONG 2");
    assertThat(read(file("c.json", "", "\nlast\n"), anew)).containsExactly("TOO_LONG 1");
  }

  @Test
  void noneIsReadBeyondTheEndThatIsGiven() throws Exception {
    Path file = file("a.jsonl", "first\nsecond\n", "");
    try (Lines lines = Lines.of(file, BOUND, Lines.BEGIN, 9)) {
      assertThat(lines.next().bytes()).asString().isEqualTo("first");
      assertThat(lines.next().bytes()).asString().isEqualTo("sec");
      assertThat(lines.next()).isNull();
      assertThat(lines.place()).isEqualTo(new Lines.Place(9, 2, Lines.After.OPEN_LINE, 6));
    }
  }

  @Test
  void aFileOfOneRequestIsNotReadBeyondTheBound() throws Exception {
    Path file = directory.resolve("huge.json");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 40);
    }
    assertTimeout(
        Duration.ofSeconds(5), () -> assertThat(read(file, true)).containsExactly("TOO_LONG 1"));
  }
}
