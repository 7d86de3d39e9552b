package io.openexec.inbox;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
  private final Semaphore patient;
  private final Inbox.Room room;

  /**
   * Makes one.
   *
   * @param size how many requests
   * @param patient how many threads may wait for room: fewer than there are, so that one is left
   *     for requests that have room
   */
  Window(int size, int patient, Inbox.Room room) {
    this.places = new Semaphore(size, true);
    this.patient = new Semaphore(patient);
    this.room = room;
  }

  /**
   * Begins something as soon as there is room for it, unless others wait for that already.
   *
   * @param length of the request, in bytes
   * @param work what holds the place until it ends
   * @return whether it began
   */
  boolean run(int length, Supplier<CompletableFuture<Void>> work) throws InterruptedException {
    places.acquire();
    CompletableFuture<Void> end;
    try {
      Runnable leave = room(length);
      if (leave == null) {
        places.release();
        return false;
      }
      end = begin(leave, work);
    } catch (InterruptedException | RuntimeException | Error e) {
      places.release();
      throw e;
    }
    var unused =
        end.handle((nothing, error) -> true)
            .completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .thenAccept(ended -> giveBack(ended, end));
    return true;
  }

  private @Nullable Runnable room(int length) throws InterruptedException {
    if (!patient.tryAcquire()) {
      return room.tryTake(length);
    }
    try {
      return room.take(length);
    } finally {
      patient.release();
    }
  }

  private static CompletableFuture<Void> begin(
      Runnable leave, Supplier<CompletableFuture<Void>> work) {
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
