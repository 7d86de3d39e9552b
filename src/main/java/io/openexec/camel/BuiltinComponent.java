package io.openexec.camel;

import io.openexec.receipt.Hash;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.ProcessorEndpoint;

/**
 * The component {@code builtin:}, of fixed operations in process and pure: what the actions {@code
 * echo} and {@code add} do, and what the steps of an action file cannot.
 *
 * <ul>
 *   <li>{@code builtin:csv} makes the body, a list of rows, CSV text (RFC 4180)
 *   <li>{@code builtin:sha256} puts the hash of the body's text (UTF-8), in lower-case hex, into
 *       the header {@code sha256}
 *   <li>{@code builtin:filename} makes the variable {@code fileName} the name that {@code file:}
 *       writes to, if it is a plain name
 * </ul>
 */
final class BuiltinComponent extends DefaultComponent {
  static final String SCHEME = "builtin";

  private static final Map<String, Processor> BUILTINS =
      Map.of(
          "echo", exchange -> echo(exchange.getMessage()),
          "add", exchange -> add(exchange.getMessage()),
          "csv", exchange -> csv(exchange.getMessage()),
          "sha256", exchange -> sha256(exchange.getMessage()),
          "filename", BuiltinComponent::filename);

  /** No folder, no hidden file, nothing that a language or a shell would read. */
  private static final Pattern PLAIN_NAME =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\\.[A-Za-z0-9]{1,16}){1,2}");

  @Override
  protected Endpoint createEndpoint(String uri, String name, Map<String, Object> parameters) {
    Processor builtin = BUILTINS.get(name);
    if (builtin == null) {
      throw new IllegalArgumentException("there is no builtin:" + name);
    }
    return new ProcessorEndpoint(uri, this, builtin);
  }

  private static void echo(Message message) {
    message.setBody(Map.of("echo", Objects.requireNonNull(message.getBody())));
  }

  private static void add(Message message) {
    Map<?, ?> payload = (Map<?, ?>) message.getBody();
    message.setBody(Map.of("sum", sum(number(payload, "a"), number(payload, "b"))));
  }

  private static void csv(Message message) {
    if (!(message.getBody() instanceof List<?> rows)) {
      throw new IllegalArgumentException("builtin:csv needs a list of rows");
    }
    message.setBody(Csv.of(rows));
  }

  private static void sha256(Message message) {
    if (!(message.getBody() instanceof String text)) {
      throw new IllegalArgumentException("builtin:sha256 needs text");
    }
    message.setHeader("sha256", Hash.ofUtf8(text).hex());
  }

  private static void filename(Exchange exchange) {
    String name = exchange.getVariable("fileName", String.class);
    if (name == null || !PLAIN_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("builtin:filename needs a plain name in fileName");
    }
    exchange.getMessage().setHeader(Exchange.FILE_NAME, name);
  }

  private static Number number(Map<?, ?> payload, String name) {
    return payload.get(name) instanceof Number number ? number : BigInteger.ZERO;
  }

  /** Adds as Python does: integers exactly; an integer that meets a float becomes one first. */
  private static Number sum(Number a, Number b) {
    if (a instanceof Double || b instanceof Double) {
      double sum = toDouble(a) + toDouble(b);
      if (!Double.isFinite(sum)) {
        throw new ArithmeticException("the sum is beyond the range of a double");
      }
      return sum;
    }
    return new BigInteger(a.toString()).add(new BigInteger(b.toString()));
  }

  private static double toDouble(Number number) {
    double value = number.doubleValue();
    if (!Double.isFinite(value)) {
      throw new ArithmeticException("an integer is beyond the range of a double");
    }
    return value;
  }
}
