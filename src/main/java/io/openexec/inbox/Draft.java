package io.openexec.inbox;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A file of lines that nobody sees before it is complete and on the disk. */
final class Draft implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final Path file;
  private final Path unfinished;
  private final FileChannel channel;
  private final OutputStream out;

  private Draft(Path file, Path unfinished, FileChannel channel) {
    this.file = file;
    this.unfinished = unfinished;
    this.channel = channel;
    this.out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
  }

  /** Begins a file; what was begun under its name before, and not completed, is discarded. */
  static Draft of(Path file) throws IOException {
    Path unfinished = unfinished(file);
    Files.deleteIfExists(unfinished);
    return new Draft(file, unfinished, Modes.createFile(unfinished));
  }

  private static Path unfinished(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".part");
  }

  /** Removes a file, and what was begun under its name and not completed. */
  static void remove(Path file) throws IOException {
    Files.deleteIfExists(unfinished(file));
    Files.deleteIfExists(file);
  }

  /** Adds a line, of ASCII. */
  void add(byte[] line) throws IOException {
    out.write(line);
    out.write('\n');
  }

  /** Gives it its name. When this returns, a crash cannot take it back. */
  void publish() throws IOException {
    out.flush();
    channel.force(true);
    channel.close();
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    Folder.sync(Folder.of(file));
  }

  /** Discards it, unless it was published. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(unfinished);
  }
}
