package io.openexec.inbox;

import io.openexec.execution.Answer;
import io.openexec.execution.Errors;
import io.openexec.metrics.Samples;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers files of requests, a turn each and then the next one's, so that none stops another. No
 * file is lost: one that could not be answered to its end, because the disk is full or the service
 * stops, is tried again.
 */
public final class Inbox implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);
  private static final int READERS = 4;
  private static final int MAX_NEW = 256;
  private static final int LOOKED_AT_ONCE = 10_000;

  /** Each takes a kilobyte or two; the others wait where they are. */
  private static final int MAX_OPEN = 10_000;

  /** Fewer than effectful actions may run at once: others would be sent away to come again. */
  private static final int REQUESTS_AT_ONCE = 48;

  private static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofSeconds(15);
  private static final Duration PROGRESS = Duration.ofSeconds(10);
  private static final Duration WARNINGS = Duration.ofMinutes(1);
  private static final Duration WATCHED = Duration.ofMinutes(1);

  private final Folder folder;
  private final Batch.Ways ways;
  private final Bounds bounds;
  private final Warnings warnings = new Warnings(WARNINGS, System::nanoTime);
  private final Vetting vetting;
  private final Counts counts = new Counts();
  private final Afterwards afterwards;
  private final ScheduledThreadPoolExecutor readers;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(work -> new Thread(work, "openexec-inbox-answers"));
  private final AtomicInteger fresh = new AtomicInteger();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();

  // Guarded by this.
  private final Sweep sweep;
  private @Nullable Sweep leftOver;

  private final Batch.Turns turns =
      new Batch.Turns() {
        @Override
        public boolean after(Duration pause, Batch batch) {
          return schedule(pause, batch::turn);
        }

        @Override
        public void failed(Path claimed, Exception why) {
          again(claimed, why);
        }

        @Override
        public void warn(Path claimed, String what) {
          warnings.warn(Vetting.shown(claimed) + " " + what);
        }

        @Override
        public void finished(Path moved, @Nullable Object key, long size) {
          open.decrementAndGet();
          afterwards.answered(moved, key, size);
        }

        @Override
        public int waiting(int more) {
          return waiting.addAndGet(more);
        }
      };

  /** Room in memory for requests, which others take of as well. */
  public interface Room {
    /** Waits until there is room for a request of so many bytes; returns what gives it back. */
    Runnable take(int length) throws InterruptedException;

    /** Returns what gives it back, or null if there is no room at this moment. */
    @Nullable Runnable tryTake(int length);
  }

  /**
   * What is bounded.
   *
   * @param open how many files may be taken and not answered yet
   * @param pause until a file that failed is tried again
   * @param quiet how long a file may not have changed before it is taken
   * @param progress how often the log says how far a file is
   */
  record Bounds(int open, Duration pause, Duration quiet, Duration progress) {}

  private Inbox(
      Folder folder,
      Runnable came,
      Function<byte[], CompletableFuture<Answer>> gates,
      Room room,
      Bounds bounds)
      throws IOException {
    this.folder = folder;
    this.bounds = bounds;
    this.vetting = new Vetting(bounds.quiet(), warnings);
    this.afterwards = new Afterwards(folder, warnings, counts, WATCHED, System::nanoTime);
    this.sweep = folder.sweep();
    this.leftOver = folder.claimed();
    this.ways =
        new Batch.Ways(
            came,
            gates,
            new Window(REQUESTS_AT_ONCE, READERS / 2, room),
            writer,
            bounds.progress());
    AtomicInteger number = new AtomicInteger();
    this.readers =
        new ScheduledThreadPoolExecutor(
            READERS, work -> new Thread(work, "openexec-inbox-" + number.incrementAndGet()));
  }

  /**
   * Takes hold of a folder. What was begun there goes on with the first {@link #look}.
   *
   * @param came is told of each request, once, however often it is tried
   * @param gates answers a request, its bytes, without holding a thread; if the answer is not final
   *     it is asked again
   * @param room where a request is kept until its answer is on disk
   * @throws IOException if the folder cannot be written, or another service holds it
   */
  public static Inbox open(
      Path root, Runnable came, Function<byte[], CompletableFuture<Answer>> gates, Room room)
      throws IOException {
    return open(root, came, gates, room, new Bounds(MAX_OPEN, PAUSE, QUIET, PROGRESS));
  }

  static Inbox open(
      Path root,
      Runnable came,
      Function<byte[], CompletableFuture<Answer>> gates,
      Room room,
      Bounds bounds)
      throws IOException {
    Folder folder = Folder.open(root);
    Vetting.unreadableNames().ifPresent(which -> LOG.warn("inbox: {}", which));
    try {
      return new Inbox(folder, came, gates, room, bounds);
    } catch (IOException e) {
      folder.close();
      throw e;
    }
  }

  /** Returns what came in since the start. */
  public Counts counts() {
    return counts;
  }

  /** Adds what came in, and how far it is. */
  public void addTo(Samples samples) {
    counts.addTo(samples);
    samples.gauge(
        "openexec_inbox_waiting_files",
        "Files with a request that waits for what cannot be answered yet.",
        waiting.get());
  }

  /** Returns what is wrong, if nothing can be answered now. */
  public Optional<String> problem() {
    return folder.problem();
  }

  /**
   * Looks at some of what lies in the folder, and takes what can be answered now out of it, as far
   * as there is room. What lies there longer is looked at another time.
   *
   * @return whether any was taken
   * @throws IOException if the folder cannot be read, or nothing be moved now
   */
  public synchronized boolean look() throws IOException {
    warnings.endPeriod();
    folder.check();
    afterwards.look();
    boolean any = resume();
    for (int i = 0; i < LOOKED_AT_ONCE && leftOver == null && hasRoom(); i++) {
      Path file = sweep.next();
      if (file == null) {
        vetting.endRound();
        break;
      }
      any |= vetting.takes(file) && take(file);
    }
    return any;
  }

  /**
   * Takes a file, if it can be moved: whatever is wrong with one must not stop the others.
   *
   * @throws IOException if none can be moved now
   */
  private boolean take(Path file) throws IOException {
    try {
      begin(folder.claim(file));
      vetting.taken(file);
      return true;
    } catch (NoSuchFileException e) {
      // Taken back before it was taken.
      folder.check();
    } catch (IOException e) {
      folder.check();
      vetting.putOff(file, reason(e), bounds.pause());
    }
    return false;
  }

  private static String reason(IOException e) {
    String reason = e instanceof FileSystemException of ? of.getReason() : null;
    return reason == null ? Errors.rootCause(e) : reason;
  }

  /**
   * Goes on with what was begun before the start; nothing new lies beside it as long as it lasts.
   */
  private boolean resume() throws IOException {
    boolean any = false;
    while (leftOver != null && hasRoom()) {
      Path claimed = leftOver.next();
      if (claimed == null) {
        leftOver = null;
      } else if (!Folder.isHidden(claimed)) {
        begin(claimed);
        any = true;
      }
    }
    return any;
  }

  private boolean hasRoom() {
    return fresh.get() < MAX_NEW && open.get() < bounds.open();
  }

  private void begin(Path claimed) {
    fresh.incrementAndGet();
    open.incrementAndGet();
    schedule(
        Duration.ZERO,
        () -> {
          fresh.decrementAndGet();
          answer(claimed);
        });
  }

  private boolean schedule(Duration pause, Runnable work) {
    try {
      var unused = readers.schedule(work, pause.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (RejectedExecutionException e) {
      // The service stops; the next one finds it where it is.
      return false;
    }
  }

  private void answer(Path claimed) {
    try {
      folder.check();
      // Looked at again: until it was moved here, others could have put something in its place.
      Optional<String> objection = Vetting.objectionToTaken(claimed);
      if (objection.isPresent()) {
        giveUp(claimed, "is left in .work: " + objection.get());
      } else {
        new Batch(folder, claimed, ways, counts, turns).turn();
      }
    } catch (NoSuchFileException e) {
      giveUp(claimed, "is gone");
    } catch (IOException | RuntimeException e) {
      again(claimed, e);
    } catch (Error e) {
      // Short of memory, say.
      again(claimed, new IllegalStateException(e));
    }
  }

  private void giveUp(Path claimed, String why) {
    open.decrementAndGet();
    turns.warn(claimed, why);
  }

  private void again(Path claimed, Exception why) {
    if (schedule(bounds.pause(), () -> answer(claimed))) {
      turns.warn(
          claimed,
          "could not be answered to its end ("
              + Errors.rootCause(why)
              + "), it is tried again in "
              + bounds.pause().toSeconds()
              + " s");
    }
  }

  /** Reads no further. Files that are not answered to their end stay for the next start. */
  @Override
  public void close() {
    readers.shutdownNow();
    try {
      if (!readers.awaitTermination(PAUSE.toSeconds(), TimeUnit.SECONDS)) {
        LOG.warn("inbox: a file is still being read");
      }
      closeFolder();
    } catch (IOException e) {
      LOG.warn("inbox: {}", Errors.rootCause(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      writer.shutdown();
    }
  }

  private synchronized void closeFolder() throws IOException {
    try (folder;
        sweep) {
      if (leftOver != null) {
        leftOver.close();
      }
    }
  }
}
