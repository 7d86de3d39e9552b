package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.bench.BareRoute;
import io.openexec.testing.Packaged;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ready within two and a half times what a bare Camel route on the same stack needs. */
@Tag("measured")
class StartupIT {
  private static final int ROUNDS = 9;
  private static final int MOST = ROUNDS / 2 + 1;
  private static final double BOUND = 2.5;
  @TempDir Path directory;

  @Test
  void readyWithinTwoAndAHalfTimesABareRoute() throws Exception {
    List<Double> ratios = new ArrayList<>();
    // The median of nine: with five on one side it is known.
    for (int round = 0; round < ROUNDS && !isDecided(ratios); round++) {
      // In pairs, so that a noisy moment hits both.
      ratios.add(openExec(round) / bareRoute());
    }
    assertThat(ratios.stream().filter(ratio -> ratio < BOUND).count())
        .as("ratios " + ratios)
        .isGreaterThanOrEqualTo(MOST);
  }

  private static boolean isDecided(List<Double> ratios) {
    long below = ratios.stream().filter(ratio -> ratio < BOUND).count();
    return below >= MOST || ratios.size() - below >= MOST;
  }

  private double openExec(int round) throws Exception {
    Path own = Files.createDirectory(directory.resolve("round" + round));
    long begin = System.nanoTime();
    try (Packaged service = Packaged.start(own, Map.of("OPENEXEC_PORT", "0"), false)) {
      double seconds = seconds(begin);
      assertThat(service.requests().get("/ready").status()).isEqualTo(200);
      return seconds;
    }
  }

  private double bareRoute() throws Exception {
    String classPath =
        Path.of("target/test-classes").toAbsolutePath() + File.pathSeparator + Packaged.JAR;
    long begin = System.nanoTime();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                BareRoute.class.getName(),
                BareRoute.WORKERS)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = out.readLine();
      while (line != null && !line.contains("ready on")) {
        line = out.readLine();
      }
      assertThat(line).isNotNull();
      return seconds(begin);
    } finally {
      process.destroyForcibly();
    }
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }
}
