package io.openexec.store;

import org.jspecify.annotations.Nullable;

/** Closing what was opened. */
final class Resources {
  private Resources() {}

  static void close(@Nullable AutoCloseable resource) {
    if (resource != null) {
      try {
        resource.close();
      } catch (Exception e) {
        throw new IllegalStateException("cannot be closed", e);
      }
    }
  }
}
