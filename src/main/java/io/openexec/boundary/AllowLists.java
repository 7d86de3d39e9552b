package io.openexec.boundary;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.StrictJson;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who may have what executed: one list that bounds all tenants, and, where there are any, one of
 * each tenant that narrows it. Then a tenant that is not named may nothing.
 *
 * @param all bounds all tenants
 * @param tenants each tenant's own list; empty if every tenant may what all may
 */
public record AllowLists(AllowList all, Optional<Map<String, AllowList>> tenants) {
  /** Copies the map. */
  public AllowLists {
    tenants = tenants.map(Map::copyOf);
  }

  /** Returns that list, for every tenant. */
  public static AllowLists of(AllowList all) {
    return new AllowLists(all, Optional.empty());
  }

  /**
   * Parses the tenants' lists: {@code {"tenant-a": {"allowed_actions": ["echo"]}, …}}. A tenant
   * without {@code allowed_actions} may what all may.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  public static Map<String, AllowList> parse(byte[] utf8) {
    JsonNode root;
    try {
      root = StrictJson.parse(utf8);
    } catch (JsonRefused e) {
      throw new IllegalArgumentException("it is not strict JSON: " + e.getMessage(), e);
    }
    if (!root.isObject() || root.isEmpty()) {
      throw new IllegalArgumentException("it is not an object of one tenant or more");
    }
    Map<String, AllowList> tenants = new HashMap<>();
    root.properties()
        .forEach(tenant -> tenants.put(tenant.getKey(), list(tenant.getKey(), tenant.getValue())));
    return tenants;
  }

  private static AllowList list(String name, JsonNode tenant) {
    JsonNode actions = tenant.path("allowed_actions");
    int known = actions.isMissingNode() ? 0 : 1;
    if (name.isEmpty()
        || !tenant.isObject()
        || tenant.size() != known
        || !(actions.isArray() || actions.isMissingNode())) {
      throw new IllegalArgumentException(
          "tenant '" + name + "' is not {\"allowed_actions\": [...]}");
    }
    Set<String> names = new HashSet<>();
    for (JsonNode action : actions) {
      if (!action.isTextual()) {
        throw new IllegalArgumentException("an action of tenant '" + name + "' is not a string");
      }
      names.add(action.textValue());
    }
    return actions.isMissingNode() ? AllowList.open() : AllowList.of(names);
  }

  /**
   * Checks that a tenant may have an action executed.
   *
   * @throws Refusal 403 if not; whose list it is that does not have the action, it does not say
   */
  public void check(String tenant, String action) {
    all.check(action);
    if (tenants.isPresent()) {
      AllowList own = tenants.get().get(tenant);
      if (own == null) {
        throw Refusal.tenantMismatch();
      }
      own.check(action);
    }
  }

  /** Returns whether anybody may have an action executed, whoever it is. */
  public boolean letThrough(String action) {
    return all.has(action)
        && tenants
            .map(lists -> lists.values().stream().anyMatch(own -> own.has(action)))
            .orElse(true);
  }
}
