package io.openexec.inbox;

import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says how far a long file has come: every ten seconds, and every 10,000 lines. */
final class Progress {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final long LINES = 10_000;
  private static final Duration EVERY = Duration.ofSeconds(10);

  private final Path file;
  private final Counts counts;
  private long line;
  private long saidAt = System.nanoTime();
  private boolean saidThatItWaits;

  Progress(Path file, Counts counts) {
    this.file = file;
    this.counts = counts;
    counts.opened();
  }

  /** A line was read; it says nothing of one that was read before. */
  void read(long number) {
    if (number <= line) {
      return;
    }
    line = number;
    counts.read();
    if (line % LINES == 0 || System.nanoTime() - saidAt > EVERY.toNanos()) {
      saidAt = System.nanoTime();
      LOG.info("inbox: {} is at line {}", Vetting.shown(file), line);
    }
  }

  /** It was read to its end, and something in it, from that line on, has no final answer. */
  void waits(long first) {
    if (!saidThatItWaits) {
      saidThatItWaits = true;
      LOG.info(
          "inbox: {} waits, from line {} on, for what cannot be answered yet; it is tried again",
          Vetting.shown(file),
          first);
    }
  }

  void done(boolean refused) {
    counts.finished(refused);
    LOG.info(
        "inbox: {} is answered, {} lines{}",
        Vetting.shown(file),
        line,
        refused ? ", not all of them executed" : "");
  }

  void end() {
    counts.closed();
  }
}
