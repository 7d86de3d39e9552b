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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * The answers to the lines of a file, on disk: they come in any order, and go out in that of the
 * lines. Beside their text there is an index: first up to which line the file was asked for, up to
 * which byte its answers were published (8 bytes each; 0 for not at all, negative if a crash of the
 * machine may have taken some of them), and which start of the machine that was under (8 bytes),
 * with a checksum (4 bytes); then an entry a line: where its answer begins (8 bytes; where there is
 * none -1 if it was asked for, -2 if it was sent away then, 0 if neither), how long it is (4 bytes;
 * 0 where there is none, negative if it is a problem), and a checksum (4 bytes).
 *
 * <p>They outlive the service: an answer once given stays the answer, also if the same question
 * would be answered otherwise later. What a crash of the machine took of them is asked again.
 */
final class Answers {
  private static final int STATE = 3 * Long.BYTES;
  private static final int HEADER = STATE + Integer.BYTES;
  private static final int ENTRY = Long.BYTES + 2 * Integer.BYTES;
  private static final int BUFFER = 1 << 16;
  private static final int AT_ONCE = 1024;
  private static final long ASKED = -1;
  private static final long SENT_AWAY = -2;

  /** What a line of an answer that stands for nothing executed begins with. */
  private static final Pattern REFUSED =
      Pattern.compile("\\{\"line\":[0-9]+,\"status\":(400|403|413|422),");

  private static final int BEGINNING = 64;

  private static final long START = start();

  private final Path text;
  private final Path index;
  private final boolean recovered;

  /** Up to that line it is not known which were asked for. */
  private final long unsureUpTo;

  private boolean sameStart;
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
    this.recovered = isThere(text) && isThere(index) && recover();
    if (!recovered) {
      discard();
      for (Path file : new Path[] {text, index}) {
        Modes.createFile(file).close();
      }
    }
    this.unsureUpTo = recovered && !sameStart ? asked : 0;
  }

  private boolean recover() throws IOException {
    try (Open open = open()) {
      return open.recover();
    }
  }

  private static boolean isThere(Path file) {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** Returns whether there was an earlier attempt. */
  boolean isRecovered() {
    return recovered;
  }

  /**
   * Returns what tells one start of the machine from another, after which only what was synced is
   * sure to be on disk; 0 where nothing does.
   */
  private static long start() {
    try {
      return UUID.fromString(Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip())
          .getMostSignificantBits();
    } catch (IOException | IllegalArgumentException e) {
      return 0;
    }
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
          || header.getInt(STATE) != checksum(0, 0, Arrays.copyOf(header.array(), STATE))) {
        return false;
      }
      asked = header.getLong(0);
      long size = header.getLong(Long.BYTES);
      sameStart = START != 0 && header.getLong(2 * Long.BYTES) == START;
      // What was not synced may not be there any more, and is asked for again.
      published = sameStart ? Math.abs(size) : Math.max(0, size);
      end = texts.size();
      DataInputStream in = entries();
      long lines = lines();
      for (long line = 1; line <= lines; line++) {
        long begin = in.readLong();
        int length = in.readInt();
        int sum = in.readInt();
        if (length != 0 && !isAsWritten(line, begin, length, sum)) {
          mark(line, ASKED);
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

    /**
     * That line is asked for now. When this returns, a crash of the machine cannot take that back,
     * for it and some more.
     *
     * @return whether it was asked for before, and may have been executed then
     */
    boolean asks(long line) throws IOException {
      boolean again = line <= unsureUpTo || begin(line) == ASKED;
      mark(line, ASKED);
      if (line > asked) {
        asked = line + AT_ONCE - 1;
        writeHeader();
        entries.force(false);
      }
      return again;
    }

    /** Nothing came of it: that line was not executed. */
    void wasSentAway(long line) throws IOException {
      mark(line, SENT_AWAY);
    }

    private void mark(long line, long mark) throws IOException {
      write(entries, ByteBuffer.allocate(ENTRY).putLong(0, mark), place(line));
    }

    private long begin(long line) throws IOException {
      ByteBuffer begin = ByteBuffer.allocate(Long.BYTES);
      return read(entries, begin, place(line)) ? begin.getLong(0) : 0;
    }

    /** Hands out the lines that were asked for, and have no answer. */
    List<Long> missing() throws IOException {
      List<Long> missing = new ArrayList<>();
      DataInputStream in = entries();
      long lines = lines();
      for (long line = 1; line <= lines; line++) {
        if (in.readLong() < 0) {
          missing.add(line);
        }
        in.skipNBytes(2 * Integer.BYTES);
      }
      return missing;
    }

    /**
     * The answers to so much of the file go out now, and do not change any more.
     *
     * @param durably whether not even a crash of the machine may change them
     */
    void publishes(long size, boolean durably) throws IOException {
      published = durably ? size : -size;
      writeHeader();
      published = size;
      if (durably) {
        texts.force(false);
        entries.force(false);
      }
    }

    private void writeHeader() throws IOException {
      byte[] state =
          ByteBuffer.allocate(STATE).putLong(asked).putLong(published).putLong(START).array();
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
      long lines = lines();
      for (long line = 1; line <= lines; line++) {
        long begin = in.readLong();
        int length = in.readInt();
        in.skipNBytes(Integer.BYTES);
        if (length != 0) {
          sink.take(line, text(begin, Math.abs(length)), length < 0);
        }
      }
    }

    private void forget() throws IOException {
      DataInputStream in = entries();
      long lines = lines();
      for (long line = 1; line <= lines; line++) {
        long begin = in.readLong();
        int length = in.readInt();
        in.skipNBytes(Integer.BYTES);
        if (length != 0) {
          byte[] beginning = text(begin, Math.min(BEGINNING, Math.abs(length)));
          String answer = new String(beginning, StandardCharsets.US_ASCII);
          mark(line, REFUSED.matcher(answer).lookingAt() ? SENT_AWAY : ASKED);
        }
      }
      texts.truncate(0);
      end = 0;
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

  /**
   * Gives their room back, and still knows which lines may have been executed; nothing may be open.
   */
  void forget() throws IOException {
    try (Open open = open()) {
      open.forget();
    }
  }

  /** Removes the files. */
  void discard() throws IOException {
    Files.deleteIfExists(text);
    Files.deleteIfExists(index);
  }
}
