package io.openexec.camel;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.PropertiesFunction;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.SimpleTypeConverter;

/**
 * The secrets in options of endpoints: {@code {{secret:NAME}}}, as Camel writes property functions.
 * It becomes a reference to a bean, which Camel resolves when it sets the option, so that the
 * secret is in no URI, and its characters mean nothing to Camel.
 */
final class SecretOptions implements PropertiesFunction {
  private static final Pattern PLACEHOLDER =
      Pattern.compile("\\{\\{secret:([A-Za-z_][A-Za-z0-9_.-]{0,127})}}");
  private static final Pattern ANY = Pattern.compile("\\{\\{secret:|\\$\\{secret:");
  private static final String BEANS = "openexec.secret.";

  private final Registry beans;
  private final Secrets secrets;
  private final Map<String, Secret> referredTo = new ConcurrentHashMap<>();

  private SecretOptions(Registry beans, Secrets secrets) {
    this.beans = beans;
    this.secrets = secrets;
  }

  /** Lets the endpoints of a context have secrets. */
  static SecretOptions addTo(CamelContext context, Secrets secrets) {
    SecretOptions options = new SecretOptions(context.getRegistry(), secrets);
    context.getPropertiesComponent().addPropertiesFunction(options);
    context
        .getTypeConverterRegistry()
        .addTypeConverter(
            String.class,
            Secret.class,
            new SimpleTypeConverter(false, (type, exchange, value) -> ((Secret) value).take()));
    return options;
  }

  /**
   * Checks, when all endpoints are there, that the secrets came to where they are referred to.
   *
   * @throws RouteFileRefused if a component took the reference for the text that it wants
   */
  void checkTaken() throws RouteFileRefused {
    for (Map.Entry<String, Secret> secret : referredTo.entrySet()) {
      if (!secret.getValue().taken) {
        throw new RouteFileRefused(
            "no endpoint took the secret "
                + secret.getKey()
                + ": what it is the value of is no option of text that Camel sets for its component");
      }
    }
  }

  /** Returns the name of the secret that an option's value is, if it is one and nothing else. */
  static Optional<String> nameIn(String value) {
    Matcher placeholder = PLACEHOLDER.matcher(value);
    return placeholder.matches() ? Optional.of(placeholder.group(1)) : Optional.empty();
  }

  /** Returns whether a text means to have a secret in it. */
  static boolean isMeantBy(String text) {
    return ANY.matcher(text).find();
  }

  @Override
  public String getName() {
    return "secret";
  }

  @Override
  public String apply(String name) {
    beans.bind(BEANS + name, referredTo.computeIfAbsent(name, this::secret));
    return "#bean:" + BEANS + name;
  }

  private Secret secret(String name) {
    return new Secret(secrets.resolve("${secret:" + name + "}"));
  }

  /** No text, in which Camel would look for placeholders, and which it would show. */
  private static final class Secret {
    private final String text;
    private volatile boolean taken;

    Secret(String text) {
      this.text = text;
    }

    String take() {
      taken = true;
      return text;
    }

    @Override
    public String toString() {
      return "Secret[hidden]";
    }
  }
}
