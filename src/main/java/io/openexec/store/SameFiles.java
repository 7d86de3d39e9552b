package io.openexec.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Watches that the files written to are still the ones at their paths. A database that was deleted
 * or replaced under a running service goes on taking commits that nobody will ever find again.
 */
final class SameFiles {
  private final Map<Path, Object> keys;

  private SameFiles(Map<Path, Object> keys) {
    this.keys = keys;
  }

  /** Watches nothing. */
  static SameFiles none() {
    return new SameFiles(Map.of());
  }

  /** Remembers which files these are; without file keys (not on every file system) nothing is. */
  static SameFiles of(Path... files) throws IOException {
    Map<Path, Object> keys = new HashMap<>();
    for (Path file : files) {
      Object key = key(file);
      if (key != null) {
        keys.put(file, key);
      }
    }
    return new SameFiles(Map.copyOf(keys));
  }

  /**
   * Checks that they are the same still.
   *
   * @throws SQLException naming the one that is not
   */
  void check() throws SQLException {
    for (Map.Entry<Path, Object> file : keys.entrySet()) {
      try {
        if (file.getValue().equals(key(file.getKey()))) {
          continue;
        }
      } catch (IOException e) {
        // Not there: the same as another file there.
      }
      throw new SQLException(file.getKey() + " was deleted or replaced; restart the service");
    }
  }

  private static @Nullable Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }
}
