package io.openexec.inbox;

import io.openexec.execution.Answer;
import io.openexec.execution.Errors;
import io.openexec.metrics.Samples;
import java.io.IOException;
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

  /** No more than effectful actions may run at once: others would be sent away to come again. */
  private static final int REQUESTS_AT_ONCE = 64;

  private static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofSeconds(15);

  private final Folder folder;
  private final Batch.Ways ways;
  private final Vetting vetting = new Vetting(QUIET);
  private final Counts counts = new Counts();
  private final ScheduledThreadPoolExecutor readers;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(work -> new Thread(work, "openexec-inbox-answers"));
  private final AtomicInteger fresh = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();

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
        public int waiting(int more) {
          return waiting.addAndGet(more);
        }
      };

  /** Room in memory for requests, which others take of as well. */
  @FunctionalInterface
  public interface Room {
    /** Waits until there is room for a request of so many bytes; returns what gives it back. */
    Runnable take(int length) throws InterruptedException;
  }

  private Inbox(
      Folder folder, Runnable came, Function<byte[], CompletableFuture<Answer>> gates, Room room) {
    this.folder = folder;
    this.ways = new Batch.Ways(came, gates, new Window(REQUESTS_AT_ONCE, room), writer);
    AtomicInteger number = new AtomicInteger();
    this.readers =
        new ScheduledThreadPoolExecutor(
            READERS, work -> new Thread(work, "openexec-inbox-" + number.incrementAndGet()));
  }

  /**
   * Takes hold of a folder, and goes on with what was begun there.
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
    Inbox inbox = new Inbox(Folder.open(root), came, gates, room);
    for (Path claimed : inbox.folder.claimed()) {
      inbox.begin(claimed);
    }
    return inbox;
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

  /** Returns whether a file in the folder can be answered now; it is not opened. */
  public boolean takes(Path file) {
    return fresh.get() < MAX_NEW && vetting.takes(file);
  }

  /**
   * Takes a file out of the folder to be answered.
   *
   * @throws IOException if it cannot be moved
   */
  public void take(Path file) throws IOException {
    begin(folder.claim(file));
  }

  private void begin(Path claimed) {
    fresh.incrementAndGet();
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
      // Looked at again: until it was moved here, others could have put something in its place.
      Optional<String> objection = Vetting.objection(claimed);
      if (objection.isPresent()) {
        LOG.warn("inbox: {} is left in .work: {}", Vetting.shown(claimed), objection.get());
        return;
      }
      new Batch(folder, claimed, ways, counts, turns).turn();
    } catch (NoSuchFileException e) {
      LOG.warn("inbox: {} is gone", Vetting.shown(claimed));
    } catch (IOException | RuntimeException e) {
      turns.failed(claimed, e);
    }
  }

  private void again(Path claimed, Exception why) {
    if (schedule(PAUSE, () -> answer(claimed))) {
      LOG.warn(
          "inbox: {} could not be answered to its end ({}), it is tried again in {} s",
          Vetting.shown(claimed),
          Errors.rootCause(why),
          PAUSE.toSeconds());
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
      folder.close();
    } catch (IOException e) {
      LOG.warn("inbox: {}", Errors.rootCause(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      writer.shutdown();
    }
  }
}
