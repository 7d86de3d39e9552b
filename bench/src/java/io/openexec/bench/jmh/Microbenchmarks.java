package io.openexec.bench.jmh;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the JMH benchmarks, on one thread, and makes a table of their own. */
public final class Microbenchmarks {
  private static final String HEAD =
      """
      | microbenchmark (JMH, one thread) | µs each | ± (99.9 %) | a second and core |
      |---|---|---|---|
      """;

  private Microbenchmarks() {}

  /**
   * Runs them and returns the table.
   *
   * @param thorough for figures to quote; else for an impression
   */
  public static String run(Path javaHome, boolean thorough) throws RunnerException {
    int seconds = thorough ? 2 : 1;
    int iterations = thorough ? 5 : 3;
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("^io\\.openexec\\..*Benchmark\\..*")
                    .mode(Mode.AverageTime)
                    .timeUnit(TimeUnit.MICROSECONDS)
                    .forks(thorough ? 2 : 1)
                    .threads(1)
                    .warmupIterations(iterations)
                    .warmupTime(TimeValue.seconds(seconds))
                    .measurementIterations(iterations)
                    .measurementTime(TimeValue.seconds(seconds))
                    .jvm(javaHome.resolve("bin").resolve("java").toString())
                    .jvmArgs("-Xmx256m")
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    StringBuilder table = new StringBuilder(HEAD);
    results.forEach(result -> table.append(line(result)));
    return table.toString();
  }

  private static String line(RunResult result) {
    String name = result.getParams().getBenchmark().replaceFirst("^.*\\.(.*\\..*)$", "$1");
    String parameters =
        result.getParams().getParamsKeys().stream()
            .map(key -> ", " + result.getParams().getParam(key))
            .collect(Collectors.joining());
    double micros = result.getPrimaryResult().getScore();
    return String.format(
        Locale.ROOT,
        "| %s | %.2f | %.2f | %,.0f |%n",
        name + parameters,
        micros,
        result.getPrimaryResult().getScoreError(),
        1e6 / micros);
  }
}
