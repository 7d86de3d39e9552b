package io.openexec.ledger;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What characters a signed note may have. */
final class NoteText {
  private static final int NEXT_LINE = 0x85;

  private NoteText() {}

  /** Reads UTF-8, of which each text has one encoding only. */
  static String decode(byte[] utf8) throws NoteRefused {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new NoteRefused("the note is not UTF-8");
    }
    if (!hasNoControls(text)) {
      throw new NoteRefused("the note has a control character other than newline");
    }
    return text;
  }

  /** Writes UTF-8. */
  static byte[] encode(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns whether a text could be that of a note: it ends its last line, and can be encoded. */
  static boolean isText(String text) {
    return text.endsWith("\n") && isEncodable(text) && hasNoControls(text);
  }

  /** Returns whether a text could be a line, without its newline. */
  static boolean isLine(String text) {
    return !text.isEmpty() && text.indexOf('\n') < 0 && isEncodable(text) && hasNoControls(text);
  }

  /** Returns whether it is a name for a key: not empty, without Unicode spaces and plus signs. */
  static boolean isName(String name, int mostBytes) {
    return isLine(name)
        && encode(name).length <= mostBytes
        && name.codePoints().noneMatch(character -> character == '+' || isSpace(character));
  }

  private static boolean isSpace(int character) {
    return Character.isSpaceChar(character)
        || Character.isWhitespace(character)
        || character == NEXT_LINE;
  }

  private static boolean hasNoControls(String text) {
    return text.chars().allMatch(character -> character >= ' ' || character == '\n');
  }

  private static boolean isEncodable(String text) {
    try {
      StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
