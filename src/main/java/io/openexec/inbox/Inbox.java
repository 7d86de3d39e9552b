package io.openexec.inbox;

import io.openexec.execution.Answer;
import io.openexec.execution.Errors;
import io.openexec.metrics.Samples;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers files of requests, a few at a time; the others wait for their turn. No file is lost: one
 * that could not be answered to its end, because the disk is full or the service stops, is tried
 * again.
 */
public final class Inbox implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);
  private static final int FILES_AT_ONCE = 4;
  private static final int MAX_WAITING = 256;

  /** How many files whose requests wait may lend their places to others. */
  private static final int MAX_LENT = 12;

  /** No more than effectful actions may run at once: others would be sent away to come again. */
  private static final int REQUESTS_AT_ONCE = 64;

  private static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofSeconds(15);

  private final Folder folder;
  private final Window window;
  private final Vetting vetting = new Vetting(QUIET);
  private final Counts counts = new Counts();
  private final ScheduledThreadPoolExecutor readers;
  private int waiting;

  private Inbox(Folder folder, Function<byte[], CompletableFuture<Answer>> gates) {
    this.folder = folder;
    this.window = new Window(gates, REQUESTS_AT_ONCE);
    AtomicInteger number = new AtomicInteger();
    this.readers =
        new ScheduledThreadPoolExecutor(
            FILES_AT_ONCE, work -> new Thread(work, "openexec-inbox-" + number.incrementAndGet()));
    readers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /**
   * Takes hold of a folder, and goes on with what was begun there.
   *
   * @param gates answers a request, its bytes, once the answer is final, without holding a thread
   * @throws IOException if the folder cannot be written, or another service holds it
   */
  public static Inbox open(Path root, Function<byte[], CompletableFuture<Answer>> gates)
      throws IOException {
    Inbox inbox = new Inbox(Folder.open(root), gates);
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
        "Files that were taken and wait to be answered, or to be tried again.",
        readers.getQueue().size());
  }

  /** Returns whether a file in the folder can be answered now; it is not opened. */
  public boolean takes(Path file) {
    return readers.getQueue().size() < MAX_WAITING && vetting.takes(file);
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
    try {
      readers.execute(() -> answer(claimed));
    } catch (RejectedExecutionException e) {
      // The service stops; the next one finds it where it is.
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
      new Batch(folder, claimed, window, counts, this::await).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | ExecutionException | RuntimeException e) {
      again(claimed, e);
    }
  }

  /** Waits for an answer; while that takes long, another file is read in this one's place. */
  private Answer await(CompletableFuture<Answer> answer)
      throws ExecutionException, InterruptedException {
    try {
      return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      lend(1);
      try {
        return answer.get();
      } finally {
        lend(-1);
      }
    }
  }

  private synchronized void lend(int places) {
    waiting += places;
    readers.setCorePoolSize(FILES_AT_ONCE + Math.min(waiting, MAX_LENT));
  }

  private void again(Path claimed, Exception why) {
    if (readers.isShutdown()) {
      return;
    }
    LOG.warn(
        "inbox: {} could not be answered to its end ({}), it is tried again in {} s",
        Vetting.shown(claimed),
        Errors.rootCause(why),
        PAUSE.toSeconds());
    try {
      var unused = readers.schedule(() -> answer(claimed), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The service stops; the next one finds it where it is.
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
    }
  }
}
