package io.openexec.camel;

import jakarta.jms.BytesMessage;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.jms.JmsOperationTimedOutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a message waits that cannot be answered yet: a copy of it goes to the end of its queue, in
 * the commit in which it is taken, and the broker delivers it later. So it holds up nobody, and it
 * is there once at any time. Where the broker cannot deliver later, whoever took the message waits
 * with it for a moment, so that nothing goes round in a hurry.
 */
final class Postponement {
  /** How often the message was postponed, an int. Whoever forges it has a longer pause. */
  static final String TIMES = "openexecPostponed";

  /** As often as it counts. */
  static final int MOST_TIMES = 8;

  private static final Logger LOG = LoggerFactory.getLogger(Postponement.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_HOLD = Duration.ofSeconds(1);
  private static final Duration UNTIL_ASKED_AGAIN = Duration.ofMinutes(10);

  private final String queue;
  private volatile boolean delays = true;
  private volatile long asksAgain = System.nanoTime();

  /** Postpones messages of that queue. */
  Postponement(String queue) {
    this.queue = queue;
  }

  /**
   * What makes the copy.
   *
   * @param message the message, of which nothing else is kept but when it expires and how urgent it
   *     is
   * @param session the one that it came by
   * @param content its body, a {@code String} or a {@code byte[]}
   * @param correlation what its answer is to be found by
   * @param replyTo where its answer is to go, if that is on the list
   * @param expires whether it expires when it would have: not if it has an outcome, which would be
   *     lost with it
   */
  record Taken(
      Message message,
      Session session,
      Object content,
      Optional<String> correlation,
      Optional<String> replyTo,
      boolean expires) {}

  /** Returns how often a message was postponed, within bounds whatever it says. */
  static int times(Message message) {
    try {
      return message.getObjectProperty(TIMES) instanceof Integer times
          ? Math.max(0, Math.min(times, MOST_TIMES))
          : 0;
    } catch (JMSException | RuntimeException e) {
      return 0;
    }
  }

  /**
   * Returns how long a message waits that was postponed so often: 0.2 to 30 seconds, or down to
   * half of that. Those that came together and could not be answered together come scattered.
   */
  static Duration pause(int times) {
    long pause = Math.min(FIRST_PAUSE.toMillis() << times, LONGEST_PAUSE.toMillis());
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(pause / 2, pause + 1));
  }

  /**
   * Postpones a message, with the commit of its session.
   *
   * @throws JMSException if it cannot be done now
   */
  void postpone(Taken taken) throws JMSException {
    int times = times(taken.message());
    Message copy = copy(taken);
    copy.setIntProperty(TIMES, Math.min(times + 1, MOST_TIMES));
    if (!canDelay()) {
      hold(pause(times));
      send(taken, copy, Duration.ZERO);
      return;
    }
    try {
      send(taken, copy, pause(times));
    } catch (JmsOperationTimedOutException e) {
      // It may be there all the same: another copy would be one too many.
      throw e;
    } catch (JMSException | UnsupportedOperationException e) {
      // If this fails as well, it was not for the delay.
      send(taken, copy, Duration.ZERO);
      cannotDelay();
    }
  }

  private void send(Taken taken, Message copy, Duration delay) throws JMSException {
    Message message = taken.message();
    try (MessageProducer producer =
        taken.session().createProducer(taken.session().createQueue(queue))) {
      if (!delay.isZero()) {
        producer.setDeliveryDelay(delay.toMillis());
      }
      producer.send(
          copy,
          DeliveryMode.PERSISTENT,
          message.getJMSPriority(),
          taken.expires() ? timeToLive(message) : 0);
    }
  }

  private static Message copy(Taken taken) throws JMSException {
    Session session = taken.session();
    Message copy;
    if (taken.content() instanceof byte[] content) {
      BytesMessage bytes = session.createBytesMessage();
      bytes.writeBytes(content);
      copy = bytes;
    } else {
      copy = session.createTextMessage((String) taken.content());
    }
    copy.setJMSCorrelationID(taken.correlation().orElse(null));
    if (taken.replyTo().isPresent()) {
      copy.setJMSReplyTo(session.createQueue(taken.replyTo().get()));
    }
    return copy;
  }

  /** It expires when it would have; the broker sees to it. */
  private static long timeToLive(Message message) throws JMSException {
    long expiration = message.getJMSExpiration();
    return expiration == 0 ? 0 : Math.max(1, expiration - System.currentTimeMillis());
  }

  private boolean canDelay() {
    if (!delays && System.nanoTime() - asksAgain >= 0) {
      delays = true;
    }
    return delays;
  }

  private void cannotDelay() {
    asksAgain = System.nanoTime() + UNTIL_ASKED_AGAIN.toNanos();
    delays = false;
    LOG.info("queue: the broker does not deliver later; messages wait in their places instead");
  }

  private static void hold(Duration pause) {
    try {
      TimeUnit.MILLISECONDS.sleep(Math.min(pause.toMillis(), LONGEST_HOLD.toMillis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
