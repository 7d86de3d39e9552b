package io.openexec.camel;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the queue door is opened with, checked by whoever reads it.
 *
 * @param broker where the messages are
 * @param concurrency how many messages are worked on at once
 * @param queues the names of the three queues
 * @param replyTo the queues that an answer may be sent to because its request asks for that
 */
public record QueueSettings(Broker broker, int concurrency, Queues queues, Set<String> replyTo) {
  /** Copies the list. */
  public QueueSettings {
    replyTo = Set.copyOf(replyTo);
  }

  /** Where the messages are. */
  public sealed interface Broker permits Amqp, Bound {}

  /**
   * A broker that speaks AMQP 1.0.
   *
   * @param address {@code amqp://HOST:PORT} or {@code amqps://HOST:PORT}, and nothing else
   * @param credentials who the service is to the broker, if it has to say
   * @param prefetch how many messages a consumer has sent ahead of those that it works on
   */
  public record Amqp(String address, Optional<Credentials> credentials, OptionalInt prefetch)
      implements Broker {}

  /**
   * A JMS {@code ConnectionFactory} that a route file binds in the registry.
   *
   * @param name the bean's name
   */
  public record Bound(String name) implements Broker {}

  /** A name and a password, which {@link #toString} does not show. */
  public record Credentials(String user, String password) {
    @Override
    public String toString() {
      return "Credentials[hidden]";
    }
  }

  /**
   * The names of the queues.
   *
   * @param requests where requests come from
   * @param receipts where answers go
   * @param rejected where messages go that are no requests
   */
  public record Queues(String requests, String receipts, String rejected) {
    /** Returns the three. */
    Set<String> names() {
      return Set.of(requests, receipts, rejected);
    }
  }
}
