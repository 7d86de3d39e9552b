package io.openexec.camel;

import static io.openexec.camel.ActionText.require;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an action may have a database do: one statement, which is a transaction of its own and
 * changes nothing about those that come after it on the same connection.
 */
final class ActionSqlGate {
  static final String SCHEME = "sql";

  static final Set<String> OPTIONS =
      Set.of("query", "dataSource", "outputType", "noop", "separator");

  private static final Set<String> STATEMENTS =
      Set.of(
          "SELECT",
          "INSERT",
          "UPDATE",
          "DELETE",
          "MERGE",
          "REPLACE",
          "WITH",
          "VALUES",
          "TABLE",
          "TRUNCATE",
          "CALL",
          "NOTIFY",
          "REFRESH",
          "CREATE",
          "ALTER",
          "DROP",
          "GRANT",
          "REVOKE",
          "COMMENT");

  private static final Set<String> OUTPUTS = Set.of("SelectList", "SelectOne");

  /** A comment, a text, a name in quotes, or one character of anything else. */
  private static final Pattern TOKEN =
      Pattern.compile("--[^\\n]*|/\\*.*?\\*/|'[^']*'|\"[^\"]*\"|`[^`]*`|.", Pattern.DOTALL);

  private static final Pattern WORD = Pattern.compile("[\\s(]*([A-Za-z]+).*", Pattern.DOTALL);

  private ActionSqlGate() {}

  /**
   * Checks an endpoint whose options are known to be of {@link #OPTIONS}.
   *
   * @param address what stands between {@code sql:} and the options: the statement, unless that is
   *     an option
   * @throws IllegalArgumentException saying what is refused, and why
   */
  static void check(String address, Map<String, String> options) {
    require(
        OUTPUTS.contains(options.getOrDefault("outputType", "SelectList")),
        "to: outputType is SelectList or SelectOne");
    String code = code(options.getOrDefault("query", address));
    int end = code.indexOf(';');
    require(
        end < 0 || code.substring(end + 1).isBlank(),
        "to 'sql:' takes one statement: what belongs together has to be one, and of several a"
            + " database may do some");
    require(
        STATEMENTS.contains(firstWord(code)),
        "to 'sql:' takes a statement that begins with one of "
            + String.join(", ", STATEMENTS.stream().sorted().toList())
            + ": transactions and sessions are not an action's to change");
  }

  /** Returns whether a statement may commit before it fails, so that its error proves nothing. */
  static boolean mayCommit(String statement) {
    return firstWord(code(statement)).equals("CALL");
  }

  private static String firstWord(String code) {
    Matcher word = WORD.matcher(code);
    return word.matches() ? word.group(1).toUpperCase(Locale.ROOT) : "";
  }

  /** Returns a statement without what it quotes and says in comments. */
  private static String code(String statement) {
    StringBuilder code = new StringBuilder();
    Matcher token = TOKEN.matcher(statement);
    while (token.find()) {
      code.append(token.group().length() == 1 ? token.group() : " ");
    }
    return code.toString();
  }
}
