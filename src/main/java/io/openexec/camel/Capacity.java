package io.openexec.camel;

import io.openexec.inbox.Inbox;
import io.openexec.receipt.StrictJson;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes of requests may be under way at a time, by all doors together, and how many
 * requests over HTTP.
 *
 * <p>Two sides share the bytes: HTTP is told at once if there is no room, files and queues wait for
 * theirs. Those that wait have half of it at most, so HTTP always has the other half; HTTP may have
 * all of it as long as nobody waits, and no more than what is left as soon as somebody does, so
 * that whoever waits comes in when what is under way over HTTP has ended.
 *
 * <p>Among those that wait, who came first goes first; but small ones have an eighth to themselves,
 * so that they do not stand behind large ones that take long. What is larger than the rest counts
 * as the rest: it is worked on when no other large one is.
 */
final class Capacity {
  private static final int MAX_REQUESTS = 1_024;
  private static final int LEAST_WEIGHT = 1_024;
  private static final int MOST_OF_SMALL = 16_384;
  private static final int SMALL_SHARE = 8;

  // A body of many empty arrays takes some eighty times its size while it is worked on.
  private static final int HEAP_PER_BODY_BYTE = 160;
  private static final int LEAST_HALF = StrictJson.MAX_LENGTH + 65_536;

  private final int maxRequests;
  private final int half;
  // First come, first served.
  private final Semaphore forAll;
  private final Semaphore forSmall;

  // Guarded by this.
  private int requests;
  private long byHttp;
  private long byPatient;

  /**
   * Makes one.
   *
   * @param maxRequests how many requests over HTTP
   * @param half how many bytes, for each of the two sides
   */
  Capacity(int maxRequests, int half) {
    this.maxRequests = maxRequests;
    this.half = half;
    int small = half / SMALL_SHARE;
    this.forSmall = new Semaphore(small, true);
    this.forAll = new Semaphore(half - small, true);
  }

  /** Returns what this process has memory for. */
  static Capacity ofHeap() {
    long half = Runtime.getRuntime().maxMemory() / HEAP_PER_BODY_BYTE / 2;
    return new Capacity(
        MAX_REQUESTS, (int) Math.max(LEAST_HALF, Math.min(half, Integer.MAX_VALUE)));
  }

  /** A request under way, until {@link #leave}. */
  static final class Ticket implements Runnable {
    private final Runnable giveBack;
    private final AtomicBoolean left = new AtomicBoolean();

    private Ticket(Runnable giveBack) {
      this.giveBack = giveBack;
    }

    /** Says that the request is over; saying so again changes nothing. */
    void leave() {
      if (left.compareAndSet(false, true)) {
        giveBack.run();
      }
    }

    /** The same as {@link #leave}. */
    @Override
    public void run() {
      leave();
    }
  }

  /** Returns the side of those that wait, as files see it. */
  Inbox.Room forFiles() {
    return new Inbox.Room() {
      @Override
      public Runnable take(int length) throws InterruptedException {
        return await(length);
      }

      @Override
      public @Nullable Runnable tryTake(int length) {
        return tryAwait(length);
      }
    };
  }

  /** Returns a ticket for a request of that many bytes, or null if there is no room. */
  synchronized @Nullable Ticket enter(long length) {
    int weight = weight(length, half);
    if (requests >= maxRequests || byHttp + weight > 2L * half - byPatient) {
      return null;
    }
    Ticket ticket = new Ticket(() -> leftHttp(weight));
    requests++;
    byHttp += weight;
    return ticket;
  }

  private synchronized void leftHttp(int weight) {
    requests--;
    byHttp -= weight;
    notifyAll();
  }

  /** Waits until there is room for a request of that many bytes. */
  Ticket await(long length) throws InterruptedException {
    int weight = weight(length, half - half / SMALL_SHARE);
    // Made before: what fails for want of memory afterwards would leave it taken for ever.
    Ticket ofSmall = new Ticket(() -> leftPatient(weight, forSmall));
    Ticket ofAll = new Ticket(() -> leftPatient(weight, forAll));
    Ticket ticket = ofSmall;
    if (weight > MOST_OF_SMALL || !forSmall.tryAcquire(weight)) {
      forAll.acquire(weight);
      ticket = ofAll;
    }
    boolean entered = false;
    try {
      awaitHttp(weight);
      entered = true;
    } finally {
      if (!entered) {
        ticket.leave();
      }
    }
    return ticket;
  }

  /** Returns a ticket as {@link #await} does, or null if there is no room at this moment. */
  @Nullable Ticket tryAwait(long length) {
    int weight = weight(length, half - half / SMALL_SHARE);
    Ticket ofSmall = new Ticket(() -> leftPatient(weight, forSmall));
    Ticket ofAll = new Ticket(() -> leftPatient(weight, forAll));
    boolean isSmall = weight <= MOST_OF_SMALL && forSmall.tryAcquire(weight);
    if (!isSmall && !forAll.tryAcquire(weight)) {
      return null;
    }
    synchronized (this) {
      byPatient += weight;
      if (byHttp + byPatient <= 2L * half) {
        return isSmall ? ofSmall : ofAll;
      }
    }
    (isSmall ? ofSmall : ofAll).leave();
    return null;
  }

  /**
   * What waits counts at once: HTTP takes none of it any more, and its share shrinks to the rest.
   */
  private synchronized void awaitHttp(int weight) throws InterruptedException {
    byPatient += weight;
    while (byHttp + byPatient > 2L * half) {
      wait();
    }
  }

  private void leftPatient(int weight, Semaphore share) {
    synchronized (this) {
      byPatient -= weight;
      notifyAll();
    }
    share.release(weight);
  }

  private static int weight(long length, int most) {
    return (int) Math.min(most, Math.max(length, LEAST_WEIGHT));
  }

  /** Returns how many requests are under way over HTTP. */
  synchronized int underWay() {
    return requests;
  }
}
