package io.openexec.camel;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The texts in an action file: what a key, a constant and an expression may be. */
final class ActionText {
  private static final Map<String, String> WHY_NOT =
      Stream.of(
              Map.entry(
                  "toD recipientList routingSlip dynamicRouter enrich pollEnrich poll",
                  "its endpoint could be computed from a request"),
              Map.entry(
                  "wireTap threads multicast delay throttle aggregate resequence saga",
                  "it goes on asynchronously, so that the answer would not be the outcome"),
              Map.entry(
                  "script bean process claimCheck transacted policy kamelet",
                  "it runs code that this file does not show"),
              Map.entry(
                  "errorHandler onException onFallback circuitBreaker doTry onCompletion intercept",
                  "redelivery or a swallowed error would make the recorded outcome untrue"),
              Map.entry(
                  "setProperty removeProperty removeProperties",
                  "exchange properties steer Camel itself"))
          .flatMap(e -> Stream.of(e.getKey().split(" ")).map(step -> Map.entry(step, e.getValue())))
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  private static final Pattern FUNCTION = Pattern.compile("\\$\\{([^}]*)}?");

  private static final Pattern ALLOWED_FUNCTION =
      Pattern.compile(
          "body(\\[['\"]?[A-Za-z0-9_-]+['\"]?])*|(header|variable)\\.[a-z][A-Za-z0-9]*");

  private ActionText() {}

  /**
   * Returns, to be added to a refusal, why a key of Camel's is not allowed, if that can be said.
   */
  static String whyNot(String key) {
    String why = WHY_NOT.get(key);
    return why == null ? "" : ": " + why;
  }

  static void simple(String step, JsonNode value) {
    String text = scalar(step, value);
    noOutsideText(step, text);
    require(
        !text.contains("$simple{") && !text.contains("$init{"),
        step + ": write functions of the simple language as ${…}");
    Matcher function = FUNCTION.matcher(text);
    while (function.find()) {
      require(
          ALLOWED_FUNCTION.matcher(function.group(1)).matches() && function.group().endsWith("}"),
          step
              + ": '"
              + function.group()
              + "' is not allowed; an action may use ${body}, ${body[member]}, ${header.name} and"
              + " ${variable.name}, and no beans, methods, properties or scripts");
    }
  }

  static void literal(String step, JsonNode value) {
    literal(step, scalar(step, value));
  }

  static void literal(String step, String text) {
    noOutsideText(step, text);
    require(!text.contains("${") && !text.contains("$simple{"), step + " must be constant here");
  }

  private static void noOutsideText(String step, String text) {
    require(
        !SecretOptions.isMeantBy(text),
        step + ": a secret is the whole value of an option of 'to', as {{secret:NAME}}");
    require(
        !text.contains("{{") && !text.toLowerCase(Locale.ROOT).contains("resource:"),
        step + ": property placeholders and resources from elsewhere are not allowed");
  }

  static String scalar(String where, JsonNode value) {
    require(value.isValueNode() && !value.isNull(), where + " must be plain text");
    return value.asText();
  }

  static void only(String where, JsonNode object, Set<String> keys) {
    require(object.isObject(), where + " must be a map");
    object
        .fieldNames()
        .forEachRemaining(
            key ->
                require(
                    keys.contains(key),
                    "'"
                        + key
                        + "' is not allowed in "
                        + where
                        + whyNot(key)
                        + " (allowed: "
                        + String.join(", ", keys.stream().sorted().toList())
                        + ")"));
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
