package io.openexec.inbox;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How much of a file may be under way, and how soon it is read on. What is answered lets in more;
 * what comes back for nothing, to be tried again, lets in half as much, and later. Not thread-safe.
 */
final class Pace {
  private static final int MAX_SHARE = 64;
  private static final int MAX_BYTES = 4 << 20;

  /**
   * What a try for nothing costs a file, for each file that waits: 500 a second between them. It
   * pays when nothing at all was answered: a file whose requests get through is not to wait for
   * what others wait for.
   */
  private static final Duration PRICE = Duration.ofMillis(2);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final Duration HIGHEST_PRICE = Duration.ofMinutes(10);

  /** In the middle of a file: what comes next may be answered at once. */
  private static final Duration HIGHEST_PRICE_TO_READ_ON = Duration.ofSeconds(1);

  private int share = MAX_SHARE;
  private int requests;
  private int bytes;
  private int forNothing;
  private Duration debt = Duration.ZERO;
  private boolean anyAnswered;
  private boolean anyAnsweredSincePaid;
  private Duration pause = FIRST_PAUSE;

  void begun(int length) {
    requests++;
    bytes += length;
  }

  void over(int length) {
    requests--;
    bytes -= length;
  }

  void answered() {
    anyAnswered = true;
    anyAnsweredSincePaid = true;
    share = Math.min(MAX_SHARE, share + 1);
  }

  void cameForNothing() {
    forNothing++;
    share = Math.max(1, share / 2);
  }

  /** Returns whether nothing is under way. */
  boolean isIdle() {
    return requests == 0;
  }

  /** Returns whether one more may be begun. */
  boolean hasRoom() {
    return requests < share && bytes < MAX_BYTES;
  }

  /** Returns whether there is room enough to open the file again for. */
  boolean hasMuchRoom() {
    return requests <= share - (share + 3) / 4 && bytes <= MAX_BYTES / 2;
  }

  /** Returns how long to wait before the file is read on, when so many files wait. */
  Duration untilNextTurn(int waitingFiles) {
    return paid(waitingFiles, anyAnsweredSincePaid, HIGHEST_PRICE_TO_READ_ON);
  }

  /** Returns how long to wait before the file is read again, for what waits in it. */
  Duration untilNextPass(int waitingFiles) {
    pause = anyAnswered ? FIRST_PAUSE : pause;
    Duration current = pause;
    pause = least(pause.multipliedBy(2), LONGEST_PAUSE);
    Duration price = paid(waitingFiles, anyAnswered, HIGHEST_PRICE);
    anyAnswered = false;
    return scattered(price.compareTo(current) < 0 ? current : price);
  }

  /** What is not paid now is to be paid later. */
  private Duration paid(int waitingFiles, boolean free, Duration most) {
    debt =
        free
            ? Duration.ZERO
            : least(
                debt.plus(PRICE.multipliedBy((long) forNothing * Math.max(1, waitingFiles))),
                HIGHEST_PRICE);
    forNothing = 0;
    anyAnsweredSincePaid = false;
    Duration now = least(debt, most);
    debt = debt.minus(now);
    return now;
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Files that were sent away together would come together, and all but one be sent away again. */
  private static Duration scattered(Duration pause) {
    long half = pause.toNanos() / 2;
    return Duration.ofNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
  }
}
