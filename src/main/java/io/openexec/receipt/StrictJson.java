package io.openexec.receipt;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * JSON (RFC 8259) with one meaning only: I-JSON (RFC 7493) but for the size of integers.
 *
 * <p>Refused are: bytes that are not UTF-8, a byte order mark, duplicate member names (compared
 * after unescaping), trailing content, numbers beyond the range of an IEEE double, lone surrogates,
 * and whatever exceeds {@link #MAX_DEPTH}, {@link #MAX_INTEGER_DIGITS} or {@link #MAX_LENGTH}.
 * Numbers with a fraction or an exponent become doubles here, at the parse, so that nobody
 * downstream ever sees a more precise value than the canonical form has.
 */
public final class StrictJson {
  /** The deepest nesting of arrays and objects. */
  public static final int MAX_DEPTH = 100;

  /** The most digits of an integer, CPython's own limit. */
  public static final int MAX_INTEGER_DIGITS = 4_300;

  /** The most characters of any number; a float may have more digits than it can hold. */
  public static final int MAX_NUMBER_LENGTH = 100_000;

  /** The longest text, in bytes when bytes are parsed and in UTF-16 units otherwise. */
  public static final int MAX_LENGTH = 1 << 20;

  private static final BigInteger TOO_LONG = BigInteger.TEN.pow(MAX_INTEGER_DIGITS);

  // What encloses values: an array of a disclosure, an object or two of a file.
  private static final int MAX_ENCLOSING = 10;

  private static final ObjectMapper MAPPER = mapper(MAX_DEPTH, MAX_LENGTH);
  private static final ObjectMapper ENCLOSING =
      mapper(MAX_DEPTH + MAX_ENCLOSING, Integer.MAX_VALUE);

  private static ObjectMapper mapper(int depth, int stringLength) {
    return JsonMapper.builder(
            JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                // The JDK's own takes quadratic time for a long integer.
                .enable(StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER)
                // Names are the caller's: a table of them would grow for ever.
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxNestingDepth(depth)
                        // Integers are bounded below, by their digits.
                        .maxNumberLength(MAX_NUMBER_LENGTH)
                        .maxStringLength(stringLength)
                        .maxNameLength(MAX_LENGTH)
                        .build())
                .build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }

  private StrictJson() {}

  /**
   * Parses UTF-8 bytes.
   *
   * @throws JsonRefused if they are not JSON as the class comment says
   */
  public static JsonNode parse(byte[] utf8) throws JsonRefused {
    if (utf8.length > MAX_LENGTH) {
      throw new JsonRefused("longer than " + MAX_LENGTH + " bytes");
    }
    try {
      return parse(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
    } catch (CharacterCodingException e) {
      throw new JsonRefused("not UTF-8");
    }
  }

  /**
   * Parses a text.
   *
   * @throws JsonRefused if it is not JSON as the class comment says
   */
  public static JsonNode parse(String text) throws JsonRefused {
    if (text.length() > MAX_LENGTH) {
      throw new JsonRefused("longer than " + MAX_LENGTH + " characters");
    }
    return parseStored(text);
  }

  /**
   * Parses a text from a record, which escapes and spaces may have made longer than {@link
   * #MAX_LENGTH}.
   *
   * @throws JsonRefused if it is not JSON as the class comment says, but for its length
   */
  public static JsonNode parseStored(String text) throws JsonRefused {
    return parse(MAPPER, text, MAX_DEPTH);
  }

  /**
   * Parses a document that has whole payloads and results in it, or encodings of them: strings may
   * be as long as it is, and it is nested a little deeper.
   *
   * @param maxLength the most UTF-16 units that are looked at
   * @throws JsonRefused if it is not JSON as the class comment says, but for these two bounds
   */
  public static JsonNode parseEnclosing(String text, int maxLength) throws JsonRefused {
    if (text.length() > maxLength) {
      throw new JsonRefused("longer than " + maxLength + " characters");
    }
    return parse(ENCLOSING, text, MAX_DEPTH + MAX_ENCLOSING);
  }

  private static JsonNode parse(ObjectMapper mapper, String text, int depth) throws JsonRefused {
    if (text.isBlank()) {
      throw new JsonRefused("empty");
    }
    JsonNode node;
    try {
      node = mapper.readTree(text);
    } catch (JsonProcessingException e) {
      throw new JsonRefused(reason(e, depth));
    }
    check(node);
    return node;
  }

  /**
   * Takes a tree that was not parsed here, as the result of an action: into doubles and integers
   * only, within {@link #MAX_DEPTH} and {@link #MAX_INTEGER_DIGITS}.
   *
   * @return a tree of its own
   * @throws JsonRefused if it has no such form
   */
  public static JsonNode normalize(JsonNode foreign) throws JsonRefused {
    JsonNode own = normalize(foreign, 0);
    check(own);
    return own;
  }

  private static JsonNode normalize(JsonNode node, int depth) throws JsonRefused {
    if (depth > MAX_DEPTH) {
      throw new JsonRefused("nested deeper than " + MAX_DEPTH);
    }
    switch (node.getNodeType()) {
      case OBJECT -> {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, JsonNode> member : node.properties()) {
          object.set(member.getKey(), normalize(member.getValue(), depth + 1));
        }
        return object;
      }
      case ARRAY -> {
        ArrayNode array = JsonNodeFactory.instance.arrayNode(node.size());
        for (JsonNode element : node) {
          array.add(normalize(element, depth + 1));
        }
        return array;
      }
      case NUMBER -> {
        return node.isIntegralNumber()
            ? JsonNodeFactory.instance.numberNode(node.bigIntegerValue())
            // By its text: a float widened bit by bit would show digits that nobody wrote.
            : JsonNodeFactory.instance.numberNode(Double.parseDouble(node.asText()));
      }
      case STRING, BOOLEAN, NULL -> {
        return node;
      }
      default -> throw new JsonRefused("a value that is not JSON");
    }
  }

  private static String reason(JsonProcessingException e, int depth) {
    JsonLocation at = e.getLocation();
    String where = at == null ? "" : " at character " + at.getCharOffset();
    String message = e.getOriginalMessage();
    if (message.startsWith("Duplicate field")) {
      return "a duplicate member name" + where;
    }
    if (message.contains("nesting depth")) {
      return "nested deeper than " + depth + where;
    }
    if (message.contains("Number value length")) {
      return "a number longer than " + MAX_NUMBER_LENGTH + " characters" + where;
    }
    if (message.startsWith("Trailing token")) {
      return "content after the end of the document" + where;
    }
    return "malformed" + where;
  }

  private static void check(JsonNode node) throws JsonRefused {
    switch (node.getNodeType()) {
      case OBJECT -> {
        for (Map.Entry<String, JsonNode> member : node.properties()) {
          checkText(member.getKey());
          check(member.getValue());
        }
      }
      case ARRAY -> {
        for (JsonNode element : node) {
          check(element);
        }
      }
      case STRING -> checkText(node.textValue());
      case NUMBER -> checkNumber(node);
      default -> {}
    }
  }

  private static void checkText(String text) throws JsonRefused {
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      if (Character.getType(codePoint) == Character.SURROGATE) {
        throw new JsonRefused("a lone surrogate in a string");
      }
    }
  }

  private static void checkNumber(JsonNode number) throws JsonRefused {
    if (number.isDouble() && !Double.isFinite(number.doubleValue())) {
      throw new JsonRefused("a number beyond the range of a double");
    }
    if (number.isBigInteger() && number.bigIntegerValue().abs().compareTo(TOO_LONG) >= 0) {
      throw new JsonRefused("an integer longer than " + MAX_INTEGER_DIGITS + " digits");
    }
  }
}
