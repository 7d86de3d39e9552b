package io.openexec.boundary;

import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The actions that the operator lets through, on top of being registered.
 *
 * @param names the only actions allowed; empty if the operator set no list
 */
public record AllowList(Optional<SortedSet<String>> names) {

  /** Returns the list that lets every registered action through. */
  public static AllowList open() {
    return new AllowList(Optional.empty());
  }

  /** Returns the list of exactly these names. */
  public static AllowList of(Set<String> names) {
    return new AllowList(Optional.of(new TreeSet<>(names)));
  }

  /** Returns whether the list lets an action through. */
  boolean has(String action) {
    return names.isEmpty() || names.get().contains(action);
  }

  /**
   * Checks that an action may run.
   *
   * @throws Refusal 403 if the list does not have it
   */
  public void check(String action) {
    if (!has(action)) {
      throw Refusal.notAllowed(action);
    }
  }
}
