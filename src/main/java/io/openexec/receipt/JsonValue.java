package io.openexec.receipt;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An immutable JSON value with its canonical forms. Equal values are those with equal canonical
 * bytes, so 1 and 1.0 differ, as their hashes do.
 */
public final class JsonValue {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final JsonValue EMPTY_OBJECT =
      new JsonValue(JsonNodeFactory.instance.objectNode());

  private final JsonNode node;
  private final String compact;
  // Made when it is first asked for. Whoever sees null makes the same once more.
  private @Nullable String spaced;

  private JsonValue(JsonNode node) {
    this.node = node;
    this.compact = CanonicalJson.compact(node);
  }

  /** Returns the value <code>{}</code>. */
  public static JsonValue emptyObject() {
    return EMPTY_OBJECT;
  }

  /** Takes over a tree that {@link StrictJson} made, and that nobody else holds any more. */
  public static JsonValue of(JsonNode strict) {
    return new JsonValue(strict);
  }

  /**
   * Takes over a tree that {@link StrictJson} made, if it is an object.
   *
   * @throws JsonRefused if it is anything else
   */
  public static JsonValue ofObject(JsonNode strict) throws JsonRefused {
    if (!strict.isObject()) {
      throw new JsonRefused("not an object");
    }
    return new JsonValue(strict);
  }

  /**
   * Parses a text.
   *
   * @throws JsonRefused if {@link StrictJson} refuses it
   */
  public static JsonValue parse(String text) throws JsonRefused {
    return new JsonValue(StrictJson.parse(text));
  }

  /** Returns the canonical form with the separators {@code ","} and {@code ":"}. */
  public String compact() {
    return compact;
  }

  /** Returns the canonical form with the separators {@code ", "} and {@code ": "}. */
  public String spaced() {
    String known = spaced;
    if (known == null) {
      known = CanonicalJson.spaced(node);
      spaced = known;
    }
    return known;
  }

  /**
   * Shows the tree to a reader that leaves it as it is, such as a schema's validator.
   *
   * @return what the reader returned
   */
  public <T> T read(Function<JsonNode, T> reader) {
    return reader.apply(node);
  }

  /**
   * Returns an object's members as a map, the caller's own: strings, booleans, doubles, integers of
   * the narrowest type that holds them exactly, lists, maps and nulls.
   *
   * @throws IllegalArgumentException if this is not an object
   */
  public Map<String, Object> toMap() {
    return MAPPER.convertValue(node, new TypeReference<>() {});
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof JsonValue value && compact.equals(value.compact);
  }

  @Override
  public int hashCode() {
    return compact.hashCode();
  }

  /** Says nothing of the value, which may be confidential: it could end in a log. */
  @Override
  public String toString() {
    return "JsonValue[" + compact.length() + " characters]";
  }
}
