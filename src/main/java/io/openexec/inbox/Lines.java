package io.openexec.inbox;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a file, one at a time, whatever their length: no more than the bound of one is ever
 * kept. A line ends with LF or CRLF, the last one also with the file; a byte order mark (UTF-8)
 * before the first is the file's and no part of it.
 */
final class Lines implements Closeable {
  private static final int[] BYTE_ORDER_MARK = {0xef, 0xbb, 0xbf};
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final int bound;
  private final boolean whole;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private long buffered;
  private long number;

  /**
   * A line.
   *
   * @param number counted from 1
   * @param bytes what it contains, without its end; null if it exceeds the bound
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Line(long number, byte @Nullable [] bytes) {
    /** Returns whether nothing but white space is in it. */
    boolean isBlank() {
      if (bytes == null) {
        return false;
      }
      for (byte b : bytes) {
        if (b != ' ' && b != '\t' && b != '\r') {
          return false;
        }
      }
      return true;
    }
  }

  private Lines(InputStream in, int bound, boolean whole) {
    this.in = in;
    this.bound = bound;
    this.whole = whole;
  }

  /** Reads a line at a time. */
  static Lines of(InputStream in, int bound) throws IOException {
    return new Lines(in, bound, false).skipByteOrderMark();
  }

  /** Takes all that is there for one line. */
  static Lines whole(InputStream in, int bound) throws IOException {
    return new Lines(in, bound, true).skipByteOrderMark();
  }

  private Lines skipByteOrderMark() throws IOException {
    while (limit < BYTE_ORDER_MARK.length) {
      int count = in.read(buffer, limit, buffer.length - limit);
      if (count < 0) {
        return this;
      }
      limit += count;
      buffered += count;
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
    if (!fill() && !(whole && number == 0)) {
      return null;
    }
    number++;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean fits = true;
    boolean ended = false;
    while (!ended && fill()) {
      int end = endOfLine();
      // One byte more than the bound, for the CR of a line that just fits.
      fits = fits && line.size() + end - position <= bound + 1;
      if (fits) {
        line.write(buffer, position, end - position);
      }
      ended = end < limit;
      position = ended ? end + 1 : end;
    }
    byte[] bytes = withoutCarriageReturn(line.toByteArray());
    return new Line(number, fits && bytes.length <= bound ? bytes : null);
  }

  /** Returns how many bytes the lines so far took, with all that is no part of them. */
  long position() {
    return buffered - (limit - position);
  }

  private int endOfLine() {
    int end = position;
    while (end < limit && (whole || buffer[end] != '\n')) {
      end++;
    }
    return end;
  }

  private byte[] withoutCarriageReturn(byte[] line) {
    boolean cut = !whole && line.length > 0 && line[line.length - 1] == '\r';
    return cut ? Arrays.copyOf(line, line.length - 1) : line;
  }

  private boolean fill() throws IOException {
    if (position == limit) {
      position = 0;
      limit = Math.max(0, in.read(buffer));
      buffered += limit;
    }
    return position < limit;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
