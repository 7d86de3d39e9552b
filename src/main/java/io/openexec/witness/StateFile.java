package io.openexec.witness;

import io.openexec.ledger.SignedNote;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Where a witness keeps the last checkpoint that it cosigned, with its cosignature: a note like any
 * other. It is held for one witness, by a lock on a file beside it, which the operating system
 * unlocks however the process ends.
 */
final class StateFile implements AutoCloseable {
  private final Path file;
  private final FileChannel lock;

  private StateFile(Path file, FileChannel lock) {
    this.file = file;
    this.lock = lock;
  }

  /**
   * Holds a file, which need not exist.
   *
   * @throws IOException if it cannot be held, or is something else than a file; the message says so
   *     in one line
   */
  static StateFile hold(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      throw new IOException(path + " is in no folder that exists; make it");
    }
    // A link on the way that is changed later does not part it from its lock.
    Path file = parent.toRealPath().resolve(path.getFileName());
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(path + " is not a file");
    }
    FileChannel channel =
        DurableFile.create(DurableFile.sibling(file, ".lock"), StandardOpenOption.CREATE);
    try {
      if (channel.tryLock() != null) {
        return new StateFile(file, channel);
      }
    } catch (OverlappingFileLockException e) {
      // This very process holds it: the same refusal as for another one.
    }
    channel.close();
    throw new IOException(path + " is another witness's, which is running; give each its own");
  }

  /** Returns the file. */
  Path file() {
    return file;
  }

  /**
   * Returns what was kept last, unverified; empty if nothing was ever kept.
   *
   * @throws IOException if it cannot be read, or is too long for a note
   */
  Optional<byte[]> read() throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] content = in.readNBytes(SignedNote.MAX_BYTES + 1);
      if (content.length > SignedNote.MAX_BYTES) {
        throw new IOException(file + " is too long for a note");
      }
      return Optional.of(content);
    }
  }

  /** Keeps a note in place of the last one. When this returns, a crash cannot take it back. */
  void keep(SignedNote note) throws IOException {
    DurableFile.write(file, note.encode());
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
