package io.openexec.store;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The forms of a PostgreSQL database's address. Parameters are taken from a list: others make the
 * driver load classes, write files, or weaken what is promised about durability.
 */
final class PostgresUrl {
  private static final Pattern FORM =
      Pattern.compile(
          "(?:jdbc:postgresql|postgres(?:ql)?(?:\\+[a-z0-9_]+)?)://"
              + "(?:(?<user>[^@/?#:]*)(?::(?<password>[^@/?#]*))?@)?"
              + "(?<hosts>[^@/?#]*)(?:/(?<name>[^/?#]*))?(?:\\?(?<query>[^#]*))?");
  private static final Pattern HOSTS =
      Pattern.compile(
          "(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?"
              + "(?:,(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?)*");

  private static final Set<String> ACCEPTED =
      Set.of(
          "sslmode",
          "sslrootcert",
          "sslcert",
          "sslkey",
          "sslpassword",
          "sslNegotiation",
          "channelBinding",
          "gssEncMode",
          "ApplicationName",
          "connectTimeout",
          "socketTimeout",
          "tcpKeepAlive",
          "targetServerType",
          "hostRecheckSeconds",
          "loadBalanceHosts",
          "currentSchema");
  private static final Set<String> SSL_MODES =
      Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

  // How libpq, and so Python's drivers, spell them.
  private static final Map<String, String> LIBPQ =
      Map.of(
          "application_name", "ApplicationName",
          "connect_timeout", "connectTimeout",
          "channel_binding", "channelBinding",
          "gssencmode", "gssEncMode",
          "sslnegotiation", "sslNegotiation");

  private PostgresUrl() {}

  static DatabaseUrl.Postgres parse(String url) {
    Matcher matcher = FORM.matcher(url);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "it must be postgresql://user:password@host:port/name, with @, /, ? and # in the user or"
              + " password written as %40, %2F, %3F and %23");
    }
    String hosts = matcher.group("hosts").isEmpty() ? "localhost" : matcher.group("hosts");
    if (!HOSTS.matcher(hosts).matches()) {
      throw new IllegalArgumentException("'" + hosts + "' is not a host, or hosts with commas");
    }
    String user = decoded(matcher.group("user"));
    String password = decoded(matcher.group("password"));
    Map<String, String> parameters = parameters(matcher.group("query"));
    String userParameter = parameters.remove("user");
    String passwordParameter = parameters.remove("password");
    String name = decoded(matcher.group("name"));
    if (name == null || name.isEmpty()) {
      throw new IllegalArgumentException("it names no database: write …/NAME after the host");
    }
    return new DatabaseUrl.Postgres(
        hosts,
        name,
        new DatabaseUrl.Credentials(
            user == null ? userParameter : user, password == null ? passwordParameter : password),
        parameters);
  }

  private static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> parameters = new HashMap<>();
    if (query == null || query.isEmpty()) {
      return parameters;
    }
    for (String parameter : query.split("&", -1)) {
      String[] parts = parameter.split("=", 2);
      String name = LIBPQ.getOrDefault(parts[0], parts[0]);
      String value = parts.length == 1 ? "" : String.valueOf(decoded(parts[1]));
      check(name, value);
      if (parameters.put(name, value) != null) {
        throw new IllegalArgumentException("the parameter '" + name + "' is there twice");
      }
    }
    return parameters;
  }

  private static void check(String name, String value) {
    if (name.equals("user") || name.equals("password")) {
      return;
    }
    if (!ACCEPTED.contains(name)) {
      throw new IllegalArgumentException(
          "the parameter '"
              + name
              + "' is not accepted; remove it (accepted are "
              + sorted()
              + ")");
    }
    if (name.equals("sslmode") && !SSL_MODES.contains(value)) {
      throw new IllegalArgumentException(
          "sslmode must be one of disable, allow, prefer, require," + " verify-ca, verify-full");
    }
    if (name.endsWith("Timeout") && !value.matches("[1-9][0-9]{0,3}")) {
      throw new IllegalArgumentException(name + " must be a number of seconds");
    }
  }

  private static String sorted() {
    return String.join(", ", ACCEPTED.stream().sorted().toList());
  }

  private static @Nullable String decoded(@Nullable String text) {
    try {
      // In a URL's path and user, unlike in a form, a plus sign is one.
      return text == null
          ? null
          : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("it has a % that is not followed by two hex digits", e);
    }
  }
}
