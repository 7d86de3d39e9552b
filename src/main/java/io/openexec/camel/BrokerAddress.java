package io.openexec.camel;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The address of a broker that speaks AMQP 1.0: where it is, and nothing that steers the client.
 */
public final class BrokerAddress {
  private static final Map<String, Integer> PORTS = Map.of("amqp", 5672, "amqps", 5671);
  private static final int MAX_PORT = 0xffff;
  private static final Pattern LOOPBACK =
      Pattern.compile("amqp://(localhost|127(\\.[0-9]{1,3}){3}|\\[::1]):[0-9]+");

  private BrokerAddress() {}

  /**
   * Checks an address.
   *
   * @param url {@code amqp://HOST}, {@code amqps://HOST}, or either with {@code :PORT}
   * @return the same, with a port
   * @throws IllegalArgumentException saying what is wrong with it, and repeating nothing of it
   */
  public static String of(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      // Without the cause, which repeats it.
      throw new IllegalArgumentException("is no address");
    }
    if (uri.getRawUserInfo() != null || (uri.getHost() == null && url.contains("@"))) {
      throw new IllegalArgumentException("has credentials in it");
    }
    Integer port = uri.getScheme() == null ? null : PORTS.get(uri.getScheme());
    if (port == null || uri.getHost() == null) {
      throw new IllegalArgumentException("is no address of an AMQP 1.0 broker");
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw new IllegalArgumentException("has options in it, which are not taken");
    }
    if (!Set.of("", "/").contains(uri.getRawPath()) || uri.getPort() > MAX_PORT) {
      throw new IllegalArgumentException("has more in it than host and port");
    }
    int given = uri.getPort();
    return uri.getScheme() + "://" + uri.getHost() + ":" + (given < 0 ? port : given);
  }

  /**
   * Checks that a password may go to an address.
   *
   * @param address as {@link #of} returned it
   * @throws IllegalArgumentException saying where one may go, if it would go in the clear to
   *     another machine
   */
  public static void checkForPassword(String address) {
    if (!address.startsWith("amqps:") && !LOOPBACK.matcher(address).matches()) {
      throw new IllegalArgumentException("a password goes over amqps:, or to a loopback address");
    }
  }
}
