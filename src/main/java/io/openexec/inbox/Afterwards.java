package io.openexec.inbox;

import io.openexec.execution.Errors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches files for a while after they were answered: who wrote one slower than was waited for may
 * have it open still, and what they write then nobody reads. Of very many, the latest.
 */
final class Afterwards {
  private static final int MOST = 1_000;

  private final Folder folder;
  private final Warnings warnings;
  private final Counts counts;
  private final Duration time;
  private final LongSupplier nanos;
  private final Deque<Answered> answered = new ArrayDeque<>();
  private long looked;

  /** Where it was moved to, how long it was then, and until when it is watched. */
  private record Answered(Path file, @Nullable Object key, long size, long until) {}

  /**
   * Watches files for so long.
   *
   * @param nanos the time, such as {@link System#nanoTime}
   */
  Afterwards(Folder folder, Warnings warnings, Counts counts, Duration time, LongSupplier nanos) {
    this.folder = folder;
    this.warnings = warnings;
    this.counts = counts;
    this.time = time;
    this.nanos = nanos;
    this.looked = nanos.getAsLong();
  }

  /** A file of that {@link #key} and size was answered, and moved there. */
  synchronized void answered(Path file, @Nullable Object key, long size) {
    if (answered.size() == MOST) {
      answered.removeFirst();
    }
    answered.addLast(new Answered(file, key, size, nanos.getAsLong() + time.toNanos()));
  }

  /** Returns what tells a file from others, whatever its name; null where nothing does. */
  static @Nullable Object key(Path file) throws IOException {
    return now(file).fileKey();
  }

  private static BasicFileAttributes now(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  /** Looks, now and then, whether something was written since. */
  synchronized void look() {
    long now = nanos.getAsLong();
    if (now - looked < time.toNanos() / 60) {
      return;
    }
    looked = now;
    for (Iterator<Answered> all = answered.iterator(); all.hasNext(); ) {
      Answered file = all.next();
      try {
        BasicFileAttributes there = now(file.file());
        boolean isIt = Objects.equals(there.fileKey(), file.key());
        if (isIt && there.size() > file.size()) {
          all.remove();
          wasWritten(file.file());
        } else if (!isIt || now - file.until() >= 0) {
          all.remove();
        }
      } catch (IOException e) {
        // Taken away.
        all.remove();
      }
    }
  }

  private void wasWritten(Path file) {
    counts.writtenLater();
    String where = "is in refused";
    try {
      folder.refuse(file);
    } catch (IOException e) {
      where = "stays where it is (" + Errors.rootCause(e) + ")";
    }
    warnings.warn(
        Vetting.shown(file)
            + " was written to after it was answered: what came then was not executed. It "
            + where
            + "; drop it again, when it is complete: what was answered is answered again. Writers"
            + " that take long should rename their files");
  }
}
