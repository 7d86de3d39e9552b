package io.openexec.camel;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.camel.TypeConversionException;
import org.apache.camel.spi.TypeConverterRegistry;
import org.apache.camel.support.SimpleTypeConverter;

/**
 * A number is converted to a whole one if it is the same number there. Camel cuts off what does not
 * fit: so that a condition such as {@code ${body[amount]} > 1000} would not hold for
 * 18446744073709551617, and {@code ${body[count]} == 0} would for 0.9. What is compared as doubles
 * is rounded to those: with a text of decimals, Camel would compare texts otherwise.
 */
final class ExactNumbers {
  private static final List<Class<? extends Number>> FROM =
      List.of(
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          BigInteger.class,
          Float.class,
          Double.class,
          BigDecimal.class);

  private static final Map<Class<? extends Number>, Function<BigDecimal, Number>> TO =
      Map.of(
          Byte.class, BigDecimal::byteValueExact,
          Short.class, BigDecimal::shortValueExact,
          Integer.class, BigDecimal::intValueExact,
          Long.class, BigDecimal::longValueExact,
          BigInteger.class, BigDecimal::toBigIntegerExact,
          Float.class, BigDecimal::floatValue,
          Double.class, BigDecimal::doubleValue);

  private ExactNumbers() {}

  static void addTo(TypeConverterRegistry registry) {
    TO.forEach(
        (to, exact) -> {
          for (Class<? extends Number> from : FROM) {
            if (from != to) {
              registry.addTypeConverter(
                  to,
                  from,
                  new SimpleTypeConverter(
                      false, (type, exchange, value) -> converted(value, to, exact)));
            }
          }
        });
  }

  private static Number converted(
      Object value, Class<? extends Number> to, Function<BigDecimal, Number> exact) {
    try {
      // The exact value of a double, and not the shortest text that stands for it.
      return exact.apply(
          value instanceof Double || value instanceof Float
              ? new BigDecimal(((Number) value).doubleValue())
              : new BigDecimal(value.toString()));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new TypeConversionException(value, to, e);
    }
  }
}
