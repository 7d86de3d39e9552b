package io.openexec.execution;

import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** How many of each action run, held against how many may. */
final class Slots {
  private final Map<String, Semaphore> free = new ConcurrentHashMap<>();

  /**
   * Takes a slot for one run of an action.
   *
   * @return what gives it back
   * @throws SlotsTaken if as many as may run do
   */
  Runnable take(Action action) throws SlotsTaken {
    if (action.concurrency().isEmpty()) {
      return () -> {};
    }
    Semaphore slots =
        free.computeIfAbsent(action.name(), name -> new Semaphore(action.concurrency().getAsInt()));
    if (!slots.tryAcquire()) {
      throw new SlotsTaken();
    }
    return slots::release;
  }

  /** Returns whether as many of an action run as may. */
  boolean isFull(Action action) {
    Semaphore slots = free.get(action.name());
    return slots != null && slots.availablePermits() == 0;
  }

  /** Returns how many runs of an action hold a slot; nothing if it needs none. */
  OptionalInt taken(Action action) {
    Semaphore slots = free.get(action.name());
    return slots == null
        ? action.concurrency().stream().map(most -> 0).findAny()
        : OptionalInt.of(action.concurrency().getAsInt() - slots.availablePermits());
  }

  /** As many of the action run as may. */
  static final class SlotsTaken extends Exception {
    private static final long serialVersionUID = 1L;
  }
}
