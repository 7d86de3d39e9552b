package io.openexec.camel;

import java.math.BigInteger;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Endpoint;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.ProcessorEndpoint;

/** The component {@code builtin:}: what {@code echo} and {@code add} do, in process and pure. */
final class BuiltinComponent extends DefaultComponent {
  static final String SCHEME = "builtin";

  private static final Map<String, Processor> BUILTINS =
      Map.of(
          "echo", exchange -> echo(exchange.getMessage()),
          "add", exchange -> add(exchange.getMessage()));

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
