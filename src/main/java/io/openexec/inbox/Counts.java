package io.openexec.inbox;

import io.openexec.metrics.Samples;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/** What came in by files since the start, and how far those are that are being answered. */
public final class Counts {
  private final LongAdder filesDone = new LongAdder();
  private final LongAdder filesWrittenLater = new LongAdder();
  private final LongAdder filesRefused = new LongAdder();
  private final LongAdder linesSucceeded = new LongAdder();
  private final LongAdder linesRefused = new LongAdder();
  private final LongAdder linesRead = new LongAdder();
  private final Set<Progress> open = ConcurrentHashMap.newKeySet();
  private final Rate told = new Rate(100, Duration.ofMinutes(1), System::nanoTime);

  Counts() {}

  /** Returns whether the log may have one more line of a file that waits. */
  boolean mayTell() {
    return told.isOneMore();
  }

  void opened(Progress file) {
    open.add(file);
  }

  void closed(Progress file) {
    open.remove(file);
  }

  void finished(boolean refused) {
    (refused ? filesRefused : filesDone).increment();
  }

  /** Something came to a file after it was answered. */
  void writtenLater() {
    filesWrittenLater.increment();
  }

  void read() {
    linesRead.increment();
  }

  void answered(boolean succeeded) {
    (succeeded ? linesSucceeded : linesRefused).increment();
  }

  /** Returns how many files had all their lines executed. */
  public long filesDone() {
    return filesDone.sum();
  }

  /** Returns how many files had a line that was refused, or whose action failed. */
  public long filesRefused() {
    return filesRefused.sum();
  }

  /** Returns to how many files something was written after they were answered. */
  public long filesWrittenLater() {
    return filesWrittenLater.sum();
  }

  /** Returns how many files are being answered. */
  public long filesOpen() {
    return open.size();
  }

  /** Returns how many lines were read, blank ones and those of repeated attempts included. */
  public long linesRead() {
    return linesRead.sum();
  }

  /** Returns how many lines were answered by a success. */
  public long linesSucceeded() {
    return linesSucceeded.sum();
  }

  /** Returns how many lines were answered by anything else. */
  public long linesRefused() {
    return linesRefused.sum();
  }

  /** Returns how much of the files that are being answered was read. */
  long bytesRead() {
    return open.stream().mapToLong(Progress::position).sum();
  }

  /** Adds all of it. No file has a label of its own: names are their senders'. */
  void addTo(Samples samples) {
    samples.counter(
        "openexec_inbox_files",
        "Files answered to their end.",
        "result",
        Map.of("done", filesDone(), "refused", filesRefused()));
    samples.counter(
        "openexec_inbox_files_written_later",
        "Files that something was written to after they were answered: it was not executed.",
        filesWrittenLater());
    samples.counter("openexec_inbox_lines_read", "Lines read.", linesRead());
    samples.counter(
        "openexec_inbox_lines",
        "Lines answered.",
        "result",
        Map.of("succeeded", linesSucceeded(), "refused", linesRefused()));
    samples.gauge(
        "openexec_inbox_open_files", "Files that are being answered.", (double) filesOpen());
    Samples.Family lines =
        samples.gauges(
            "openexec_inbox_open_lines", "Lines of the files that are being answered.", "state");
    lines.add(sum(Progress::succeeded), "succeeded");
    lines.add(sum(Progress::refused), "refused");
    lines.add(sum(Progress::waiting), "waiting");
    samples.gauge(
        "openexec_inbox_open_bytes",
        "Size of the files that are being answered.",
        sum(Progress::size));
    samples.gauge(
        "openexec_inbox_open_read_bytes",
        "How much of the files that are being answered was read.",
        (double) bytesRead());
  }

  private double sum(ToLongFunction<Progress> of) {
    return (double) open.stream().mapToLong(of).sum();
  }
}
