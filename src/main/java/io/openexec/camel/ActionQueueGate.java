package io.openexec.camel;

import static io.openexec.camel.ActionText.require;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Where an action may send messages to, and how: one way, to a fixed queue or topic. */
final class ActionQueueGate {
  /** AMQP 1.0, and any other JMS connection factory that a route file binds. */
  static final Set<String> SCHEMES = Set.of("amqp", "jms");

  /** Messages are persistent, whatever is said here. */
  static final Set<String> OPTIONS = Set.of("connectionFactory", "timeToLive", "priority");

  private static final Pattern DESTINATION =
      Pattern.compile("((queue|topic):)?[A-Za-z0-9][A-Za-z0-9._/-]{0,254}");
  private static final Pattern MILLIS = Pattern.compile("0|[1-9][0-9]{0,11}");
  private static final Pattern PRIORITY = Pattern.compile("[0-9]");

  private ActionQueueGate() {}

  /**
   * Checks an endpoint whose options are known to be of {@link #OPTIONS}.
   *
   * @param destination what stands between {@code amqp:} and the options
   * @throws IllegalArgumentException saying what is refused, and why
   */
  static void check(String scheme, String destination, Map<String, String> options) {
    require(
        DESTINATION.matcher(destination).matches(),
        "to '"
            + scheme
            + ":' needs a fixed destination, queue:NAME or topic:NAME, of letters, digits, '.',"
            + " '_', '/' and '-'");
    require(
        options.getOrDefault("connectionFactory", "").startsWith("#"),
        "to '" + scheme + ":' needs connectionFactory: \"#name\", of resources.yaml");
    require(
        MILLIS.matcher(options.getOrDefault("timeToLive", "0")).matches(),
        "to: timeToLive is milliseconds; 0, or none, is for ever");
    require(
        PRIORITY.matcher(options.getOrDefault("priority", "4")).matches(),
        "to: priority is 0 to 9");
  }
}
