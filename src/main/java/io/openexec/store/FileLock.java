package io.openexec.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Holds a SQLite database for one service. It locks a file beside the database, which the operating
 * system unlocks however the process ends; the database's own locks are SQLite's.
 */
final class FileLock implements AutoCloseable {
  private final Path database;
  private final Path file;
  private final FileChannel channel;

  private FileLock(Path database, Path file, FileChannel channel) {
    this.database = database;
    this.file = file;
    this.channel = channel;
  }

  /** Returns the database that is held by it. */
  Path database() {
    return database;
  }

  /** Returns the file that is locked. */
  Path file() {
    return file;
  }

  /**
   * Takes the lock.
   *
   * @throws IllegalStateException if another service holds it
   */
  static FileLock take(Path database) throws IOException {
    Path file = database.resolveSibling(database.getFileName() + ".lock");
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return new FileLock(database, file, channel);
      }
    } catch (OverlappingFileLockException e) {
      // This very process holds it: the same refusal as for another one.
    }
    channel.close();
    throw new IllegalStateException("another service uses it");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
