package io.openexec.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of {@code bench/run}. */
final class Options {
  @Option(
      names = "--rows",
      split = ",",
      description = "only rows whose name begins so, e.g. bare,demo/pure@sqlite")
  private List<String> rows = List.of("");

  @Option(names = "--rounds", description = "rounds over all rows (default: 5)")
  private Optional<Integer> rounds = Optional.empty();

  @Option(names = "--seconds", description = "length of a window (default: 10)")
  private Optional<Double> seconds = Optional.empty();

  @Option(names = "--starts", description = "starts of each service (default: 5)")
  private Optional<Integer> starts = Optional.empty();

  @Option(names = "--first-seconds", description = "load after a start (default: 10)")
  private Optional<Double> firstSeconds = Optional.empty();

  @Option(names = "--warm-seconds", description = "the longest warm-up (default: 60)")
  private Optional<Double> warmSeconds = Optional.empty();

  @Option(names = "--stored", description = "executions in the full store (default: 2000000)")
  private Optional<Long> stored = Optional.empty();

  @Option(names = "--java", description = "home of the JDK that runs the services")
  private Path java = Path.of(System.getProperty("java.home"));

  @Option(names = "--dir", description = "folder for the databases, on the disk to measure")
  private Path directory = Path.of("target/bench");

  @Option(names = "--quick", description = "a table in few minutes, whose figures say little")
  private boolean quick;

  @Option(names = "--jmh", description = "only the microbenchmarks, and thoroughly")
  private boolean jmhOnly;

  @Option(names = "--no-jmh", description = "no microbenchmarks")
  private boolean noJmh;

  List<Row> rows() {
    return Row.all().stream()
        .filter(row -> rows.stream().anyMatch(row.name()::startsWith))
        .toList();
  }

  int rounds() {
    return rounds.orElse(quick ? 2 : 5);
  }

  double seconds() {
    return seconds.orElse(quick ? 3.0 : 10.0);
  }

  int starts() {
    return starts.orElse(quick ? 2 : 5);
  }

  double firstSeconds() {
    return firstSeconds.orElse(quick ? 5.0 : 10.0);
  }

  double warmSeconds() {
    return warmSeconds.orElse(quick ? 12.0 : 60.0);
  }

  long stored() {
    return stored.orElse(quick ? 200_000L : 2_000_000L);
  }

  Path java() {
    return java.toAbsolutePath();
  }

  Path directory() {
    return directory;
  }

  boolean jmhOnly() {
    return jmhOnly;
  }

  boolean jmh() {
    return !noJmh;
  }
}
