package io.openexec.inbox;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The answers to the lines of a file, on disk: they come in any order, and go out in that of the
 * lines. Beside their text there is an index, of an entry a line: where its answer begins (8 bytes)
 * and how long it is (4 bytes; 0 as long as there is none, negative if it is a problem). Nothing of
 * it outlives the service: the next one asks again, and gets replays.
 */
final class Answers {
  private static final int ENTRY = Long.BYTES + Integer.BYTES;

  private final Path text;
  private final Path index;
  private long end;

  /** Takes an answer. */
  @FunctionalInterface
  interface Sink {
    void take(long line, byte[] answer, boolean problem) throws IOException;
  }

  /**
   * Begins with none.
   *
   * @param text where the answers are kept; what is there is discarded
   * @param index where it is kept which line has which; what is there is discarded
   */
  Answers(Path text, Path index) throws IOException {
    this.text = text;
    this.index = index;
    discard();
    for (Path file : new Path[] {text, index}) {
      Modes.createFile(file).close();
    }
  }

  /** The two files opened: only those that are worked on are, however many there are. */
  final class Open implements AutoCloseable {
    private final FileChannel texts = channel(text);
    private final FileChannel entries;

    Open() throws IOException {
      try {
        entries = channel(index);
      } catch (IOException e) {
        texts.close();
        throw e;
      }
    }

    private static FileChannel channel(Path file) throws IOException {
      return FileChannel.open(
          file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    /** Keeps the answer to a line, of ASCII. */
    void put(long line, String answer, boolean problem) throws IOException {
      byte[] bytes = answer.getBytes(StandardCharsets.US_ASCII);
      int length = problem ? -bytes.length : bytes.length;
      write(texts, ByteBuffer.wrap(bytes), end);
      write(
          entries,
          ByteBuffer.allocate(ENTRY).putLong(end).putInt(length).flip(),
          (line - 1) * ENTRY);
      end += bytes.length;
    }

    private static void write(FileChannel channel, ByteBuffer bytes, long position)
        throws IOException {
      while (bytes.hasRemaining()) {
        int unused = channel.write(bytes, position + bytes.position());
      }
    }

    /** Returns whether a line has its answer. */
    boolean has(long line) throws IOException {
      ByteBuffer entry = ByteBuffer.allocate(ENTRY);
      return read(entries, entry, (line - 1) * ENTRY) && entry.getInt(Long.BYTES) != 0;
    }

    private static boolean read(FileChannel channel, ByteBuffer bytes, long position)
        throws IOException {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, position + bytes.position()) < 0) {
          return false;
        }
      }
      return true;
    }

    /** Hands all of them out, in the order of the lines. */
    void inOrder(Sink sink) throws IOException {
      long lines = entries.size() / ENTRY;
      DataInputStream in =
          new DataInputStream(
              new BufferedInputStream(Channels.newInputStream(entries.position(0)), 1 << 16));
      for (long line = 1; line <= lines; line++) {
        long begin = in.readLong();
        int length = in.readInt();
        if (length != 0) {
          sink.take(line, text(begin, Math.abs(length)), length < 0);
        }
      }
    }

    private byte[] text(long begin, int length) throws IOException {
      ByteBuffer answer = ByteBuffer.allocate(length);
      if (!read(texts, answer, begin)) {
        throw new IOException("the answers that were kept are cut off");
      }
      return answer.array();
    }

    @Override
    public void close() throws IOException {
      try (texts) {
        entries.close();
      }
    }
  }

  /** Opens the files. */
  Open open() throws IOException {
    return new Open();
  }

  /** Removes the files. */
  void discard() throws IOException {
    Files.deleteIfExists(text);
    Files.deleteIfExists(index);
  }
}
