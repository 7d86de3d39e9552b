package io.openexec.receipt;

import com.fasterxml.jackson.core.io.NumberOutput;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The bytes that CPython's {@code json.dumps(value, sort_keys=True)} writes, which OpenExec 0.1.10
 * hashes: ASCII with {@code \}{@code uXXXX} escapes, members sorted by code point, integers exact,
 * doubles as {@code repr} writes them.
 */
public final class CanonicalJson {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  // String.compareTo orders by UTF-16 unit, which puts U+10000 before U+FFFF; Python does not.
  private static final Comparator<Map.Entry<String, JsonNode>> BY_CODE_POINT =
      (left, right) -> compareCodePoints(left.getKey(), right.getKey());

  private static final int LENGTH = 256;

  private final StringBuilder out;
  private final String comma;
  private final String colon;

  private CanonicalJson(int length, String comma, String colon) {
    this.out = new StringBuilder(length);
    this.comma = comma;
    this.colon = colon;
  }

  /** Writes with the separators {@code ","} and {@code ":"}, the form of the action hash. */
  public static String compact(JsonNode value) {
    return new CanonicalJson(LENGTH, ",", ":").value(value).out.toString();
  }

  /** Writes with the separators {@code ", "} and {@code ": "}, the form of the receipt hash. */
  public static String spaced(JsonNode value) {
    return new CanonicalJson(LENGTH, ", ", ": ").value(value).out.toString();
  }

  /** Writes one string, quoted and escaped. */
  public static String quoted(String text) {
    return new CanonicalJson(text.length() + 2, ",", ":").string(text).out.toString();
  }

  private CanonicalJson value(JsonNode value) {
    switch (value.getNodeType()) {
      case OBJECT -> object(value);
      case ARRAY -> array(value);
      case STRING -> string(value.textValue());
      case NUMBER ->
          out.append(value.isIntegralNumber() ? value.asText() : repr(value.doubleValue()));
      case BOOLEAN -> out.append(value.booleanValue());
      case NULL -> out.append("null");
      default -> throw new IllegalArgumentException("not a JSON value: " + value.getNodeType());
    }
    return this;
  }

  private void object(JsonNode object) {
    List<Map.Entry<String, JsonNode>> members = new ArrayList<>(object.properties());
    members.sort(BY_CODE_POINT);
    out.append('{');
    String separator = "";
    for (Map.Entry<String, JsonNode> member : members) {
      out.append(separator);
      string(member.getKey());
      out.append(colon);
      value(member.getValue());
      separator = comma;
    }
    out.append('}');
  }

  private void array(JsonNode array) {
    out.append('[');
    String separator = "";
    for (JsonNode element : array) {
      out.append(separator);
      value(element);
      separator = comma;
    }
    out.append(']');
  }

  private CanonicalJson string(String text) {
    out.append('"');
    // Most texts have nothing to escape, and go as a whole.
    int written = 0;
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (!isPlain(unit)) {
        out.append(text, written, i);
        escape(unit);
        written = i + 1;
      }
    }
    // The whole at once is cheaper than a part, with JDK 17.
    (written == 0 ? out.append(text) : out.append(text, written, text.length())).append('"');
    return this;
  }

  private static boolean isPlain(char unit) {
    return unit >= ' ' && unit <= '~' && unit != '"' && unit != '\\';
  }

  private void escape(char unit) {
    switch (unit) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\f' -> out.append("\\f");
      case '\b' -> out.append("\\b");
      default ->
          out.append("\\u")
              .append(HEX[unit >> 12])
              .append(HEX[unit >> 8 & 0xf])
              .append(HEX[unit >> 4 & 0xf])
              .append(HEX[unit & 0xf]);
    }
  }

  /**
   * Writes a finite double as Python's {@code repr}: the shortest digits that read back as the same
   * double, the closest of those, an exponent below 1e-4 and from 1e16 on.
   */
  static String repr(double value) {
    if (value == 0) {
      return Double.doubleToRawLongBits(value) == 0 ? "0.0" : "-0.0";
    }
    BigDecimal shortest = shortest(value);
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = digits.length() - shortest.scale() - 1;
    StringBuilder repr = new StringBuilder(24);
    if (value < 0) {
      repr.append('-');
    }
    if (exponent < -4 || exponent >= 16) {
      repr.append(digits.charAt(0));
      if (digits.length() > 1) {
        repr.append('.').append(digits, 1, digits.length());
      }
      repr.append('e').append(exponent < 0 ? '-' : '+');
      if (Math.abs(exponent) < 10) {
        repr.append('0');
      }
      repr.append(Math.abs(exponent));
    } else if (exponent < 0) {
      repr.append("0.").append("0".repeat(-exponent - 1)).append(digits);
    } else if (digits.length() <= exponent + 1) {
      repr.append(digits).append("0".repeat(exponent + 1 - digits.length())).append(".0");
    } else {
      repr.append(digits, 0, exponent + 1)
          .append('.')
          .append(digits, exponent + 1, digits.length());
    }
    return repr.toString();
  }

  private static BigDecimal shortest(double value) {
    // Jackson's own writer is Schubfach; Double.toString is not shortest before JDK 19.
    BigDecimal digits = new BigDecimal(NumberOutput.toString(value, true)).stripTrailingZeros();
    if (digits.precision() == 2) {
      // Java's definition never goes below two digits (4.9E-324); Python's does (5e-324).
      BigDecimal one = digits.round(new MathContext(1, RoundingMode.HALF_EVEN));
      if (one.doubleValue() == value) {
        return one.stripTrailingZeros();
      }
    }
    return digits;
  }

  private static int compareCodePoints(String left, String right) {
    int shared = Math.min(left.length(), right.length());
    for (int i = 0; i < shared; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        // A surrogate stands for a code point above every other unit.
        boolean bothOrNeither = Character.isSurrogate(a) == Character.isSurrogate(b);
        return bothOrNeither ? Character.compare(a, b) : Character.isSurrogate(a) ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }
}
