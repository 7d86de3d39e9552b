package io.openexec.camel;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.execution.Effect;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an action's route may consist of: an allow-list over the parsed YAML, applied before Camel
 * sees the same bytes.
 *
 * <p>The model that Camel makes of a file would be too late (beans are constructed while it loads)
 * and too little (predicates are hidden in it). What is not listed here is refused, whatever Camel
 * would make of it.
 */
final class ActionRouteGate {
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

  /** The steps, as README documents them. */
  private static final Set<String> STEPS =
      Set.of(
          "to",
          "setBody",
          "setHeader",
          "setVariable",
          "removeHeaders",
          "choice",
          "filter",
          "marshal",
          "unmarshal",
          "throwException");

  /** Endpoints that lead back into this service, run code, or hand over to another thread. */
  private static final Set<String> ENDPOINTS_REFUSED =
      Set.of(
          "bean",
          "class",
          "language",
          "ref",
          "stub",
          "mock",
          "dataset",
          "dataset-test",
          "browse",
          "direct",
          "seda",
          "disruptor",
          "vm",
          "timer",
          "scheduler",
          "quartz",
          "controlbus",
          "platform-http",
          "vertx-websocket",
          "rest",
          "rest-api",
          "openexec",
          "kamelet",
          "exec",
          "dynamic-router",
          "dynamic-router-control",
          "validator",
          "xslt",
          "velocity",
          "freemarker",
          "mvel",
          "string-template",
          "jte",
          "groovy",
          "saga");

  /** The options of the components that come with OpenExec; of others, see {@link #STEERING}. */
  private static final Map<String, Set<String>> OPTIONS =
      Map.of(
          "file",
          Set.of(
              "fileName",
              "fileExist",
              "appendChars",
              "charset",
              "autoCreate",
              "tempPrefix",
              "tempFileName",
              "doneFileName",
              "forceWrites",
              "allowNullBody"),
          "sql",
          Set.of("dataSource", "outputType", "noop", "batch", "separator"),
          BuiltinComponent.SCHEME,
          Set.of());

  /**
   * Options, in lower case and without dashes, by which a message steers an endpoint or a header.
   */
  private static final Pattern STEERING =
      Pattern.compile(
          "usemessagebodyfor.*|output(header|property|class).*|allow.*(header|context).*|.*template.*"
              + "|.*script.*|.*expression.*|.*language.*|resourceuri|bridgeendpoint|exchangepattern"
              + "|synchronous|headerfilterstrategy|headerstocopy|.*redeliver.*");

  /** What Camel decodes, resolves or takes verbatim after it was checked. */
  private static final Pattern HIDING = Pattern.compile("[%$]|#\\{|RAW[({]");

  private static final Pattern STATIC_URI = Pattern.compile("([a-z][a-z0-9+.-]*):(?!\\s)(.*)");
  private static final Pattern RESOURCE_PATH =
      Pattern.compile("(?i)(//)?(file|classpath|ref|bean|http|https|mem|gzip|registry):.*");
  private static final Pattern FUNCTION = Pattern.compile("\\$\\{([^}]*)}?");
  private static final Pattern ALLOWED_FUNCTION =
      Pattern.compile(
          "body(\\[['\"]?[A-Za-z0-9_-]+['\"]?])*|(header|variable)\\.[a-z][A-Za-z0-9]*");

  private static final Pattern NAME = Pattern.compile("[a-z][A-Za-z0-9]{0,63}");
  private static final Pattern CONTROL_NAME =
      Pattern.compile(
          "(?i)(camel|jms|amqp|kafka|aws|azure|google|breadcrumb|exchange|org|java).*|host|cookie|authorization");

  private final Effect effect;

  private ActionRouteGate(Effect effect) {
    this.effect = effect;
  }

  /**
   * Checks a file.
   *
   * @param from the only endpoint that its route may consume from
   * @throws IllegalArgumentException saying which part is refused, and why, in one line
   */
  static void check(JsonNode file, String from, Effect effect) {
    new ActionRouteGate(effect).file(file, from);
  }

  private void file(JsonNode file, String from) {
    require(file.isArray() && file.size() == 1, "it must be a list of one route");
    only("the file", file.get(0), Set.of("route"));
    JsonNode route = file.get(0).path("route");
    only("route", route, Set.of("description", "from"));
    require(
        route.path("description").isMissingNode() || route.path("description").isTextual(),
        "description must be text");
    JsonNode consumer = route.path("from");
    only("from", consumer, Set.of("uri", "steps"));
    require(
        consumer.path("uri").asText().equals(from),
        "its route must begin at " + from + ": an action has no consumer of its own");
    steps(consumer.path("steps"));
  }

  private void steps(JsonNode steps) {
    require(steps.isArray() && !steps.isEmpty(), "steps must be a list of steps");
    for (JsonNode step : steps) {
      require(step.isObject() && step.size() == 1, "a step must have one name");
      String name = step.fieldNames().next();
      step(name, step.get(name));
    }
  }

  private void step(String name, JsonNode value) {
    require(
        STEPS.contains(name),
        "'"
            + name
            + "' is not a step that an action may use"
            + (WHY_NOT.containsKey(name) ? ": " + WHY_NOT.get(name) : "")
            + " (allowed: "
            + String.join(", ", STEPS.stream().sorted().toList())
            + ")");
    switch (name) {
      case "to" -> endpoint(value);
      case "setBody" -> expression(name, value, Set.of());
      case "setHeader", "setVariable" -> named(name, value);
      case "removeHeaders" -> {
        only(name, value, Set.of("pattern"));
        literal(name, value.path("pattern"));
      }
      case "filter" -> {
        expression(name, value, Set.of("steps"));
        steps(value.path("steps"));
      }
      case "choice" -> choice(value);
      case "marshal", "unmarshal" -> {
        only(name, value, Set.of("json"));
        only(name + ".json", value.path("json"), Set.of("library"));
      }
      case "throwException" -> {
        only(name, value, Set.of("exceptionType", "message"));
        literal(name, value.path("exceptionType"));
        literal(name, value.path("message"));
      }
      default -> throw new IllegalArgumentException("no rule for the step " + name);
    }
  }

  private void choice(JsonNode choice) {
    only("choice", choice, Set.of("when", "otherwise"));
    require(choice.path("when").isArray(), "choice.when must be a list");
    for (JsonNode when : choice.path("when")) {
      expression("when", when, Set.of("steps"));
      steps(when.path("steps"));
    }
    if (choice.has("otherwise")) {
      only("otherwise", choice.path("otherwise"), Set.of("steps"));
      steps(choice.path("otherwise").path("steps"));
    }
  }

  private void named(String step, JsonNode value) {
    expression(step, value, Set.of("name"));
    String name = value.path("name").asText();
    if (value.has("constant") && step.equals("setHeader")) {
      literal(step, value.path("name"));
      return;
    }
    require(
        NAME.matcher(name).matches() && !CONTROL_NAME.matcher(name).matches(),
        step
            + " '"
            + name
            + "': a value that is not constant may only go under a plain name in lower camel case,"
            + " since components take headers such as Camel* as instructions");
  }

  private static void expression(String step, JsonNode value, Set<String> besides) {
    Set<String> keys =
        Stream.concat(besides.stream(), Stream.of("simple", "constant"))
            .collect(Collectors.toUnmodifiableSet());
    only(step, value, keys);
    require(
        value.has("simple") != value.has("constant"),
        step + " needs one expression, simple or constant");
    if (value.has("constant")) {
      literal(step, value.path("constant"));
    } else {
      simple(step, value.path("simple"));
    }
  }

  private static void simple(String step, JsonNode value) {
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

  private static void literal(String step, JsonNode value) {
    String text = scalar(step, value);
    noOutsideText(step, text);
    require(!text.contains("${") && !text.contains("$simple{"), step + " must be constant here");
  }

  private static void noOutsideText(String step, String text) {
    require(
        !text.contains("{{") && !text.toLowerCase(Locale.ROOT).contains("resource:"),
        step + ": property placeholders and resources from elsewhere are not allowed");
  }

  private void endpoint(JsonNode to) {
    JsonNode uri = to;
    if (to.isObject()) {
      only("to", to, Set.of("uri", "parameters"));
      uri = to.path("uri");
    }
    fixed(uri);
    String[] parts = uri.asText().split("\\?", 2);
    Matcher address = STATIC_URI.matcher(parts[0]);
    require(address.matches(), "to '" + uri.asText() + "' is not an endpoint URI");
    String scheme = address.group(1);
    require(
        !ENDPOINTS_REFUSED.contains(scheme),
        "to '"
            + scheme
            + ":' is refused: it leads back into this service, runs code, or hands over to another"
            + " thread");
    require(
        effect == Effect.EFFECTFUL || scheme.equals(BuiltinComponent.SCHEME),
        "to '" + scheme + ":' is not in process: an action that uses it is effectful, not pure");
    require(
        !RESOURCE_PATH.matcher(address.group(2)).matches(),
        "to '" + scheme + ":' takes its instructions from a resource elsewhere; write them here");
    options(scheme, parts.length == 2 ? parts[1] : "", to.path("parameters"));
  }

  private static void options(String scheme, String query, JsonNode parameters) {
    for (String parameter : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      String[] pair = parameter.split("=", 2);
      option(scheme, pair[0], pair.length == 2 ? pair[1] : "");
    }
    require(parameters.isMissingNode() || parameters.isObject(), "to.parameters must be a map");
    parameters
        .properties()
        .forEach(
            parameter -> {
              fixed(parameter.getValue());
              option(scheme, parameter.getKey(), parameter.getValue().asText());
            });
  }

  private static void option(String scheme, String name, String value) {
    Set<String> known = OPTIONS.get(scheme);
    require(
        known == null || known.contains(name),
        "to '" + scheme + ":' may not use the option " + name + " (allowed: " + known + ")");
    require(
        !STEERING.matcher(name.replace("-", "").toLowerCase(Locale.ROOT)).matches(),
        "to: the option " + name + " lets a message steer the endpoint or a header");
    require(
        !value.startsWith("#") || NAME.matcher(value.substring(1)).matches(),
        "to: the option " + name + " may name a bean as #name, and construct nothing");
  }

  /** An endpoint's text means what it says: nothing in it is decoded or resolved later. */
  private static void fixed(JsonNode value) {
    literal("to", value);
    require(
        !HIDING.matcher(value.asText()).find(),
        "to: an endpoint is plain text, without %, $, #{ and RAW()");
  }

  private static String scalar(String where, JsonNode value) {
    require(value.isValueNode() && !value.isNull(), where + " must be plain text");
    return value.asText();
  }

  private static void only(String where, JsonNode object, Set<String> keys) {
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
                        + (WHY_NOT.containsKey(key) ? ": " + WHY_NOT.get(key) : "")
                        + " (allowed: "
                        + String.join(", ", keys.stream().sorted().toList())
                        + ")"));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
