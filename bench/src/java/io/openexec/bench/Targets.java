package io.openexec.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the table is read against. */
final class Targets {
  private static final double DEMO_PURE = 0.45;
  private static final double CLAWSHIELD_PURE = 0.33;
  private static final double CLAWSHIELD_EFFECTFUL = 0.25;
  private static final double STORED_TO_EMPTY = 0.9;
  private static final double P99_MILLIS = 15;
  private static final double FIRST_P99_MILLIS = 250;
  private static final double START_TO_BARE = 2.5;
  private static final double RESIDENT_MIB = 450;

  private final Subject subject;
  private final Report report;
  private final List<String> read = new ArrayList<>();

  Targets(Subject subject, Report report) {
    this.subject = subject;
    this.report = report;
  }

  /** Reads the row of the warm service. */
  List<String> warm() {
    Row row = subject.row();
    Measured m = subject.measured();
    if (row.bare()) {
      return read;
    }
    if (row.stored()) {
      Row empty = new Row(row.kind(), row.engine(), false);
      atLeast("rate to empty", STORED_TO_EMPTY, report.ratio(subject, empty, Report::rates));
    } else if (row.engine() == Row.Engine.SQLITE) {
      atLeast("rate to bare", rateToBare(row.kind()), report.toBare(subject, Report::rates));
    }
    atMost("p99 ms", P99_MILLIS, Numbers.median(Report.quantile(m.open(), 0.99)));
    atMost("start to bare", START_TO_BARE, report.toBare(subject, Measured::starts));
    atMost("peak MiB", RESIDENT_MIB, Numbers.median(Report.memory(m, Memory::peak)));
    return read;
  }

  private static double rateToBare(Row.Kind kind) {
    return switch (kind) {
      case BARE, EVENT_LOOP -> 1;
      case DEMO_PURE -> DEMO_PURE;
      case CLAWSHIELD_PURE -> CLAWSHIELD_PURE;
      case CLAWSHIELD_EFFECTFUL -> CLAWSHIELD_EFFECTFUL;
    };
  }

  /** Reads the row of the service that has just started. */
  List<String> first() {
    if (!subject.row().bare()) {
      double p99 = Numbers.median(Report.quantile(subject.measured().firstOpen(), 0.99));
      atMost("p99 ms", FIRST_P99_MILLIS, p99);
    }
    return read;
  }

  private void atLeast(String what, double target, double figure) {
    read(what + " ≥ ", target, figure, figure >= target);
  }

  private void atMost(String what, double target, double figure) {
    read(what + " ≤ ", target, figure, figure <= target);
  }

  private void read(String what, double target, double figure, boolean met) {
    if (!Double.isNaN(figure)) {
      String number = String.format(Locale.ROOT, "%.2f", target).replaceAll("\\.?0+$", "");
      read.add(what + number + (met ? " met" : " **missed**"));
    }
  }
}
