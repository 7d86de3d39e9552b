package io.openexec.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** The table. */
final class Report {
  private static final String HEAD =
      """
      | row | executions/s | spread | CPU µs each | open-loop rate/s | p50 ms | p99 ms | max ms | start s | resident MiB | peak MiB | GC pauses, full, longest ms | not 200 | target |
      |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
      """;
  private static final String NONE = "–";
  private static final double LONG_SILENCE = 2;

  private final List<Subject> subjects;
  private final Options options;
  private final String machine;

  Report(List<Subject> subjects, Options options, String machine) {
    this.subjects = subjects;
    this.options = options;
    this.machine = machine;
  }

  String table(Site site) throws java.sql.SQLException {
    StringBuilder text = new StringBuilder(machine);
    if (site.postgres().isPresent()) {
      text.append(", PostgreSQL ").append(site.postgres().get().version());
    }
    text.append(
        String.format(
            Locale.ROOT,
            ". %d connections, %d rounds of %.0f s, %d starts; full stores hold %,d executions."
                + " Medians; in brackets the median of the rounds' ratios to the bare route.%n%n",
            Load.CONNECTIONS,
            options.rounds(),
            options.seconds(),
            options.starts(),
            options.stored()));
    text.append(HEAD);
    subjects.forEach(subject -> text.append(warm(subject)));
    subjects.forEach(subject -> text.append(first(subject)));
    return text.toString();
  }

  private String warm(Subject subject) {
    Measured m = subject.measured();
    if (m.over()) {
      return line(
          subject.row().name(),
          m.notStarted()
              .map(reason -> "did not start: " + reason)
              .or(m::broken)
              .orElseThrow()
              .replace('|', '/'));
    }
    List<Double> rates = rates(m);
    return line(
        subject.row().name(),
        figure(subject, "%.0f", Report::rates),
        range(rates),
        figure(subject, "%.0f", Measured::cpu),
        "%.0f".formatted(m.openRate()),
        figure(subject, "%.2f", of -> quantile(of.open(), 0.5)),
        figure(subject, "%.2f", of -> quantile(of.open(), 0.99)),
        figure(subject, "%.0f", of -> quantile(of.open(), 1)),
        figure(subject, "%.2f", Measured::starts),
        figure(subject, "%.0f", of -> memory(of, Memory::now)),
        figure(subject, "%.0f", of -> memory(of, Memory::peak)),
        m.pauses().map(p -> p.all() + ", " + p.full() + ", %.0f".formatted(p.longest())).orElse(""),
        others(m),
        String.join("; ", new Targets(subject, this).warm()));
  }

  private String first(Subject subject) {
    Measured m = subject.measured();
    if (m.firstOpen().isEmpty()) {
      return "";
    }
    return line(
        subject.row().name() + ", first " + Math.round(options.firstSeconds()) + " s",
        figure(subject, "%.0f", of -> Numbers.of(of.firstClosed(), Window::perSecond)),
        range(Numbers.of(m.firstClosed(), Window::perSecond)),
        NONE,
        "200",
        figure(subject, "%.2f", of -> quantile(of.firstOpen(), 0.5)),
        figure(subject, "%.2f", of -> quantile(of.firstOpen(), 0.99)),
        figure(subject, "%.0f", of -> quantile(of.firstOpen(), 1)),
        NONE,
        NONE,
        NONE,
        NONE,
        NONE,
        String.join("; ", new Targets(subject, this).first()));
  }

  private static String line(String... cells) {
    return "| " + String.join(" | ", cells).replace("NaN", NONE) + " |\n";
  }

  private String figure(Subject subject, String format, Function<Measured, List<Double>> figures) {
    List<Double> values = figures.apply(subject.measured());
    String text = String.format(Locale.ROOT, format, Numbers.median(values));
    double ratio = toBare(subject, figures);
    return subject.row().equals(Row.BARE) || Double.isNaN(ratio)
        ? text
        : text + String.format(Locale.ROOT, " (%.2f)", ratio);
  }

  /** Returns the median of the rounds' ratios to the bare route. */
  double toBare(Subject subject, Function<Measured, List<Double>> figures) {
    return ratio(subject, Row.BARE, figures);
  }

  /** Returns the median of the rounds' ratios to another row, or NaN if that was not measured. */
  double ratio(Subject subject, Row other, Function<Measured, List<Double>> figures) {
    Optional<Subject> others = subjects.stream().filter(s -> s.row().equals(other)).findFirst();
    return others.isEmpty()
        ? Double.NaN
        : Numbers.ratio(figures.apply(subject.measured()), figures.apply(others.get().measured()));
  }

  static List<Double> rates(Measured m) {
    return Numbers.of(m.closed(), Window::perSecond);
  }

  static List<Double> quantile(List<Window> windows, double quantile) {
    return Numbers.of(windows, window -> window.latencies().millis(quantile));
  }

  static List<Double> memory(Measured m, Function<Memory, Double> which) {
    return m.memory().map(which).map(List::of).orElse(List.of());
  }

  private static String range(List<Double> values) {
    return values.isEmpty()
        ? NONE
        : String.format(
            Locale.ROOT,
            "%.0f–%.0f",
            values.stream().mapToDouble(v -> v).min().orElse(0),
            values.stream().mapToDouble(v -> v).max().orElse(0));
  }

  private static String others(Measured m) {
    List<String> kinds = new ArrayList<>();
    m.tally().others().forEach((kind, count) -> kinds.add(count + " × " + kind));
    return kinds.isEmpty() ? "0" : String.join(", ", kinds);
  }

  /** Says whether the databases hold what they have to, and returns it. */
  boolean verdict(PrintStream out) {
    boolean good = true;
    long acknowledged = 0;
    int databases = 0;
    for (Subject subject : subjects) {
      Measured m = subject.measured();
      String name = subject.row().name();
      acknowledged += subject.row().bare() ? 0 : m.tally().acknowledgedCount();
      databases += m.databasesChecked();
      for (String discrepancy : m.discrepancies()) {
        out.println("FAILED: " + name + ": " + discrepancy);
        good = false;
      }
      if (m.broken().isPresent()) {
        out.println("FAILED: " + name + ": " + m.broken().get());
        good = false;
      }
      if (m.tally().others().containsKey("wrong answer")) {
        out.println("FAILED: " + name + " gave wrong answers");
        good = false;
      }
      if (m.tally().longestSilence() > LONG_SILENCE) {
        out.printf(
            Locale.ROOT,
            "%s: for %.1f s nobody was answered at all%n",
            name,
            m.tally().longestSilence());
      }
      m.tally().excerpts().forEach((kind, text) -> out.println(name + ": " + kind + ": " + text));
    }
    if (good) {
      out.printf(
          Locale.ROOT,
          "Checked: %d databases hold exactly the %,d executions that were acknowledged.%n",
          databases,
          acknowledged);
    }
    return good;
  }
}
