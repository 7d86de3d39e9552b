package io.openexec.inbox;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How many requests of all files together may be under way, if there is room for them beside those
 * of the other doors. One that takes long gives its place to another one meanwhile, but keeps its
 * room: what is slow stays slow, and as far as memory goes stops nothing else.
 */
final class Window {
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final int MOST_LENT = 256;

  // First come, first served: no file waits for another one to end.
  private final Semaphore places;
  private final Semaphore lent = new Semaphore(MOST_LENT);
  private final Inbox.Room room;

  Window(int size, Inbox.Room room) {
    this.places = new Semaphore(size, true);
    this.room = room;
  }

  /**
   * Begins something as soon as there is room for it.
   *
   * @param length of the request, in bytes
   * @param work what holds the place until it ends
   */
  void run(int length, Supplier<CompletableFuture<Void>> work) throws InterruptedException {
    places.acquire();
    CompletableFuture<Void> end;
    try {
      end = begin(length, work);
    } catch (InterruptedException | RuntimeException | Error e) {
      places.release();
      throw e;
    }
    var unused =
        end.handle((nothing, error) -> true)
            .completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .thenAccept(ended -> giveBack(ended, end));
  }

  private CompletableFuture<Void> begin(int length, Supplier<CompletableFuture<Void>> work)
      throws InterruptedException {
    Runnable leave = room.take(length);
    try {
      return work.get().whenComplete((nothing, error) -> leave.run());
    } catch (RuntimeException | Error e) {
      leave.run();
      throw e;
    }
  }

  private void giveBack(boolean ended, CompletableFuture<Void> end) {
    Semaphore held = places;
    if (!ended && lent.tryAcquire()) {
      places.release();
      held = lent;
    }
    Semaphore last = held;
    var unused = end.whenComplete((nothing, error) -> last.release());
  }
}
