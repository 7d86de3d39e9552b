package io.openexec.bench;

import io.openexec.bench.jmh.Microbenchmarks;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Measures everything and prints one table; see bench/README.md. */
@Command(
    name = "bench/run",
    mixinStandardHelpOptions = true,
    description = "Prints what an execution costs, in one table.")
public final class Bench implements Callable<Integer> {
  private static final int FIRST_RATE = 200;
  private static final double SETTLED = 0.05;
  private static final double GENERATOR_WARM_UP = 3;

  @Mixin private Options options;
  private final PrintStream out;
  private final PrintStream progress;

  private Bench(PrintStream out, PrintStream progress) {
    this.out = out;
    this.progress = progress;
  }

  /** Runs the command line. */
  public static void main(String[] args) {
    System.exit(run(System.out, System.err, args));
  }

  /**
   * Runs the command line.
   *
   * @return 0 if every database held exactly what was acknowledged, and every answer was right
   */
  public static int run(PrintStream out, PrintStream progress, String... args) {
    return new CommandLine(new Bench(out, progress)).execute(args);
  }

  @Override
  public Integer call() throws Exception {
    if (options.jmhOnly()) {
      out.println(Microbenchmarks.run(options.java(), true));
      return 0;
    }
    try (Site site = new Site(options.java(), options.directory())) {
      List<Subject> subjects = new ArrayList<>();
      options.rows().forEach(row -> subjects.add(new Subject(row, site, options.stored())));
      Report report = new Report(subjects, options, Machine.describe(site));
      try {
        measure(site, subjects);
      } finally {
        subjects.forEach(Subject::close);
      }
      out.println(report.table(site));
      if (options.jmh()) {
        say("microbenchmarks");
        out.println(Microbenchmarks.run(options.java(), false));
      }
      return report.verdict(out) ? 0 : 1;
    }
  }

  private void measure(Site site, List<Subject> subjects) throws IOException, SQLException {
    if (subjects.stream().anyMatch(s -> s.row().engine() == Row.Engine.POSTGRESQL)) {
      say("starting PostgreSQL");
      site.startPostgres();
    }
    warmGenerator(site);
    each("filling", subjects.stream().filter(s -> s.row().stored()).toList(), Subject::fill);
    for (int i = 0; i < options.starts(); i++) {
      boolean saturated = i % 2 == 1;
      each("start " + (i + 1) + " of", inTurn(subjects, i), s -> first(s, saturated));
    }
    each("starting", subjects, s -> s.start(0));
    each("warming", subjects, this::warm);
    for (int i = 0; i < options.rounds(); i++) {
      each("saturated round " + (i + 1) + " of", inTurn(subjects, i), this::saturated);
    }
    each("half rate for", subjects, Bench::chooseRate);
    for (int i = 0; i < options.rounds(); i++) {
      each("open round " + (i + 1) + " of", inTurn(subjects, i), this::open);
    }
    each("inspecting", subjects, Subject::inspect);
    each("stopping", subjects, Subject::stop);
  }

  /** What is done with each row in turn. */
  private interface Step {
    void on(Subject subject) throws IOException, SQLException, ServiceProcess.NotReady;
  }

  private void each(String what, List<Subject> subjects, Step step) {
    for (Subject subject : subjects) {
      if (subject.measured().over()) {
        continue;
      }
      say(what + " " + subject.row().name());
      try {
        step.on(subject);
      } catch (ServiceProcess.NotReady e) {
        say("  did not start: " + e.getMessage());
        subject.measured().notStarted(String.valueOf(e.getMessage()));
      } catch (IOException | SQLException | UncheckedIOException e) {
        say("  broke: " + e);
        subject.measured().broken(e.toString());
        subject.close();
      }
    }
  }

  /** Every second round runs backwards, so that nobody always comes after the same neighbour. */
  private static List<Subject> inTurn(List<Subject> subjects, int round) {
    List<Subject> order = new ArrayList<>(subjects);
    if (round % 2 == 1) {
      Collections.reverse(order);
    }
    return order;
  }

  /** The load generator is a Java program too, and the first row is not to pay for that. */
  private void warmGenerator(Site site) throws IOException, SQLException {
    say("warming the load generator");
    try (Subject subject = new Subject(Row.BARE, site, 0)) {
      double seconds = Math.min(GENERATOR_WARM_UP, options.warmSeconds());
      subject.start(seconds);
      Window window = subject.closed(seconds);
      Window unused = subject.open(window.perSecond() / 4, 1);
      subject.stop();
    } catch (ServiceProcess.NotReady e) {
      throw new IOException(e);
    }
  }

  private void first(Subject subject, boolean saturated)
      throws IOException, SQLException, ServiceProcess.NotReady {
    subject.start(options.firstSeconds());
    Measured measured = subject.measured();
    if (saturated) {
      measured.firstClosed().add(subject.closed(options.firstSeconds()));
    } else {
      measured.firstOpen().add(subject.open(FIRST_RATE, options.firstSeconds()));
    }
    subject.stop();
  }

  private void warm(Subject subject) throws IOException {
    double window = Math.min(5, options.warmSeconds());
    double before = 0;
    for (double spent = 0; spent < options.warmSeconds(); spent += window) {
      subject.prepare(window);
      double now = subject.closed(window).perSecond();
      say("  %.0f/s".formatted(now));
      if (Math.abs(now - before) < SETTLED * before) {
        return;
      }
      before = now;
    }
  }

  private void saturated(Subject subject) throws IOException {
    subject.prepare(options.seconds());
    Window window = subject.closed(options.seconds());
    say("  %.0f/s".formatted(window.perSecond()));
    subject.measured().addClosed(window);
  }

  private static void chooseRate(Subject subject) {
    Measured measured = subject.measured();
    measured.openRate(Numbers.median(Numbers.of(measured.closed(), Window::perSecond)) / 2);
  }

  private void open(Subject subject) throws IOException {
    Measured measured = subject.measured();
    Window window = subject.open(measured.openRate(), options.seconds());
    say(
        "  p50 %.2f ms, p99 %.2f ms"
            .formatted(window.latencies().millis(0.5), window.latencies().millis(0.99)));
    measured.open().add(window);
  }

  private void say(String text) {
    progress.println("bench: " + text);
  }
}
