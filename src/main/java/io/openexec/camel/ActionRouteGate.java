package io.openexec.camel;

import static io.openexec.camel.ActionText.literal;
import static io.openexec.camel.ActionText.only;
import static io.openexec.camel.ActionText.require;
import static io.openexec.camel.ActionText.simple;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.execution.Effect;
import io.openexec.execution.NothingDone;
import io.openexec.execution.Outcome;
import java.util.Set;
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

  private static final Pattern NAME = Pattern.compile("[a-z][A-Za-z0-9]{0,63}");
  private static final Pattern CONTROL_NAME =
      Pattern.compile(
          "(?i)(camel|jms|amqp|kafka|aws|azure|google|breadcrumb|exchange|org|java).*|host|cookie|authorization");

  private static final Pattern SQL_NAME = Pattern.compile("(?i)camelsql.*");

  private final Effect effect;
  private final Set<String> secrets;

  private ActionRouteGate(Effect effect, Set<String> secrets) {
    this.effect = effect;
    this.secrets = secrets;
  }

  /**
   * Checks a file.
   *
   * @param from the only endpoint that its route may consume from
   * @param secrets the names of those that the action declares
   * @throws IllegalArgumentException saying which part is refused, and why, in one line
   */
  static void check(JsonNode file, String from, Effect effect, Set<String> secrets) {
    new ActionRouteGate(effect, secrets).file(file, from);
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
            + ActionText.whyNot(name)
            + " (allowed: "
            + String.join(", ", STEPS.stream().sorted().toList())
            + ")");
    switch (name) {
      case "to" -> ActionEndpointGate.check(value, effect, secrets);
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
        require(
            !value.path("exceptionType").asText().equals(NothingDone.class.getName())
                || Outcome.isReason(value.path("message").asText()),
            "throwException: the message of NothingDone is a reason code in lower snake case");
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
    String name = ActionText.scalar(step, value.path("name"));
    if (value.has("constant") && step.equals("setHeader")) {
      literal(step, value.path("name"));
      require(
          !SQL_NAME.matcher(name).matches(),
          "setHeader '"
              + name
              + "' would put something else in the place of what an sql: step says; what no URI can"
              + " say it takes as a parameter (:#name)");
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
}
