package io.openexec.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/** A file that only its owner can read. */
final class PrivateFile {
  private PrivateFile() {}

  /** Makes it, empty. SQLite would make it readable by all; its -wal and -shm take its mode. */
  static void create(Path file) throws IOException {
    if (isPosix(Objects.requireNonNull(file.getParent()))) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
  }

  static boolean isPosix(Path directory) throws IOException {
    return Files.getFileStore(directory).supportsFileAttributeView("posix");
  }
}
