package io.openexec.camel;

import static io.openexec.camel.ActionText.require;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.DisallowUnknownKeywordFactory;
import com.networknt.schema.Formats;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaException;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.resource.DisallowSchemaLoader;
import io.openexec.boundary.RequestParser;
import io.openexec.execution.Action;
import io.openexec.execution.Effect;
import io.openexec.execution.Errors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;

/**
 * Reads the folder of actions: for each {@code NAME.camel.yaml}, the route, a {@code
 * NAME.action.yaml} with description, effect, schemas, bounds, definite errors and the names of its
 * secrets. All or nothing: one file that does not fit refuses the start.
 */
final class ActionFiles {
  /** What the names of their endpoints begin with. */
  static final String FOLDER = "actions/";

  /** Where the routes of actions begin, before the action's name. */
  static final String ROUTES = "direct:" + FOLDER;

  private static final String ROUTE = ".camel.yaml";
  private static final String DESCRIPTOR = ".action.yaml";
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,63}");
  private static final Set<String> KEYS =
      Set.of(
          "description",
          "effect",
          "approvals",
          "schema",
          "result",
          "timeoutSeconds",
          "concurrency",
          "definiteErrors",
          "secrets");
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
  private static final int MAX_TIMEOUT_SECONDS = 3_600;
  private static final int MAX_CONCURRENCY = 1_024;

  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(
          SpecVersion.VersionFlag.V202012,
          // Nothing is fetched: a reference leads within its own schema or nowhere. And a keyword
          // that is none would be passed over, and what it was to keep out let in.
          factory ->
              factory
                  .schemaLoaders(l -> l.add(DisallowSchemaLoader.getInstance()))
                  .metaSchema(
                      JsonMetaSchema.builder(JsonMetaSchema.getV202012())
                          .unknownKeywordFactory(DisallowUnknownKeywordFactory.getInstance())
                          .format(new DateTimeFormat())
                          .build()));

  private static final Set<String> SCHEMAS_BY_NAME =
      Set.of("properties", "patternProperties", "$defs", "definitions", "dependentSchemas");
  private static final Set<String> VALUES = Set.of("const", "enum", "default", "examples");

  /** A format is demanded, and not only noted (JSON Schema 2020-12, section 7.2.2). */
  private static final SchemaValidatorsConfig STRICT =
      SchemaValidatorsConfig.builder()
          .regularExpressionFactory(SchemaPattern::compile)
          .formatAssertionsEnabled(true)
          .build();

  private ActionFiles() {}

  /** An action, and its route: the very bytes that were checked. */
  record Loaded(Action action, Resource route) {}

  /**
   * Reads and checks the folder.
   *
   * @throws IllegalArgumentException naming the file and what is wrong with it, in one line
   */
  static List<Loaded> read(Path folder, Secrets secrets, Supplier<ProducerTemplate> producer) {
    Set<String> names = new TreeSet<>();
    for (String file : list(folder)) {
      require(
          file.endsWith(ROUTE) || file.endsWith(DESCRIPTOR),
          folder.resolve(file) + ": an action's files end in " + ROUTE + " and " + DESCRIPTOR);
      names.add(file.replaceFirst("\\.(camel|action)\\.yaml$", ""));
    }
    List<Loaded> actions = new ArrayList<>();
    for (String name : names) {
      actions.add(read(folder, name, secrets, producer));
    }
    return actions;
  }

  private static List<String> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> !file.startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new IllegalArgumentException("the folder " + folder + " cannot be read", e);
    }
  }

  private static Loaded read(
      Path folder, String name, Secrets secrets, Supplier<ProducerTemplate> producer) {
    Path current = folder.resolve(name + DESCRIPTOR);
    try {
      require(NAME.matcher(name).matches(), "an action's name is letters, digits, _ . and -");
      JsonNode descriptor = StrictYaml.parse(Files.readAllBytes(current));
      Action action = action(name, descriptor, producer);
      Set<String> declared = secrets(descriptor.path("secrets"), secrets);
      current = folder.resolve(name + ROUTE);
      byte[] route = Files.readAllBytes(current);
      ActionRouteGate.check(StrictYaml.parseTexts(route), uri(name), action.effect(), declared);
      return new Loaded(action, ResourceHelper.fromBytes("actions/" + name + ROUTE, route));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          current + ": it cannot be read; an action needs both its files", e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(current + ": " + e.getMessage(), e);
    }
  }

  private static String uri(String name) {
    return ROUTES + name;
  }

  private static Action action(
      String name, JsonNode descriptor, Supplier<ProducerTemplate> producer) {
    require(descriptor.isObject(), "it must be a map");
    descriptor
        .fieldNames()
        .forEachRemaining(
            key -> require(KEYS.contains(key), "'" + key + "' is not one of " + KEYS));
    require(descriptor.path("description").isTextual(), "description is missing");
    Effect effect = effect(descriptor.path("effect").asText("effectful"));
    require(
        effect == Effect.EFFECTFUL
            || (!descriptor.has("timeoutSeconds") && !descriptor.has("definiteErrors")),
        "timeoutSeconds and definiteErrors are for effectful actions: every error of a pure one is"
            + " definite");
    return new Action(
        name,
        descriptor.path("description").asText(),
        effect,
        schema("schema", descriptor.path("schema")),
        descriptor.has("result")
            ? Optional.of(schema("result", descriptor.path("result")))
            : Optional.empty(),
        timeout(descriptor),
        concurrency(descriptor.path("concurrency")),
        descriptor.has("definiteErrors")
            ? DefiniteErrors.of(descriptor.path("definiteErrors"))
            : Map.of(),
        new CamelAction(producer, uri(name), timeout(descriptor)),
        approvals(descriptor));
  }

  private static Effect effect(String text) {
    return switch (text) {
      case "pure" -> Effect.PURE;
      case "effectful" -> Effect.EFFECTFUL;
      default -> throw new IllegalArgumentException("effect must be pure or effectful");
    };
  }

  private static int approvals(JsonNode descriptor) {
    JsonNode approvals = descriptor.path("approvals");
    require(
        approvals.isMissingNode()
            || (approvals.isInt()
                && approvals.intValue() >= 1
                && approvals.intValue() <= RequestParser.MAX_TOKENS),
        "approvals must be a whole number from 1 to " + RequestParser.MAX_TOKENS);
    return approvals.asInt(1);
  }

  private static OptionalInt concurrency(JsonNode concurrency) {
    if (concurrency.isMissingNode()) {
      return OptionalInt.empty();
    }
    require(
        concurrency.isInt()
            && concurrency.intValue() >= 1
            && concurrency.intValue() <= MAX_CONCURRENCY,
        "concurrency must be a whole number from 1 to " + MAX_CONCURRENCY);
    return OptionalInt.of(concurrency.intValue());
  }

  private static Set<String> secrets(JsonNode names, Secrets secrets) {
    Set<String> declared = new HashSet<>();
    require(names.isMissingNode() || names.isArray(), "secrets must be a list of names");
    for (JsonNode name : names) {
      require(name.isTextual(), "secrets must be a list of names");
      require(
          secrets.has(name.textValue()),
          "the secret "
              + name.textValue()
              + " is missing: set it in the environment, or in the file that OPENEXEC_SECRETS"
              + " names");
      declared.add(name.textValue());
    }
    return declared;
  }

  private static Duration timeout(JsonNode descriptor) {
    if (!descriptor.has("timeoutSeconds")) {
      return DEFAULT_TIMEOUT;
    }
    JsonNode seconds = descriptor.path("timeoutSeconds");
    require(
        seconds.isNumber()
            && seconds.doubleValue() > 0
            && seconds.doubleValue() <= MAX_TIMEOUT_SECONDS,
        "timeoutSeconds must be more than 0 and at most " + MAX_TIMEOUT_SECONDS);
    return Duration.ofMillis(Math.max(1, Math.round(seconds.doubleValue() * 1_000)));
  }

  private static JsonSchema schema(String key, JsonNode schema) {
    require(
        schema.isObject(),
        key
            + " is missing: a JSON Schema (2020-12) of the "
            + (key.equals("schema") ? "payload" : "result"));
    Set<ValidationMessage> errors =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(SchemaLocation.of(SchemaId.V202012))
            .validate(schema.toString(), InputFormat.JSON);
    require(errors.isEmpty(), key + " is not a JSON Schema: " + errors);
    passedOver(key, schema);
    try {
      JsonSchema compiled = SCHEMAS.getSchema(schema, STRICT);
      compiled.initializeValidators();
      return compiled;
    } catch (JsonSchemaException e) {
      throw new IllegalArgumentException(
          key + " cannot be used; references must stay within it: " + Errors.rootCause(e), e);
    } catch (UncheckedIOException e) {
      throw new IllegalArgumentException(key + " cannot be read", e);
    }
  }

  /**
   * What the library would pass over: a format that nobody knows, and another dialect, in which
   * keywords of this one demand nothing.
   */
  private static void passedOver(String key, JsonNode schema) {
    JsonNode dialect = schema.path("$schema");
    require(
        dialect.isMissingNode() || dialect.asText().equals(SchemaId.V202012),
        key + " says $schema " + dialect + ": leave it out, or write " + SchemaId.V202012);
    JsonNode format = schema.path("format");
    require(
        !format.isTextual()
            || Formats.DEFAULT.stream().anyMatch(it -> it.getName().equals(format.textValue())),
        key + " has the format '" + format.textValue() + "', which there is not");
    for (Map.Entry<String, JsonNode> part : schema.properties()) {
      if (SCHEMAS_BY_NAME.contains(part.getKey())) {
        part.getValue().forEach(named -> passedOver(key, named));
      } else if (!VALUES.contains(part.getKey())) {
        passedOver(key, part.getValue());
      }
    }
    if (schema.isArray()) {
      schema.forEach(part -> passedOver(key, part));
    }
  }
}
