package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.bench.Bench;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmarks still run, and still find the database to hold what was acknowledged. */
class BenchSmokeIT {
  @TempDir Path directory;

  @Test
  void printsATableAndFindsTheDatabaseAsAcknowledged() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    String[] tiny = {
      "--rows=bare,demo/pure@sqlite",
      "--rounds=1",
      "--seconds=1",
      "--starts=0",
      "--warm-seconds=1",
      "--no-jmh",
      "--dir=" + directory
    };
    int code = Bench.run(out, System.err, tiny);
    assertThat(code).as(bytes.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .containsPattern("\\| bare \\| [1-9]")
        .containsPattern("\\| demo/pure@sqlite \\| [1-9][0-9]* \\([0-9.]+\\)")
        .containsPattern("Checked: 1 databases hold exactly the [1-9][0-9,]* executions");
    assertThat(directory).isEmptyDirectory();
  }
}
