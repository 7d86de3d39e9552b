package io.openexec.camel;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Set;

/**
 * The address of a broker that speaks AMQP 1.0: where it is, and nothing that steers the client.
 */
public final class BrokerAddress {
  private static final Map<String, Integer> PORTS = Map.of("amqp", 5672, "amqps", 5671);
  private static final int MAX_PORT = 0xffff;

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
}
