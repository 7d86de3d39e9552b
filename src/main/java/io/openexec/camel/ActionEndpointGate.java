package io.openexec.camel;

import static io.openexec.camel.ActionText.literal;
import static io.openexec.camel.ActionText.only;
import static io.openexec.camel.ActionText.require;
import static io.openexec.camel.ActionText.scalar;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.execution.Effect;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where an action may send to: a fixed endpoint that takes no instructions from a message, and
 * means what its text says.
 */
final class ActionEndpointGate {
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
          "queue",
          "vertx-websocket",
          "rest",
          "rest-api",
          "openexec",
          "kamelet",
          "exec",
          "dynamic-router",
          "dynamic-router-control",
          "validator",
          "jdbc",
          "ssh",
          "event",
          "spring-event",
          "wasm",
          "xquery",
          "xslt",
          "xslt-saxon",
          "jslt",
          "thymeleaf",
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
          ActionSqlGate.SCHEME,
          ActionSqlGate.OPTIONS,
          BuiltinComponent.SCHEME,
          Set.of(),
          "http",
          ActionHttpGate.OPTIONS,
          "https",
          ActionHttpGate.OPTIONS,
          "amqp",
          ActionQueueGate.OPTIONS,
          "jms",
          ActionQueueGate.OPTIONS);

  /**
   * Options, in lower case and without dashes, by which a message steers an endpoint or a header.
   */
  private static final Pattern STEERING =
      Pattern.compile(
          "usemessagebodyfor.*|output(header|property|class).*|allow.*(header|context).*|.*template.*"
              + "|.*script.*|.*expression.*|.*language.*|resourceuri|bridgeendpoint|exchangepattern"
              + "|synchronous|headerfilterstrategy|headerstocopy|.*redeliver.*");

  /** What Camel decodes, resolves or takes verbatim after it was checked. */
  private static final Pattern HIDING = Pattern.compile("[%$+]|#\\{|RAW[({]");

  private static final Pattern STATIC_URI = Pattern.compile("([a-z][a-z0-9+.-]*):(?!\\s)(.*)");

  private static final Pattern RESOURCE_PATH =
      Pattern.compile("(?i)(//)?(file|classpath|ref|bean|http|https|mem|gzip|registry):.*");
  private static final Pattern BEAN = Pattern.compile("#[a-z][A-Za-z0-9]{0,63}");

  private ActionEndpointGate() {}

  /**
   * Checks the value of a step {@code to}.
   *
   * @param secrets the names of those that the action declares
   * @throws IllegalArgumentException saying what is refused, and why
   */
  static void check(JsonNode to, Effect effect, Set<String> secrets) {
    JsonNode uri = to;
    if (to.isObject()) {
      only("to", to, Set.of("uri", "parameters"));
      uri = to.path("uri");
    }
    String[] parts = scalar("to", uri).split("\\?", 2);
    fixed(parts[0]);
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
        !scheme.equals("sql-stored"),
        "to 'sql-stored:' is refused: it would call a procedure also after the action's time is over;"
            + " sql: calls procedures (CALL) and functions (SELECT) in time");
    require(
        effect == Effect.EFFECTFUL || scheme.equals(BuiltinComponent.SCHEME),
        "to '" + scheme + ":' is not in process: an action that uses it is effectful, not pure");
    require(
        !RESOURCE_PATH.matcher(address.group(2)).matches(),
        "to '" + scheme + ":' takes its instructions from a resource elsewhere; write them here");
    Map<String, String> options =
        options(scheme, parts.length == 2 ? parts[1] : "", to.path("parameters"), secrets);
    if (ActionHttpGate.SCHEMES.contains(scheme)) {
      ActionHttpGate.check(scheme, address.group(2), options);
    }
    if (scheme.equals(ActionSqlGate.SCHEME)) {
      ActionSqlGate.check(address.group(2), options);
    }
    if (ActionQueueGate.SCHEMES.contains(scheme)) {
      ActionQueueGate.check(scheme, address.group(2), options);
    }
  }

  private static Map<String, String> options(
      String scheme, String query, JsonNode parameters, Set<String> secrets) {
    Map<String, String> options = new HashMap<>();
    for (String parameter : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      String[] pair = parameter.split("=", 2);
      option(scheme, pair[0], pair.length == 2 ? pair[1] : "", secrets, options);
    }
    require(parameters.isMissingNode() || parameters.isObject(), "to.parameters must be a map");
    parameters
        .properties()
        .forEach(
            parameter ->
                option(
                    scheme,
                    parameter.getKey(),
                    scalar("to", parameter.getValue()),
                    secrets,
                    options));
    return options;
  }

  private static void option(
      String scheme, String name, String value, Set<String> secrets, Map<String, String> options) {
    fixed(name);
    Optional<String> secret = SecretOptions.nameIn(value);
    if (secret.isPresent()) {
      require(
          !OPTIONS.containsKey(scheme),
          "to '" + scheme + ":' takes no secret as an option; see resources.yaml");
      require(
          !name.contains("."),
          "to: the option " + name + " is set later, by other means, and takes no secret");
      require(
          secrets.contains(secret.get()),
          "to: the secret " + secret.get() + " is not declared; add it to the action's secrets");
    } else {
      fixed(value);
    }
    require(options.put(name, value) == null, "to: the option " + name + " is there twice");
    Set<String> known = OPTIONS.get(scheme);
    require(
        known == null || known.contains(name),
        "to '" + scheme + ":' may not use the option " + name + " (allowed: " + known + ")");
    require(
        !RESOURCE_PATH.matcher(value.strip()).matches(),
        "to: the option " + name + " leads to a resource elsewhere; write it here");
    require(
        !STEERING.matcher(name.replace("-", "").toLowerCase(Locale.ROOT)).matches(),
        "to: the option " + name + " lets a message steer the endpoint or a header");
    require(
        !value.startsWith("#") || BEAN.matcher(value).matches(),
        "to: the option " + name + " may name a bean as #name, and construct nothing");
  }

  /** An endpoint's text means what it says: nothing in it is decoded or resolved later. */
  private static void fixed(String text) {
    literal("to", text);
    require(
        !HIDING.matcher(text).find(),
        "to: an endpoint is plain text, without %, $, #{ and RAW(), and without +, which Camel"
            + " reads as a space (in SQL, a + b is a - -b)");
  }
}
