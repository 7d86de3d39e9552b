package io.openexec.execution;

import java.util.UUID;

/**
 * Who holds a reservation. Writes of outcomes are fenced by it: only the attempt that made the
 * reservation can end it.
 *
 * @param owner the process, an id of its own at each start
 * @param number unique within the owner
 */
public record Attempt(UUID owner, long number) {
  /** Returns what the log says: the execution's id would be a hash of tenant and nonce. */
  @Override
  public String toString() {
    return "attempt " + number + " of " + owner;
  }
}
