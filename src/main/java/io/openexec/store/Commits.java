package io.openexec.store;

import io.openexec.metrics.Histogram;
import io.openexec.metrics.Samples;
import java.util.concurrent.atomic.LongAdder;

/** How long commits take, and how many writes share one. */
final class Commits {
  private final Histogram duration =
      Histogram.ofDurations(1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000);
  private final Histogram writes = Histogram.ofNumbers(1, 2, 4, 8, 16, 32, 64, 128, 256);
  private final LongAdder failed = new LongAdder();

  /** Counts a commit that is durable. */
  void done(long nanos, int count) {
    duration.record(nanos);
    writes.record(count);
  }

  /** Counts a commit that took its writes with it. */
  void failed() {
    failed.increment();
  }

  void addTo(Samples samples) {
    samples.histogram(
        "openexec_commit_duration_seconds",
        "Commits, from their first statement until they are synced to disk.",
        duration);
    samples.histogram("openexec_commit_writes", "Writes that share a commit.", writes);
    samples.counter("openexec_commits_failed", "Commits that failed.", failed.sum());
  }
}
