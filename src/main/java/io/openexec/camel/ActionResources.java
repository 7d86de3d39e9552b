package io.openexec.camel;

import static io.openexec.camel.ActionText.only;
import static io.openexec.camel.ActionText.require;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.execution.Errors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads {@code resources.yaml}: what the actions of a folder reach out with, by the names that
 * endpoint options use ({@code dataSource=#bank}). The file has no secrets in it, only references
 * to them ({@code ${secret:NAME}}), so that it may be shown and hashed.
 *
 * @param databases what {@code sql:} steps send to
 * @param credentials what {@code http:} and {@code https:} steps log in with
 */
record ActionResources(
    List<ActionDatabase> databases, List<HttpCredentials> credentials, List<ActionBroker> brokers) {
  static final String FILE = "resources.yaml";
  private static final String DATA_SOURCES = "dataSources";
  private static final String HTTP_CREDENTIALS = "httpCredentials";
  private static final String CONNECTION_FACTORIES = "connectionFactories";
  private static final Set<String> KEYS = Set.of("url", "user", "password", "poolSize", "readOnly");
  private static final List<String> LOGIN_KEYS = List.of("url", "user", "password");
  private static final List<String> HTTP_KEYS = List.of("bearerToken", "user", "password");
  private static final Pattern NAME = Pattern.compile("[a-z][A-Za-z0-9]{0,63}");

  /** Copies the lists. */
  ActionResources {
    databases = List.copyOf(databases);
    credentials = List.copyOf(credentials);
  }

  /**
   * Reads and checks the file of a folder, which need not have one; opens nothing yet.
   *
   * @throws IllegalArgumentException naming the file and what is wrong with it, in one line and
   *     without a secret
   */
  static ActionResources read(Path folder, Secrets secrets) {
    Path file = folder.resolve(FILE);
    List<ActionDatabase> databases = new ArrayList<>();
    List<HttpCredentials> credentials = new ArrayList<>();
    List<ActionBroker> brokers = new ArrayList<>();
    if (Files.notExists(file)) {
      return new ActionResources(databases, credentials, brokers);
    }
    try {
      JsonNode root = StrictYaml.parse(Files.readAllBytes(file));
      only("the file", root, Set.of(DATA_SOURCES, HTTP_CREDENTIALS, CONNECTION_FACTORIES));
      entries(root, DATA_SOURCES)
          .forEach((name, source) -> databases.add(database(folder, name, source, secrets)));
      entries(root, HTTP_CREDENTIALS)
          .forEach((name, login) -> credentials.add(credentials(name, login, secrets)));
      entries(root, CONNECTION_FACTORIES)
          .forEach((name, broker) -> brokers.add(broker(name, broker, secrets)));
      return new ActionResources(databases, credentials, brokers);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": it cannot be read: " + Errors.rootCause(e), e);
    } catch (IllegalArgumentException e) {
      // Without the cause, which may have seen a secret.
      throw new IllegalArgumentException(file + ": " + e.getMessage());
    }
  }

  private static Map<String, JsonNode> entries(JsonNode root, String kind) {
    JsonNode map = root.path(kind);
    require(map.isMissingNode() || map.isObject(), kind + " must be a map of names");
    Map<String, JsonNode> entries = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      require(
          NAME.matcher(entry.getKey()).matches(),
          "'" + entry.getKey() + "' is not a name in lower camel case, at most 64 characters");
      entries.put(entry.getKey(), entry.getValue());
    }
    return entries;
  }

  private static Map<String, String> texts(String where, JsonNode entry, List<String> keys) {
    Map<String, String> texts = new HashMap<>();
    for (String key : keys) {
      JsonNode value = entry.path(key);
      require(
          value.isMissingNode() || (value.isTextual() && !value.textValue().isBlank()),
          where + "." + key + " must be text");
      if (value.isTextual()) {
        texts.put(key, value.textValue());
      }
    }
    return texts;
  }

  private static HttpCredentials credentials(String name, JsonNode login, Secrets secrets) {
    String where = HTTP_CREDENTIALS + "." + name;
    only(where, login, Set.copyOf(HTTP_KEYS));
    Map<String, String> texts = texts(where, login, HTTP_KEYS);
    for (String key : List.of("bearerToken", "password")) {
      require(
          Secrets.isReference(texts.getOrDefault(key, "${secret:}")),
          where
              + "."
              + key
              + " must be a reference such as ${secret:NAME}: the file holds no"
              + " secrets");
    }
    try {
      texts.replaceAll((key, text) -> secrets.resolve(text));
      return HttpCredentials.of(name, texts);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
    }
  }

  private static ActionBroker broker(String name, JsonNode broker, Secrets secrets) {
    String where = CONNECTION_FACTORIES + "." + name;
    only(where, broker, Set.copyOf(LOGIN_KEYS));
    Map<String, String> texts = texts(where, broker, LOGIN_KEYS);
    require(texts.containsKey("url"), where + ".url is missing");
    require(
        Secrets.isReference(texts.getOrDefault("password", "${secret:}")),
        where + ".password must be a reference such as ${secret:NAME}: the file holds no secrets");
    try {
      texts.replaceAll((key, text) -> secrets.resolve(text));
      return ActionBroker.of(name, texts);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
    }
  }

  private static ActionDatabase database(
      Path folder, String name, JsonNode source, Secrets secrets) {
    String where = DATA_SOURCES + "." + name;
    only(where, source, KEYS);
    Map<String, String> texts = texts(where, source, LOGIN_KEYS);
    String url = texts.getOrDefault("url", "");
    require(!url.isEmpty(), where + ".url is missing");
    require(
        Secrets.isReference(texts.getOrDefault("password", "${secret:}")),
        where + ".password must be a reference such as ${secret:NAME}: the file holds no secrets");
    JsonNode size = source.path("poolSize");
    require(
        size.isMissingNode()
            || (size.isInt() && size.intValue() >= 1 && size.intValue() <= ActionDatabase.MAX_POOL),
        where + ".poolSize must be a whole number from 1 to " + ActionDatabase.MAX_POOL);
    JsonNode readOnly = source.path("readOnly");
    require(
        readOnly.isMissingNode() || readOnly.isBoolean(),
        where + ".readOnly must be true or false");
    boolean isUrlSecret = Secrets.isReferredToBy(url);
    try {
      texts.replaceAll((key, text) -> secrets.resolve(text));
      return ActionDatabase.of(
          name,
          texts,
          new ActionDatabase.Pool(
              size.asInt(ActionDatabase.DEFAULT_POOL), readOnly.asBoolean(false)),
          folder,
          isUrlSecret);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
    }
  }
}
