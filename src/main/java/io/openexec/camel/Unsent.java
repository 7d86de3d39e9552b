package io.openexec.camel;

import io.openexec.execution.Answer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes answers, which lie in memory until clients read them. A client that does not read costs
 * itself its connection, and nobody else anything; an execution whose answer nobody got is on
 * record, and answers the same request again.
 */
final class Unsent {
  private static final int SMALL = 32_768;
  // Answers wait in direct memory, of which there is as much as heap; one that is exhausted stops
  // all connections.
  private static final int SHARE = 4;
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final long most = Runtime.getRuntime().maxMemory() / SHARE;
  private final AtomicLong bytes = new AtomicLong();

  Unsent(Vertx vertx) {
    this.vertx = vertx;
  }

  /** Writes an {@link Answer}, or {@link Content}; or ends the connection if too much is unread. */
  void write(HttpServerRequest request, Object answer) {
    long length = length(answer);
    if (bytes.addAndGet(length) > most && length > SMALL) {
      bytes.addAndGet(-length);
      var unused = request.connection().close();
      return;
    }
    Future<Void> sent = HttpGuard.write(request.response(), answer);
    if (!sent.isComplete()) {
      long timer = vertx.setTimer(DEADLINE.toMillis(), late -> request.connection().close());
      sent.onComplete(done -> vertx.cancelTimer(timer));
    }
    sent.onComplete(done -> bytes.addAndGet(-length));
  }

  private static long length(Object answer) {
    return answer instanceof Content content
        ? content.bytes().length
        : ((Answer) answer).json().length();
  }
}
