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

  private final Duration time;
  private final LongSupplier nanos;
  private final Map<Path, Seen> seen = new HashMap<>();
  private long round;

  private record Seen(
      long size, FileTime modified, @Nullable Object key, long quietFrom, long round) {
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
   * @return whether it has been quiet for long enough. Where there are too many files, some are
   *     looked at for the first time only when others are gone
   */
  boolean is(Path file, BasicFileAttributes now) {
    Seen before = seen.get(file);
    long quietFrom = before != null && before.isOf(now) ? before.quietFrom : nanos.getAsLong();
    if (nanos.getAsLong() - quietFrom >= time.toNanos()) {
      seen.remove(file);
      return true;
    }
    remember(file, now, quietFrom);
    return false;
  }

  /** Takes a file for one that changes still, until that pause is over. */
  void putOff(Path file, BasicFileAttributes now, Duration pause) {
    remember(file, now, nanos.getAsLong() + pause.minus(time).toNanos());
  }

  private void remember(Path file, BasicFileAttributes now, long quietFrom) {
    if (seen.containsKey(file) || seen.size() < REMEMBERED) {
      seen.put(file, new Seen(now.size(), now.lastModifiedTime(), now.fileKey(), quietFrom, round));
    }
  }

  /** Every file was looked at that is still there: forgets the others. */
  void endRound() {
    seen.values().removeIf(file -> file.round != round);
    round++;
  }
}
