package io.openexec.ledger;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What a log says of its state (c2sp.org/tlog-checkpoint).
 *
 * @param origin which log it is: one line, at most 255 bytes in UTF-8
 * @param head its size and root
 * @param extensions lines that mean nothing here; at most 16, none empty, each of at most 1,024
 *     characters
 */
public record Checkpoint(String origin, TreeHead head, List<String> extensions) {
  private static final int MAX_ORIGIN = 255;
  private static final int MAX_EXTENSIONS = 16;
  private static final int MAX_EXTENSION = 1_024;
  private static final Pattern SIZE = Pattern.compile("0|[1-9][0-9]{0,18}");

  /**
   * Takes a checkpoint.
   *
   * @throws IllegalArgumentException if the origin or an extension is no line, or a bound is
   *     exceeded
   */
  public Checkpoint {
    extensions = List.copyOf(extensions);
    if (!NoteText.isLine(origin) || NoteText.encode(origin).length > MAX_ORIGIN) {
      throw new IllegalArgumentException(
          "an origin is one line of 1 to " + MAX_ORIGIN + " bytes, without control characters");
    }
    if (extensions.size() > MAX_EXTENSIONS) {
      throw new IllegalArgumentException("more than " + MAX_EXTENSIONS + " extension lines");
    }
    if (!extensions.stream().allMatch(Checkpoint::isExtension)) {
      throw new IllegalArgumentException(
          "an extension is one line of 1 to " + MAX_EXTENSION + " characters");
    }
  }

  private static boolean isExtension(String line) {
    return NoteText.isLine(line) && line.length() <= MAX_EXTENSION;
  }

  /** Takes a checkpoint without extension lines. */
  public Checkpoint(String origin, TreeHead head) {
    this(origin, head, List.of());
  }

  /**
   * Reads the text of a note as {@link #text()} writes it, and in no other spelling.
   *
   * @throws NoteRefused if it is no checkpoint, or a bound is exceeded
   */
  public static Checkpoint parse(String text) throws NoteRefused {
    if (!text.endsWith("\n")) {
      throw new NoteRefused("the checkpoint's last line does not end");
    }
    List<String> lines = List.of(text.substring(0, text.length() - 1).split("\n", -1));
    if (lines.size() < 3) {
      throw new NoteRefused("a checkpoint has origin, size and root in a line each");
    }
    try {
      TreeHead head = new TreeHead(size(lines.get(1)), NodeHash.parseBase64(lines.get(2)));
      return new Checkpoint(lines.get(0), head, lines.subList(3, lines.size()));
    } catch (IllegalArgumentException e) {
      throw new NoteRefused("the checkpoint: " + e.getMessage());
    }
  }

  private static long size(String line) throws NoteRefused {
    if (SIZE.matcher(line).matches()) {
      try {
        return Long.parseLong(line);
      } catch (NumberFormatException e) {
        // Above 2^63 - 1: refused below.
      }
    }
    throw new NoteRefused("the checkpoint's size is no decimal number from 0 to 2^63 - 1");
  }

  /** Returns the text of the note: origin, size and root in base64, a line each. */
  public String text() {
    StringBuilder text = new StringBuilder(origin).append('\n');
    text.append(head.size()).append('\n').append(head.root().base64()).append('\n');
    extensions.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }
}
