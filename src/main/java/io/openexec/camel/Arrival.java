package io.openexec.camel;

import io.openexec.receipt.StrictJson;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way in: it takes its share of the capacity before its body is read, and has to
 * bring the body within a time. The share is given back when the work is over, not when the client
 * goes: work whose client has gone is still work.
 */
final class Arrival {
  private static final Duration BODY_DEADLINE = Duration.ofSeconds(10);
  private static final int REQUEST_TIMEOUT = 408;
  private static final String KEY = "openexec.arrival";

  private final RoutingContext request;
  private final Capacity.@Nullable Ticket ticket;
  private final long timer;
  private boolean complete;

  private Arrival(RoutingContext request, Capacity.@Nullable Ticket ticket) {
    this.request = request;
    this.ticket = ticket;
    this.timer =
        request.vertx().setTimer(BODY_DEADLINE.toMillis(), id -> request.fail(REQUEST_TIMEOUT));
    request.addEndHandler(ended -> endedEarly());
    request.put(KEY, this);
  }

  /** Lets a request without a body in, past the capacity, so that status pages always answer. */
  static void withoutBody(RoutingContext request) {
    new Arrival(request, null);
  }

  /** Lets a request in if there is room; returns whether there was. */
  static boolean withBody(RoutingContext request, Capacity capacity) {
    Capacity.Ticket ticket = capacity.enter(length(request.request()));
    if (ticket == null) {
      return false;
    }
    new Arrival(request, ticket);
    return true;
  }

  private static long length(HttpServerRequest request) {
    String declared = request.getHeader("Content-Length");
    try {
      // Without a declared length it may become as long as any.
      return declared == null
          ? StrictJson.MAX_LENGTH
          : Math.min(Long.parseLong(declared), StrictJson.MAX_LENGTH);
    } catch (NumberFormatException e) {
      return StrictJson.MAX_LENGTH;
    }
  }

  static Arrival of(RoutingContext request) {
    return request.get(KEY);
  }

  /** The body is here: from now on the work decides when the request is over. */
  void complete() {
    complete = true;
    request.vertx().cancelTimer(timer);
  }

  private void endedEarly() {
    if (!complete) {
      complete();
      leave();
    }
  }

  /** The work is over. */
  void leave() {
    if (ticket != null) {
      ticket.leave();
    }
  }
}
