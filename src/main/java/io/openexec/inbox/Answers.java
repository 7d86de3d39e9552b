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
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * The answers to the lines of a file, on disk: they come in any order, and go out in that of the
 * lines. Beside their text there is an index: first up to which line the file was asked for, and up
 * to which byte its answers were published (8 bytes each; 0 for not at all), with a checksum (4
 * bytes); then an entry a line: where its answer begins (8 bytes), how long it is (4 bytes; 0 as
 * long as there is none, negative if it is a problem), and a checksum (4 bytes).
 *
 * <p>They outlive the service: an answer once given stays the answer, also if the same question
 * would be answered otherwise later. What a crash of the machine took of them is asked again.
 */
final class Answers {
  private static final int HEADER = 2 * Long.BYTES + Integer.BYTES;
  private static final int ENTRY = Long.BYTES + 2 * Integer.BYTES;
  private static final int BUFFER = 1 << 16;
  private static final int AT_ONCE = 1024;

  private final Path text;
  private final Path index;
  private final long askedBefore;
  private long asked;
  private long published;
  private long end;

  /** Takes an answer. */
  @FunctionalInterface
  interface Sink {
    void take(long line, byte[] answer, boolean problem) throws IOException;
  }

  /**
   * Goes on with what is there of an earlier attempt; else begins with none.
   *
   * @param text where the answers are kept
   * @param index where it is kept which line has which
   */
  Answers(Path text, Path index) throws IOException {
    this.text = text;
    this.index = index;
    if (!isThere(text) || !isThere(index) || !isRecovered()) {
      discard();
      for (Path file : new Path[] {text, index}) {
        Modes.createFile(file).close();
      }
    }
    this.askedBefore = asked;
  }

  private boolean isRecovered() throws IOException {
    try (Open open = open()) {
      return open.recover();
    }
  }

  private static boolean isThere(Path file) {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** Returns the last line that an earlier attempt may have asked for; 0 if there was none. */
  long askedBefore() {
    return askedBefore;
  }

  /** Returns how much of the file had its answers when they were published; 0 if they were not. */
  long published() {
    return published;
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

    /** Takes out what is not as it was written; returns whether anything is. */
    private boolean recover() throws IOException {
      ByteBuffer header = ByteBuffer.allocate(HEADER);
      if (!read(entries, header, 0)
          || header.getInt(2 * Long.BYTES)
              != checksum(0, 0, Arrays.copyOf(header.array(), 2 * Long.BYTES))) {
        return false;
      }
      asked = header.getLong(0);
      published = header.getLong(Long.BYTES);
      end = texts.size();
      DataInputStream in = entries();
      for (long line = 1; line <= lines(); line++) {
        long begin = in.readLong();
        int length = in.readInt();
        int sum = in.readInt();
        if (length != 0 && !isAsWritten(line, begin, length, sum)) {
          write(entries, ByteBuffer.allocate(ENTRY), place(line));
        }
      }
      return true;
    }

    private boolean isAsWritten(long line, long begin, int length, int sum) throws IOException {
      int size = Math.abs(length);
      return begin >= 0
          && size > 0
          && begin <= end - size
          && sum == checksum(line, length, text(begin, size));
    }

    private long lines() throws IOException {
      return (entries.size() - HEADER) / ENTRY;
    }

    private static long place(long line) {
      return HEADER + (line - 1) * ENTRY;
    }

    /** That line is asked for now; when this returns, that is on disk, for it and some more. */
    void asks(long line) throws IOException {
      if (line > asked) {
        asked = line + AT_ONCE - 1;
        writeHeader();
        entries.force(false);
      }
    }

    /**
     * The answers to so much of the file go out now, and do not change any more.
     *
     * @param durably whether not even a crash of the machine may change them
     */
    void publishes(long size, boolean durably) throws IOException {
      published = size;
      writeHeader();
      if (durably) {
        texts.force(false);
        entries.force(false);
      }
    }

    private void writeHeader() throws IOException {
      byte[] state = ByteBuffer.allocate(2 * Long.BYTES).putLong(asked).putLong(published).array();
      ByteBuffer header = ByteBuffer.allocate(HEADER).put(state).putInt(checksum(0, 0, state));
      write(entries, header.flip(), 0);
    }

    /** Keeps the answer to a line, of ASCII. */
    void put(long line, String answer, boolean problem) throws IOException {
      byte[] bytes = answer.getBytes(StandardCharsets.US_ASCII);
      int length = problem ? -bytes.length : bytes.length;
      write(texts, ByteBuffer.wrap(bytes), end);
      ByteBuffer entry = ByteBuffer.allocate(ENTRY).putLong(end).putInt(length);
      write(entries, entry.putInt(checksum(line, length, bytes)).flip(), place(line));
      end += bytes.length;
    }

    private static int checksum(long line, int length, byte[] answer) {
      CRC32 sum = new CRC32();
      sum.update(
          ByteBuffer.allocate(Long.BYTES + Integer.BYTES).putLong(line).putInt(length).flip());
      sum.update(answer);
      return (int) sum.getValue();
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
      return read(entries, entry, place(line)) && entry.getInt(Long.BYTES) != 0;
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
      DataInputStream in = entries();
      for (long line = 1; line <= lines(); line++) {
        long begin = in.readLong();
        int length = in.readInt();
        in.skipNBytes(Integer.BYTES);
        if (length != 0) {
          sink.take(line, text(begin, Math.abs(length)), length < 0);
        }
      }
    }

    private DataInputStream entries() throws IOException {
      return new DataInputStream(
          new BufferedInputStream(Channels.newInputStream(entries.position(HEADER)), BUFFER));
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

  /** Gives their room back, and still knows what was asked for; nothing may be open. */
  void forget() throws IOException {
    try (Open open = open()) {
      open.texts.truncate(0);
      open.entries.truncate(HEADER);
      end = 0;
    }
  }

  /** Removes the files. */
  void discard() throws IOException {
    Files.deleteIfExists(text);
    Files.deleteIfExists(index);
  }
}
