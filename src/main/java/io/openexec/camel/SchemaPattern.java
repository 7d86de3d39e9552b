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
    return text -> pattern.matcher(text).find();
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
