package io.openexec.inbox;

import io.openexec.execution.Answer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/** How many requests of all files together may be under way. */
final class Window {
  private final Function<byte[], CompletableFuture<Answer>> gates;
  private final Semaphore slots;

  Window(Function<byte[], CompletableFuture<Answer>> gates, int size) {
    this.gates = gates;
    // First come, first served: no file waits for another one to end.
    this.slots = new Semaphore(size, true);
  }

  /** Sends a request through the gates, as soon as there is room. */
  CompletableFuture<Answer> execute(byte[] request) throws InterruptedException {
    slots.acquire();
    try {
      return gates.apply(request).whenComplete((answer, error) -> slots.release());
    } catch (RuntimeException | Error e) {
      slots.release();
      throw e;
    }
  }
}
