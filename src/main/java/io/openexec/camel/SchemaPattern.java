package io.openexec.camel;

import com.networknt.schema.regex.RegularExpression;
import java.util.regex.Pattern;

/**
 * A regular expression of a JSON Schema. There {@code $} means the end (ECMA-262); Java's lets a
 * line end follow, so that {@code ^[A-Z]+$} would take a text with a line break in it.
 */
final class SchemaPattern {
  private SchemaPattern() {}

  /**
   * Compiles an expression.
   *
   * @throws java.util.regex.PatternSyntaxException if it is none
   */
  static RegularExpression compile(String regex) {
    Pattern pattern = Pattern.compile(withStrictEnds(regex));
    return text -> pattern.matcher(new Bounded(text)).find();
  }

  /**
   * A text that is looked at so often and no more: a pattern may take twice as long for each
   * character, and nobody else would be answered meanwhile. What it raises counts as deep.
   */
  private static final class Bounded implements CharSequence {
    private static final int MOST_LOOKS = 20_000_000;

    private final CharSequence text;
    private int looks;

    Bounded(CharSequence text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (++looks > MOST_LOOKS) {
        throw new StackOverflowError("a pattern takes too long");
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }

  private static String withStrictEnds(String regex) {
    StringBuilder strict = new StringBuilder();
    boolean inClass = false;
    for (int i = 0; i < regex.length(); i++) {
      char c = regex.charAt(i);
      if (c == '\\' && i + 1 < regex.length()) {
        strict.append(c).append(regex.charAt(++i));
        continue;
      }
      inClass = c == '[' || (inClass && c != ']');
      strict.append(c == '$' && !inClass ? "\\z" : String.valueOf(c));
    }
    return strict.toString();
  }
}
