package io.openexec.witness;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/** Files that are there as a whole or not at all, for their owner only (0600). */
final class DurableFile {
  private DurableFile() {}

  /** Writes a file, in place of what is there. When this returns, a crash cannot take it back. */
  static void write(Path file, byte[] content) throws IOException {
    Path directory = Objects.requireNonNull(file.getParent());
    Path unfinished = sibling(file, ".unfinished");
    Files.deleteIfExists(unfinished);
    try (FileChannel out = create(unfinished, StandardOpenOption.CREATE_NEW)) {
      ByteBuffer rest = ByteBuffer.wrap(content);
      while (rest.hasRemaining()) {
        out.write(rest);
      }
      out.force(true);
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    sync(directory);
  }

  /** Opens a file for writing, which is made if need be. */
  static FileChannel create(Path file, StandardOpenOption creation) throws IOException {
    FileAttribute<?>[] owner =
        isPosix(Objects.requireNonNull(file.getParent()))
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    return FileChannel.open(
        file, Set.of(creation, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS), owner);
  }

  /** Returns the file beside this one with something after its name. */
  static Path sibling(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  /** Makes the names in a directory durable; only POSIX systems have a way to. */
  private static void sync(Path directory) throws IOException {
    if (isPosix(directory)) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static boolean isPosix(Path directory) throws IOException {
    return Files.getFileStore(directory).supportsFileAttributeView("posix");
  }
}
