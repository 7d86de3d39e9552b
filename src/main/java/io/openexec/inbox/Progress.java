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

  Progress(Path file, Counts counts) {
    this.file = file;
    this.counts = counts;
    counts.opened();
  }

  void read(long number) {
    line = number;
    counts.read();
    if (line % LINES == 0 || System.nanoTime() - saidAt > EVERY.toNanos()) {
      saidAt = System.nanoTime();
      LOG.info("inbox: {} is at line {}", Vetting.shown(file), line);
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
