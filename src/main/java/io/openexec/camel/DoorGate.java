package io.openexec.camel;

import static io.openexec.camel.ActionText.require;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;

/**
 * What a file beside the flow's own may not do, by mistake: reach beyond its own routes. It may use
 * any step and any component there, but some of what Camel reads at the top of a file is the whole
 * context's, the routes of actions included; a bean may take the name of one that the gates are
 * made of; and a route that leads straight to an action would pass all gates.
 */
final class DoorGate {
  private static final Set<String> TOP =
      Set.of(
          "route",
          "from",
          "beans",
          "onException",
          "onCompletion",
          "intercept",
          "interceptFrom",
          "rest",
          "restConfiguration",
          "routeTemplate",
          "templatedRoute");

  private final ModelCamelContext context;
  private final Map<String, Object> beans;
  private final Set<String> names = new HashSet<>();
  private final Map<String, RouteDefinition> routes = new TreeMap<>();

  /** Begins with all beans that are not of files, and no route. */
  DoorGate(ModelCamelContext context) {
    this.context = context;
    this.beans = beans();
  }

  private Map<String, Object> beans() {
    return new TreeMap<>(context.getRegistry().findByTypeWithName(Object.class));
  }

  /**
   * Checks a file before it is loaded.
   *
   * @return whether there is anything in it, but for comments
   * @throws RouteFileRefused saying what is refused, and why, in one line
   */
  boolean check(Resource file) throws IOException, RouteFileRefused {
    try (InputStream in = file.getInputStream()) {
      JsonNode tree = StrictYaml.parseTexts(in.readAllBytes());
      require(tree.isArray() || tree.isMissingNode(), "it must be a list, of routes and beans");
      for (JsonNode entry : tree) {
        entry.fieldNames().forEachRemaining(DoorGate::top);
        for (JsonNode bean : entry.path("beans")) {
          String name = bean.path("name").asText();
          require(names.add(name), taken(name));
        }
      }
      texts(tree);
      return !tree.isMissingNode();
    } catch (IllegalArgumentException e) {
      throw new RouteFileRefused(file.getLocation() + ": " + e.getMessage());
    }
  }

  private static void top(String key) {
    require(
        TOP.contains(key),
        "'"
            + key
            + "' at the top of a file may reach routes of others, such as those of actions: say it"
            + " in a route (allowed: "
            + String.join(", ", TOP.stream().sorted().toList())
            + ")");
  }

  private static void texts(JsonNode node) {
    require(
        !node.isTextual()
            || !node.textValue().matches("(?is).*direct:(//)?" + ActionFiles.FOLDER + ".*"),
        "it leads straight to an action, past the gates: send the request to direct:execute or"
            + " direct:execute-with-retry");
    node.properties().stream()
        .filter(member -> !member.getKey().equals("description"))
        .forEach(member -> texts(member.getValue()));
    if (node.isArray()) {
      node.forEach(DoorGate::texts);
    }
  }

  private static String taken(String bean) {
    return "the name " + bean + " is taken; choose another one for the bean";
  }

  /**
   * Checks what a file has added, when it is loaded.
   *
   * @throws RouteFileRefused if one of its beans has a name of OpenExec's own, or one of its routes
   *     has taken the place of another
   */
  void checkAdded(String file) throws RouteFileRefused {
    Map<String, Object> now = beans();
    for (Map.Entry<String, Object> bean : beans.entrySet()) {
      if (now.get(bean.getKey()) != bean.getValue()) {
        throw new RouteFileRefused(file + ": " + taken(bean.getKey()));
      }
    }
    for (Map.Entry<String, RouteDefinition> route : routes.entrySet()) {
      if (context.getRouteDefinition(route.getKey()) != route.getValue()) {
        throw new RouteFileRefused(
            file + ": there are two routes with the id " + route.getKey() + "; choose another one");
      }
    }
    for (RouteDefinition route : context.getRouteDefinitions()) {
      if (route.getId() != null) {
        routes.put(route.getId(), route);
      }
    }
  }
}
