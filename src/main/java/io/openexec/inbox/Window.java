package io.openexec.inbox;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How many requests of all files together may be under way. One that takes long gives its place to
 * another one meanwhile, as far as memory goes: what is slow stays slow, and stops nothing else.
 */
final class Window {
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final int LENT_BYTES = 64 << 20;

  /** What a request takes, however short it is. */
  private static final int LEAST = 256 << 10;

  // First come, first served: no file waits for another one to end.
  private final Semaphore places;
  private final Semaphore lent = new Semaphore(LENT_BYTES);

  Window(int size) {
    this.places = new Semaphore(size, true);
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
      end = work.get();
    } catch (RuntimeException | Error e) {
      places.release();
      throw e;
    }
    var unused =
        end.handle((nothing, error) -> true)
            .completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .thenAccept(ended -> giveBack(ended, length + LEAST, end));
  }

  private void giveBack(boolean ended, int bytes, CompletableFuture<Void> end) {
    Runnable back = places::release;
    if (!ended && lent.tryAcquire(bytes)) {
      places.release();
      back = () -> lent.release(bytes);
    }
    Runnable last = back;
    var unused = end.whenComplete((nothing, error) -> last.run());
  }
}
