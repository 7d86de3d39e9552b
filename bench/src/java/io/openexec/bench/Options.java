package io.openexec.bench;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of {@code bench/run}. */
final class Options {
  @Option(
      names = "--rows",
      split = ",",
      description = "only rows whose name begins so, e.g. bare,demo/pure@sqlite")
  private List<String> rows = List.of("");

  @Option(names = "--rounds", description = "rounds over all rows (default: 5)")
  private int rounds = 5;

  @Option(names = "--seconds", description = "length of a window (default: 10)")
  private double seconds = 10;

  @Option(names = "--starts", description = "starts of each service (default: 5)")
  private int starts = 5;

  @Option(names = "--first-seconds", description = "load after a start (default: 10)")
  private double firstSeconds = 10;

  @Option(names = "--warm-seconds", description = "the longest warm-up (default: 60)")
  private double warmSeconds = 60;

  @Option(names = "--stored", description = "executions in the full store (default: 2000000)")
  private long stored = 2_000_000;

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
    return quick ? Math.min(rounds, 2) : rounds;
  }

  double seconds() {
    return quick ? Math.min(seconds, 3) : seconds;
  }

  int starts() {
    return quick ? Math.min(starts, 2) : starts;
  }

  double firstSeconds() {
    return quick ? Math.min(firstSeconds, 5) : firstSeconds;
  }

  double warmSeconds() {
    return quick ? Math.min(warmSeconds, 12) : warmSeconds;
  }

  long stored() {
    return quick ? Math.min(stored, 200_000) : stored;
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
