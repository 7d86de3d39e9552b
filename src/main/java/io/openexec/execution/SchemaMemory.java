package io.openexec.execution;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;

/**
 * What a schema may be held against with the memory that there is. The validator keeps what it
 * found for every value as long as it tries alternatives, or tracks what was evaluated: of a
 * mebibyte of tiny values that is more than a small heap has.
 */
final class SchemaMemory {
  private static final Set<String> KEEP =
      Set.of(
          "anyOf",
          "oneOf",
          "not",
          "if",
          "contains",
          "dependentSchemas",
          "unevaluatedProperties",
          "unevaluatedItems");

  /** With as many at a time as there are threads for it. */
  private static final long HEAP_PER_VALUE = 16_384;

  private static final long MOST = Runtime.getRuntime().maxMemory() / HEAP_PER_VALUE;

  private SchemaMemory() {}

  /** Returns how many values there may be at most. */
  static long most() {
    return MOST;
  }

  /** Returns whether a value has more values in it than may be held against a schema. */
  static boolean isShortOf(JsonNode schema, JsonNode value) {
    return keeps(schema) && count(value) > MOST;
  }

  private static boolean keeps(JsonNode schema) {
    for (Map.Entry<String, JsonNode> part : schema.properties()) {
      if (KEEP.contains(part.getKey()) || keeps(part.getValue())) {
        return true;
      }
    }
    for (JsonNode part : schema) {
      if (keeps(part)) {
        return true;
      }
    }
    return false;
  }

  private static long count(JsonNode value) {
    long count = 1;
    for (JsonNode part : value) {
      count += count(part);
    }
    return count;
  }
}
