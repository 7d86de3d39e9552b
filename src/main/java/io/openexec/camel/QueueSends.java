package io.openexec.camel;

import io.openexec.execution.Errors;
import io.openexec.metrics.Traffic.MessageResult;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of what the door sends. It counts when its transaction is committed, by the thread
 * that sent it. A queue that takes nothing is known as such until something is committed to it, or
 * nobody has tried for two minutes; the log says so once, and not at each try.
 */
final class QueueSends {
  private static final Logger LOG = LoggerFactory.getLogger(QueueSends.class);
  private static final Duration KNOWN_FOR = Duration.ofMinutes(2);
  private static final Duration LONGEST_TRY = Duration.ofSeconds(10);
  private static final int REMEMBERED = 10_000;

  /** What any broker takes, in characters. */
  static final int SMALL = 65_536;

  private final Consumer<MessageResult> count;
  private final Map<String, Refusal> refusals = new ConcurrentHashMap<>();
  private final Map<Thread, Sent> sent = new ConcurrentHashMap<>();
  private final Set<String> large =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > REMEMBERED;
                }
              }));

  private record Sent(String queue, MessageResult result) {}

  /** When a queue refused last, how often in a row, and from when on one may try again. */
  private record Refusal(long last, int times, long next) {}

  /**
   * Knows nothing yet.
   *
   * @param count is told what became of a message, when that is committed
   */
  QueueSends(Consumer<MessageResult> count) {
    this.count = count;
  }

  /** This thread sent something, and will commit it. */
  void sent(String queue, MessageResult result) {
    sent.put(Thread.currentThread(), new Sent(queue, result));
  }

  /** What this thread sent is there. */
  void committed() {
    Sent last = sent.remove(Thread.currentThread());
    if (last == null) {
      return;
    }
    count.accept(last.result());
    if (refusals.remove(last.queue()) != null) {
      LOG.info("queue: {} takes messages again", last.queue());
    }
  }

  /** What this thread sent is not there, and not because the connection was lost. */
  void notCommitted(Throwable why) {
    Sent last = sent.remove(Thread.currentThread());
    if (last != null) {
      refused(last.queue(), why);
    }
  }

  /**
   * A large answer was not taken. It may be for its size, which says nothing of the queue: the next
   * time it is to be brief.
   *
   * @param request which request it is the answer of
   * @return whether that is so: it was not brief already
   */
  boolean isForItsSize(String request, int length) {
    boolean first = large.add(request);
    if (first) {
      LOG.warn(
          "queue: an answer of {} characters was not taken; if the broker has a bound on messages,"
              + " raise it. The next try is brief",
          length);
    }
    return first;
  }

  /** Returns whether a large answer has to be brief. */
  boolean hasToBeBrief(String request) {
    return large.contains(request);
  }

  /** A queue did not take what was sent to it. */
  void refused(String queue, Throwable why) {
    long now = System.nanoTime();
    Refusal current =
        refusals.merge(
            queue,
            new Refusal(now, 1, now + pause(1)),
            (before, first) -> new Refusal(now, before.times() + 1, now + pause(before.times())));
    if (current.times() == 1) {
      LOG.warn(
          "queue: {} takes no message ({}); what should go there waits or goes elsewhere, and is"
              + " tried again",
          queue,
          Errors.rootCause(why));
    }
  }

  private static long pause(int times) {
    return Postponement.pause(Math.min(times, Postponement.MOST_TIMES)).toNanos();
  }

  /** Returns whether a queue took nothing when it was tried last. */
  boolean isRefusing(String queue) {
    Refusal refusal = refusals.get(queue);
    if (refusal == null) {
      return false;
    }
    boolean known = System.nanoTime() - refusal.last() < KNOWN_FOR.toNanos();
    return known || !refusals.remove(queue, refusal);
  }

  /**
   * Returns whether something may be sent to a queue: to one that took nothing, by one at a time,
   * with pauses, as each try may hold a consumer.
   */
  boolean mayTry(String queue) {
    Refusal refusal = refusals.get(queue);
    if (refusal == null) {
      return true;
    }
    long now = System.nanoTime();
    return now - refusal.next() >= 0
        && refusals.replace(
            queue,
            refusal,
            new Refusal(refusal.last(), refusal.times(), now + LONGEST_TRY.toNanos()));
  }

  /** Returns what is wrong, if one of these queues takes nothing. */
  Optional<String> problem(Set<String> queues) {
    return queues.stream()
        .sorted()
        .filter(this::isRefusing)
        .findFirst()
        .map(
            queue ->
                "the queue "
                    + queue
                    + " takes no message: what should go there waits, and is tried again; see"
                    + " whether it is full, is missing, or may not be written by this service, and"
                    + " whether the broker answers at all");
  }
}
