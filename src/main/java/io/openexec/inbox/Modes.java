package io.openexec.inbox;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Who may read what the inbox writes: on POSIX systems its owner, and the group of a folder that
 * lets it. Answers say what was asked and what came out.
 */
final class Modes {
  private static final FileAttribute<?>[] NONE = {};

  private Modes() {}

  /** Makes a folder for its owner alone. */
  static void createFolder(Path folder) throws IOException {
    Files.createDirectory(
        folder,
        isPosix(Folder.of(folder))
            ? attribute(
                EnumSet.of(
                    PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE,
                    PosixFilePermission.OWNER_EXECUTE))
            : NONE);
  }

  /** Makes a file, for whoever may read in its folder as owner or group, and opens it to write. */
  static FileChannel createFile(Path file) throws IOException {
    Path folder = Folder.of(file);
    FileAttribute<?>[] mode = NONE;
    if (isPosix(folder)) {
      Set<PosixFilePermission> readers =
          EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
      if (Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS)
          .contains(PosixFilePermission.GROUP_READ)) {
        readers.add(PosixFilePermission.GROUP_READ);
      }
      mode = attribute(readers);
    }
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
        mode);
  }

  /** Returns whether a folder is where files have owners, groups and modes. */
  static boolean isPosix(Path folder) throws IOException {
    return Files.getFileStore(folder).supportsFileAttributeView("posix");
  }

  private static FileAttribute<?>[] attribute(Set<PosixFilePermission> mode) {
    return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)};
  }
}
