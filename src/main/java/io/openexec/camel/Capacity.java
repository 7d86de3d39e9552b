package io.openexec.camel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** How many requests, and how many bytes of them, may be under way at a time. */
final class Capacity {
  private static final long LEAST_WEIGHT = 1_024;

  private final int maxRequests;
  private final long maxBytes;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  Capacity(int maxRequests, long maxBytes) {
    this.maxRequests = maxRequests;
    this.maxBytes = maxBytes;
  }

  /** A request under way, until {@link #leave}. */
  final class Ticket {
    private final long weight;
    private final AtomicBoolean left = new AtomicBoolean();

    private Ticket(long weight) {
      this.weight = weight;
    }

    /** Says that the request is over; saying so again changes nothing. */
    void leave() {
      if (left.compareAndSet(false, true)) {
        requests.decrementAndGet();
        bytes.addAndGet(-weight);
      }
    }
  }

  /** Returns a ticket for a request of that many bytes, or null if there is no room. */
  @Nullable Ticket enter(long length) {
    Ticket ticket = new Ticket(Math.max(length, LEAST_WEIGHT));
    int requestsNow = requests.incrementAndGet();
    long bytesNow = bytes.addAndGet(ticket.weight);
    if (requestsNow <= maxRequests && bytesNow <= maxBytes) {
      return ticket;
    }
    ticket.leave();
    return null;
  }

  /** Returns how many requests are under way. */
  int underWay() {
    return requests.get();
  }
}
