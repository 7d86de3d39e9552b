package io.openexec.inbox;

import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a file is. The log says so of a long one, or one that waits, every ten seconds, and every
 * 10,000 lines; where very many wait, of some of them, and the metrics have them all. What reads
 * it, and what answers, are one at a time each; any may look.
 */
final class Progress {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final long LINES = 10_000;
  private static final long SECOND = 1_000_000_000;

  private final Path file;
  private final long size;
  private final Counts counts;
  private final Duration every;
  private volatile long line;
  private volatile long position;
  private volatile long skipped;
  private volatile long succeeded;
  private volatile long refused;
  private long saidAt = System.nanoTime();
  private boolean saidThatItWaits;

  /**
   * Begins with a file of so many bytes.
   *
   * @param every how often the log says how far it is
   */
  Progress(Path file, long size, Counts counts, Duration every) {
    this.file = file;
    this.size = size;
    this.counts = counts;
    this.every = every;
    counts.opened(this);
  }

  /**
   * A line was read, and the file up to there; one that was read before counts for nothing.
   *
   * @return whether it was read for the first time
   */
  boolean read(long number, long upTo) {
    if (number <= line) {
      return false;
    }
    line = number;
    position = upTo;
    counts.read();
    if (isTime() || (number % LINES == 0 && System.nanoTime() - saidAt > SECOND)) {
      saidAt = System.nanoTime();
      LOG.info("inbox: {} is at line {}", Vetting.shown(file), number);
    }
    return true;
  }

  private boolean isTime() {
    return System.nanoTime() - saidAt > every.toNanos();
  }

  /** The line is blank, or was answered before. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // By whoever reads.
  void skipped(boolean first) {
    if (first) {
      skipped++;
    }
  }

  /** A line was answered. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // By whoever answers.
  void answered(int status) {
    if (status < 300) {
      succeeded++;
    } else {
      refused++;
    }
    counts.answered(status < 300);
  }

  /** It was read to its end, and something in it, from that line on, has no final answer. */
  void waits(long first) {
    if ((!saidThatItWaits || isTime()) && counts.mayTell()) {
      saidThatItWaits = true;
      saidAt = System.nanoTime();
      LOG.info(
          "inbox: {} waits, from line {} on, for what cannot be answered yet ({} of {} lines); it is"
              + " tried again",
          Vetting.shown(file),
          first,
          waiting(),
          line);
    }
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

  /** The last line that was read. */
  long line() {
    return line;
  }

  long size() {
    return size;
  }

  long position() {
    return position;
  }

  /** Lines that were read and have no answer yet. */
  long waiting() {
    return Math.max(0, line - skipped - succeeded - refused);
  }

  long succeeded() {
    return succeeded;
  }

  long refused() {
    return refused;
  }
}
