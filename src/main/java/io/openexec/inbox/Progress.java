package io.openexec.inbox;

import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a file is. The log says so of a long one every ten seconds, and every 10,000 lines. One
 * thread writes it, any may read.
 */
final class Progress {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final long LINES = 10_000;
  private static final Duration EVERY = Duration.ofSeconds(10);

  private final Path file;
  private final long size;
  private final Counts counts;
  private volatile long line;
  private volatile long position;
  private volatile long waiting;
  private volatile long succeeded;
  private volatile long refused;
  private long saidAt = System.nanoTime();

  /** Begins with a file of so many bytes. */
  Progress(Path file, long size, Counts counts) {
    this.file = file;
    this.size = size;
    this.counts = counts;
    counts.opened(this);
  }

  /** A line was read, and the file up to there. */
  void read(long number, long upTo) {
    line = number;
    position = upTo;
    counts.read();
    if (number % LINES == 0 || System.nanoTime() - saidAt > EVERY.toNanos()) {
      saidAt = System.nanoTime();
      LOG.info("inbox: {} is at line {}", Vetting.shown(file), number);
    }
  }

  /** So many lines wait for their answers. */
  void waits(int lines) {
    waiting = lines;
  }

  /** A line was answered. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // By one thread.
  void answered(int status) {
    if (status < 300) {
      succeeded++;
    } else {
      refused++;
    }
    counts.answered(status < 300);
  }

  void done(boolean partly) {
    counts.finished(partly);
    LOG.info(
        "inbox: {} is answered, {} lines{}",
        Vetting.shown(file),
        line,
        partly ? ", not all of them executed" : "");
  }

  void end() {
    counts.closed(this);
  }

  long size() {
    return size;
  }

  long position() {
    return position;
  }

  long waiting() {
    return waiting;
  }

  long succeeded() {
    return succeeded;
  }

  long refused() {
    return refused;
  }
}
