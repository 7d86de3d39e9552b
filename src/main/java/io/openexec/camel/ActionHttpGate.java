package io.openexec.camel;

import static io.openexec.camel.ActionText.require;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where an action may send to over HTTP, and how: a POST to a fixed address. The address has no
 * query and no user, so that an option that is misspelt cannot become part of it, and no secret is.
 */
final class ActionHttpGate {
  static final Set<String> SCHEMES = Set.of("http", "https");

  static final Set<String> OPTIONS =
      Set.of(
          "httpMethod",
          "connectTimeout",
          "responseTimeout",
          "okStatusCodeRange",
          "httpClientConfigurer");

  private static final Pattern ADDRESS =
      Pattern.compile(
          "//([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]{2,45}])"
              + "(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~!'()*,;=:@/-]{0,1000})?");
  private static final Pattern LOOPBACK =
      Pattern.compile("//(localhost|127(\\.[0-9]{1,3}){3}|\\[::1])([:/].*)?");
  private static final Pattern MILLIS = Pattern.compile("[1-9][0-9]{0,6}");
  private static final Pattern RANGES =
      Pattern.compile("[2-5][0-9]{2}(-[2-5][0-9]{2})?(,[2-5][0-9]{2}(-[2-5][0-9]{2})?){0,9}");

  private ActionHttpGate() {}

  /**
   * Checks an endpoint whose options are known to be of {@link #OPTIONS}.
   *
   * @param address what stands between {@code http:} and the options
   * @throws IllegalArgumentException saying what is refused, and why
   */
  static void check(String scheme, String address, Map<String, String> options) {
    require(
        ADDRESS.matcher(address).matches(),
        "to '"
            + scheme
            + ":' needs a fixed address, //host, //host:port or //host:port/path, without user,"
            + " query and fragment");
    require(
        "POST".equals(options.get("httpMethod")),
        "to '" + scheme + ":' needs httpMethod: POST, the only one that an action may use");
    for (String timeout : List.of("connectTimeout", "responseTimeout")) {
      require(
          MILLIS.matcher(options.getOrDefault(timeout, "1")).matches(),
          "to: " + timeout + " is milliseconds, 1 to 9999999");
    }
    require(
        RANGES.matcher(options.getOrDefault("okStatusCodeRange", "200-299")).matches(),
        "to: okStatusCodeRange is status codes and ranges of them, such as 200-299,409");
    require(
        scheme.equals("https")
            || !options.containsKey("httpClientConfigurer")
            || LOOPBACK.matcher(address).matches(),
        "to: credentials go over https:, or to a loopback address");
  }
}
