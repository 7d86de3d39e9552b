package io.openexec.inbox;

import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells which files have not changed for a time, as two looks show that are that far apart. The
 * times that a file carries would not: whoever copies it may keep them (<code>cp -p</code>), and a
 * file server's clock is not ours. Not thread-safe.
 */
final class Quiet {
  private static final int REMEMBERED = 10_000;
  private static final int PUT_OFF = 1_000;

  /** So many times as long for an empty file: most writers begin with one, and fill it later. */
  static final int EMPTY = 10;

  private final Duration time;
  private final LongSupplier nanos;
  private final Map<Path, Seen> seen = new HashMap<>();
  private final Map<Path, Long> putOff = new HashMap<>();
  private long round;

  private record Seen(long size, FileTime modified, @Nullable Object key, long since, long round) {
    boolean isOf(BasicFileAttributes file) {
      return size == file.size()
          && modified.equals(file.lastModifiedTime())
          && Objects.equals(key, file.fileKey());
    }
  }

  /**
   * Demands so much quiet.
   *
   * @param nanos the time, such as {@link System#nanoTime}
   */
  Quiet(Duration time, LongSupplier nanos) {
    this.time = time;
    this.nanos = nanos;
  }

  /**
   * Looks at a file.
   *
   * @return whether it has been quiet for long enough. Where there are too many files, some have
   *     their turn only when others are gone, or change
   */
  boolean is(Path file, BasicFileAttributes now) {
    if (isPutOff(file)) {
      return false;
    }
    Seen before = seen.get(file);
    if (before != null && !before.isOf(now)) {
      // Others need its place no less: it has another one at the next look, if there is one.
      seen.remove(file);
      return false;
    }
    long since = before == null ? nanos.getAsLong() : before.since;
    long demanded = time.toNanos() * (now.size() == 0 ? EMPTY : 1);
    if (nanos.getAsLong() - since >= demanded) {
      seen.remove(file);
      return true;
    }
    if (before != null || seen.size() < REMEMBERED) {
      seen.put(file, new Seen(now.size(), now.lastModifiedTime(), now.fileKey(), since, round));
    }
    return false;
  }

  /** Takes a file for one that changes still, until that pause is over. */
  void putOff(Path file, Duration pause) {
    if (putOff.size() < PUT_OFF) {
      putOff.put(file, nanos.getAsLong() + pause.toNanos());
    }
  }

  private boolean isPutOff(Path file) {
    Long until = putOff.get(file);
    if (until != null && nanos.getAsLong() - until < 0) {
      return true;
    }
    putOff.remove(file);
    return false;
  }

  /** Every file was looked at that is still there: forgets the others. */
  void endRound() {
    seen.values().removeIf(file -> file.round != round);
    putOff.values().removeIf(until -> nanos.getAsLong() - until >= 0);
    round++;
  }
}
