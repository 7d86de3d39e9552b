package io.openexec.audit;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What no checkpoint covers: leaves at the end, and receipts that wait to be leaves. A service that
 * was killed leaves those of its last turn. Were there more, then checkpoints were deleted, or
 * leaves put back to wait, so that what was published can be taken back.
 */
final class Unpublished {
  /** After which a receipt is published, by far: two turns are less than a second apart. */
  private static final Duration LONGEST_TURN = Duration.ofMinutes(1);

  private final Keys keys;
  private final Report report;
  private long waiting;
  private @Nullable Instant newest;
  private @Nullable Instant firstLeaf;
  private @Nullable Instant firstWaiting;

  Unpublished(Keys keys, Report report) {
    this.keys = keys;
    this.report = report;
  }

  /**
   * Takes the next leaf.
   *
   * @param covered whether there is a checkpoint of all leaves up to this one
   */
  void leaf(Instant issued, boolean covered) {
    newest = newest == null || issued.isAfter(newest) ? issued : newest;
    firstLeaf = covered ? null : first(firstLeaf, issued);
  }

  /** Takes a receipt that is no leaf yet. */
  void waiting(Instant issued) {
    newest = newest == null || issued.isAfter(newest) ? issued : newest;
    firstWaiting = first(firstWaiting, issued);
    waiting++;
  }

  private static Instant first(@Nullable Instant first, Instant issued) {
    return first == null || issued.isBefore(first) ? issued : first;
  }

  /**
   * Ends.
   *
   * @param leaves how many leaves are in no checkpoint
   */
  void end(long leaves) throws Misfit {
    boolean old = waiting > 0 && isLongBefore(firstWaiting, Instant.now());
    if (leaves > 0 && (isLongBefore(firstLeaf, newest) || keys.strict())) {
      throw new Misfit("checkpoints", "one of all leaves", "none of the last " + leaves);
    }
    if (isLongBefore(firstWaiting, newest)) {
      throw new Misfit(
          "checkpoints",
          "a checkpoint of what is more than a minute older than " + newest,
          "a receipt of " + firstWaiting + " that waits");
    }
    if (old && keys.strict()) {
      throw new Misfit(
          "unsequenced", "none that waits for more than a minute", "one of " + firstWaiting);
    }
    if (leaves > 0) {
      report.trust(leaves + " leaves at the end are in no signed checkpoint");
    }
    if (old) {
      report.trust(
          waiting
              + " receipts wait for the ledger, the oldest for more than a minute: is the"
              + " service running?");
    }
  }

  private static boolean isLongBefore(@Nullable Instant first, @Nullable Instant last) {
    return first != null
        && last != null
        && Duration.between(first, last).compareTo(LONGEST_TURN) > 0;
  }
}
