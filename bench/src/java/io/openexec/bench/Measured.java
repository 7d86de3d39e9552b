package io.openexec.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What has been measured of one row. */
final class Measured {
  private final List<Double> starts = new ArrayList<>();
  private final List<Window> firstClosed = new ArrayList<>();
  private final List<Window> firstOpen = new ArrayList<>();
  private final List<Window> closed = new ArrayList<>();
  private final List<Window> open = new ArrayList<>();
  private final List<Double> cpu = new ArrayList<>();
  private final List<String> discrepancies = new ArrayList<>();
  private final Tally tally = new Tally();
  private double lastCpu;
  private int databasesChecked;
  private double openRate;
  private Optional<Memory> memory = Optional.empty();
  private Optional<Pauses> pauses = Optional.empty();
  private Optional<String> notStarted = Optional.empty();
  private Optional<String> broken = Optional.empty();

  /** Seconds from the start of the process to the line that says ready. */
  List<Double> starts() {
    return starts;
  }

  /** Saturated windows of services that have just started. */
  List<Window> firstClosed() {
    return firstClosed;
  }

  /** Windows at a low rate on services that have just started. */
  List<Window> firstOpen() {
    return firstOpen;
  }

  /** Saturated windows of the warm service. */
  List<Window> closed() {
    return closed;
  }

  /** Windows of the warm service at a fixed rate. */
  List<Window> open() {
    return open;
  }

  /**
   * Microseconds of processor time that an answer took of the service, in each saturated window.
   */
  List<Double> cpu() {
    return cpu;
  }

  /** All answers. */
  Tally tally() {
    return tally;
  }

  /** What was found where a database did not hold what was acknowledged. */
  List<String> discrepancies() {
    return discrepancies;
  }

  void lastCpu(double micros) {
    lastCpu = micros;
  }

  void addClosed(Window window) {
    closed.add(window);
    cpu.add(lastCpu);
  }

  void databaseChecked() {
    databasesChecked++;
  }

  int databasesChecked() {
    return databasesChecked;
  }

  void openRate(double rate) {
    openRate = rate;
  }

  double openRate() {
    return openRate;
  }

  void inspected(Memory seenMemory, Pauses seenPauses) {
    memory = Optional.of(seenMemory);
    pauses = Optional.of(seenPauses);
  }

  Optional<Memory> memory() {
    return memory;
  }

  Optional<Pauses> pauses() {
    return pauses;
  }

  void notStarted(String reason) {
    notStarted = Optional.of(reason);
  }

  /** Why the service did not start, if it did not. */
  Optional<String> notStarted() {
    return notStarted;
  }

  void broken(String reason) {
    broken = Optional.of(reason);
  }

  /** Why the row could not be measured to its end, if it could not. */
  Optional<String> broken() {
    return broken;
  }

  /** Whether there is nothing to measure any more. */
  boolean over() {
    return notStarted.isPresent() || broken.isPresent();
  }
}
