package io.openexec.execution;

import java.util.UUID;

/**
 * The right of this process to hold reservations. While it lasts, nobody else declares them
 * interrupted; when it has run out, somebody may have.
 */
public interface Lease {
  /** Returns as whom this process reserves now. After a lease that was lost it is someone new. */
  UUID owner();

  /** Returns whether reservations of that owner are this process's still, without doubt. */
  boolean isHeldBy(UUID owner);

  /** Returns a lease that lasts as long as the process, for a store that nobody else can open. */
  static Lease ofTheProcess() {
    UUID process = UUID.randomUUID();
    return new Lease() {
      @Override
      public UUID owner() {
        return process;
      }

      @Override
      public boolean isHeldBy(UUID owner) {
        return process.equals(owner);
      }
    };
  }
}
