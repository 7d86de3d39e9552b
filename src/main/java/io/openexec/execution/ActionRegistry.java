package io.openexec.execution;

import io.openexec.boundary.Refusal;
import java.util.Collection;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** The actions that exist, sealed when it is made. */
public final class ActionRegistry {
  private final SortedMap<String, Action> actions;

  /** Registers these actions and no others, ever. */
  public ActionRegistry(Collection<Action> actions) {
    SortedMap<String, Action> byName = new TreeMap<>();
    for (Action action : actions) {
      if (byName.put(action.name(), action) != null) {
        throw new IllegalArgumentException("two actions named " + action.name());
      }
    }
    this.actions = Collections.unmodifiableSortedMap(byName);
  }

  /**
   * Returns an action.
   *
   * @throws Refusal 400 if there is none of that name
   */
  public Action get(String name) {
    Action action = actions.get(name);
    if (action == null) {
      throw Refusal.unknownAction(name);
    }
    return action;
  }

  /** Returns the names. */
  public NavigableSet<String> names() {
    return Collections.unmodifiableNavigableSet(new TreeSet<>(actions.keySet()));
  }
}
