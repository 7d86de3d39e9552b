package io.openexec.inbox;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a file, one at a time, whatever their length: no more than the bound of one is ever
 * kept, and no more than so much of one that exceeds it read at a time. A line ends with LF or
 * CRLF, the last one also with the file; a byte order mark (UTF-8) before the first is the file's
 * and no part of it.
 *
 * <p>A file may grow although nobody should write to it any more. What comes after a line that
 * ended with the file is that line's rest, and no request.
 */
final class Lines implements Closeable {
  private static final int[] BYTE_ORDER_MARK = {0xef, 0xbb, 0xbf};
  private static final int BUFFER = 1 << 16;
  private static final int SKIPPED_AT_ONCE = 16 << 20;

  /** A line of more is the last one: what comes after is not looked for. */
  private static final long MOST_SKIPPED = 64 << 20;

  /** The beginning of a file. */
  static final Place BEGIN = new Place(0, 0, After.LINE, 0);

  private final FileChannel channel;
  private final InputStream in;
  private final int bound;
  private final boolean whole;
  private final long end;
  private final byte[] buffer = new byte[BUFFER];
  private long before;
  private int position;
  private int limit;
  private long number;
  private After after;
  private long begin;
  private boolean endless;

  /**
   * Where reading may go on.
   *
   * @param position how many bytes come before it
   * @param lines how many lines come before it
   * @param after what comes right before it
   * @param begin where the line begins of which a {@link After#PART} comes before it
   */
  record Place(long position, long lines, After after, long begin) {}

  /** What comes right before a place. */
  enum After {
    /** The end of a line, or nothing. */
    LINE,
    /** A line that the file ended with, when it was read, and that has no end of its own. */
    OPEN_LINE,
    /** A part of a line that is too long. */
    PART
  }

  /** What a line is. */
  enum Kind {
    /** A request, or blank. */
    REQUEST,
    /** Too long. */
    TOO_LONG,
    /** Too long by far, and with all that comes after it. */
    ENDLESS,
    /** Too long, and not read to its end yet: it comes again. */
    UNFINISHED,
    /** The rest of the line before, which had been read without it. */
    REST
  }

  /**
   * A line.
   *
   * @param number counted from 1
   * @param bytes what a {@link Kind#REQUEST} contains, without its end; else empty
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Line(long number, Kind kind, byte[] bytes) {
    /** Returns whether nothing but white space is in it. */
    boolean isBlank() {
      return kind == Kind.REQUEST && Lines.isBlank(bytes);
    }
  }

  private Lines(FileChannel channel, Path file, int bound, Place from, long end) {
    this.channel = channel;
    this.in = Channels.newInputStream(channel);
    this.bound = bound;
    this.whole = !areIn(file);
    this.end = end;
    this.before = from.position();
    this.number = from.lines();
    this.after = from.after();
    this.begin = from.begin();
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return false;
      }
    }
    return true;
  }

  /** Returns whether a file has a request a line; else all of it is one. */
  static boolean areIn(Path file) {
    return file.toString().endsWith(".jsonl");
  }

  /**
   * Opens a file, no symbolic link.
   *
   * @param bound how long a line may be
   * @param from where to begin
   * @param end where the file ends for this reading, if it does not before
   */
  static Lines of(Path file, int bound, Place from, long end) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    try {
      Lines lines = new Lines(channel.position(from.position()), file, bound, from, end);
      return from.equals(BEGIN) ? lines.skipByteOrderMark() : lines;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Returns where reading may go on. */
  Place place() {
    return new Place(before + position, number, after, begin);
  }

  private Lines skipByteOrderMark() throws IOException {
    while (limit < BYTE_ORDER_MARK.length) {
      int count = read(limit);
      if (count <= 0) {
        return this;
      }
      limit += count;
    }
    for (int i = 0; i < BYTE_ORDER_MARK.length; i++) {
      if ((buffer[i] & 0xff) != BYTE_ORDER_MARK[i]) {
        return this;
      }
    }
    position = BYTE_ORDER_MARK.length;
    return this;
  }

  /** Returns the next line; null if there is none. */
  @Nullable Line next() throws IOException {
    if (!fill() && after != After.PART && !(whole && number == 0)) {
      return null;
    }
    boolean rest = after == After.OPEN_LINE;
    byte[] bytes = read();
    if (after == After.PART) {
      return new Line(number + 1, Kind.UNFINISHED, new byte[0]);
    }
    if (rest && bytes != null && isBlank(bytes)) {
      // All that was missing is the end of the line.
      return next();
    }
    number++;
    if (bytes != null && !rest) {
      return new Line(number, Kind.REQUEST, bytes);
    }
    Kind tooLong = endless ? Kind.ENDLESS : Kind.TOO_LONG;
    return new Line(number, rest ? Kind.REST : tooLong, new byte[0]);
  }

  /** Returns what comes before the next end of a line; null if it is too long. */
  private byte @Nullable [] read() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean fits = after != After.PART;
    long from = before + position;
    begin = fits ? from : begin;
    after = After.OPEN_LINE;
    while (after == After.OPEN_LINE && fill()) {
      int endOfLine = endOfLine();
      // One byte more than the bound, for the CR of a line that just fits.
      fits = fits && line.size() + endOfLine - position <= bound + 1;
      if (fits) {
        line.write(buffer, position, endOfLine - position);
      }
      position = endOfLine;
      endless = !whole && before + position - begin > MOST_SKIPPED;
      if (!fits && (whole || endless)) {
        skipToTheEnd();
      } else if (endOfLine < limit) {
        position++;
        after = After.LINE;
      } else if (!fits && before + position - from >= SKIPPED_AT_ONCE) {
        after = After.PART;
      }
    }
    byte[] bytes = withoutCarriageReturn(line.toByteArray());
    return fits && bytes.length <= bound ? bytes : null;
  }

  /** There is no end of a line to look for. */
  private void skipToTheEnd() throws IOException {
    before = Math.min(end, channel.size());
    position = 0;
    limit = 0;
    channel.position(before);
  }

  private int endOfLine() {
    int i = position;
    while (i < limit && (whole || buffer[i] != '\n')) {
      i++;
    }
    return i;
  }

  private byte[] withoutCarriageReturn(byte[] line) {
    boolean cut = !whole && line.length > 0 && line[line.length - 1] == '\r';
    return cut ? Arrays.copyOf(line, line.length - 1) : line;
  }

  private boolean fill() throws IOException {
    if (position == limit) {
      before += limit;
      position = 0;
      limit = 0;
      limit = Math.max(0, read(0));
    }
    return position < limit;
  }

  private int read(int offset) throws IOException {
    int most = (int) Math.min(buffer.length - offset, end - before - offset);
    return most <= 0 ? 0 : in.read(buffer, offset, most);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
