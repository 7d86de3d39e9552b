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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads {@code resources.yaml}: what the actions of a folder reach out with, by the names that
 * endpoint options use ({@code dataSource=#bank}). The file has no secrets in it, only references
 * to them ({@code ${secret:NAME}}), so that it may be shown and hashed.
 */
final class ActionResources {
  static final String FILE = "resources.yaml";
  private static final String DATA_SOURCES = "dataSources";
  private static final Set<String> KEYS = Set.of("url", "user", "password", "poolSize");
  private static final Pattern NAME = Pattern.compile("[a-z][A-Za-z0-9]{0,63}");

  private ActionResources() {}

  /**
   * Reads and checks the file of a folder, which need not have one; opens nothing yet.
   *
   * @throws IllegalArgumentException naming the file and what is wrong with it, in one line and
   *     without a secret
   */
  static List<ActionDatabase> read(Path folder, Secrets secrets) {
    Path file = folder.resolve(FILE);
    if (Files.notExists(file)) {
      return List.of();
    }
    try {
      JsonNode root = StrictYaml.parse(Files.readAllBytes(file));
      only("the file", root, Set.of(DATA_SOURCES));
      JsonNode sources = root.path(DATA_SOURCES);
      require(sources.isObject(), DATA_SOURCES + " must be a map of names");
      List<ActionDatabase> databases = new ArrayList<>();
      sources
          .properties()
          .forEach(
              source ->
                  databases.add(database(folder, source.getKey(), source.getValue(), secrets)));
      return databases;
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": it cannot be read: " + Errors.rootCause(e), e);
    } catch (IllegalArgumentException e) {
      // Without the cause, which may have seen a secret.
      throw new IllegalArgumentException(file + ": " + e.getMessage());
    }
  }

  private static ActionDatabase database(
      Path folder, String name, JsonNode source, Secrets secrets) {
    require(
        NAME.matcher(name).matches(),
        "'" + name + "' is not a name in lower camel case, at most 64 characters");
    String where = DATA_SOURCES + "." + name;
    only(where, source, KEYS);
    Map<String, String> texts = new HashMap<>();
    for (String key : List.of("url", "user", "password")) {
      JsonNode value = source.path(key);
      require(
          value.isMissingNode() || (value.isTextual() && !value.textValue().isBlank()),
          where + "." + key + " must be text");
      if (value.isTextual()) {
        texts.put(key, value.textValue());
      }
    }
    String url = texts.getOrDefault("url", "");
    require(!url.isEmpty(), where + ".url is missing");
    require(
        Secrets.isReferredToBy(texts.getOrDefault("password", "${secret:}")),
        where + ".password must be a reference such as ${secret:NAME}: the file holds no secrets");
    JsonNode size = source.path("poolSize");
    require(
        size.isMissingNode()
            || (size.isInt() && size.intValue() >= 1 && size.intValue() <= ActionDatabase.MAX_POOL),
        where + ".poolSize must be a whole number from 1 to " + ActionDatabase.MAX_POOL);
    boolean isUrlSecret = Secrets.isReferredToBy(url);
    try {
      texts.replaceAll((key, text) -> secrets.resolve(text));
      return ActionDatabase.of(
          name, texts, size.asInt(ActionDatabase.DEFAULT_POOL), folder, isUrlSecret);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
    }
  }
}
