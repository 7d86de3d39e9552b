package io.openexec.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** Makes files, and their names, durable. */
final class FileSync {
  private FileSync() {}

  /** Syncs what a file contains. */
  static void file(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Syncs the names beside a file and its own; only POSIX systems have a way to. */
  static void directoryOf(Path file) throws IOException {
    Path directory = Objects.requireNonNull(file.getParent());
    if (PrivateFile.isPosix(directory)) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
