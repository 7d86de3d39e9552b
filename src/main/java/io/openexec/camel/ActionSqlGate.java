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

  private static final String NOT_ITS_OWN =
      ": transactions and sessions are not an action's to change";

  private static final Set<String> OUTPUTS = Set.of("SelectList", "SelectOne");

  /** A comment, a text, a name in quotes, or one character of anything else. */
  private static final Pattern TOKEN =
      Pattern.compile("--[^\\n]*|/\\*.*?\\*/|'[^']*'|\"[^\"]*\"|`[^`]*`|.", Pattern.DOTALL);

  /**
   * What databases read differently: a comment in a comment, a backslash that may hide a quote, a
   * name with escapes in it.
   */
  private static final Pattern AMBIGUOUS =
      Pattern.compile("/\\*(?:(?!\\*/).)*/\\*|\\\\['\"]|\\b[Uu]&['\"]", Pattern.DOTALL);

  /** Brackets in which texts and names end that begin there: an array, or, to SQLite, a name. */
  private static final Pattern BRACKETS =
      Pattern.compile("\\[(?:(?!--|/\\*)[^\\]'\"`]|'[^'\\]]*'|\"[^\"\\]]*\"|`[^`\\]]*`)*+\\]");

  /** To SQLite a name, though it is in the quotes of a text. */
  private static final Pattern QUALIFIER = Pattern.compile("\\s*\\.");

  /** What outlives a statement on its connection, in the eyes of whoever has that next. */
  private static final Pattern SESSION =
      Pattern.compile(
          "(?i)\\b(CREATE\\s+(OR\\s+REPLACE\\s+)?((LOCAL|GLOBAL)\\s+)?TEMP(ORARY)?"
              + "|CREATE\\b.*\\bTEMP\\s*\\.|SELECT\\b.*\\bINTO\\s+((LOCAL|GLOBAL)\\s+)?TEMP(ORARY)?\\s"
              + "|PG_TEMP|SET_CONFIG|PG_SETTINGS|PG_(TRY_)?ADVISORY_LOCK(_SHARED)?)\\b",
          Pattern.DOTALL);

  /** What runs a text as a statement. */
  private static final Pattern HIDDEN =
      Pattern.compile(
          "(?i)\\b((QUERY|CURSOR)_TO_XML\\w*|DBLINK\\w*|TS_STAT|TS_REWRITE|CROSSTAB\\w*|CONNECTBY|XPATH_TABLE)\\b");

  /** What tells others something in a transaction that changes nothing. */
  private static final Pattern TELLING = Pattern.compile("(?i)\\b(NOTIFY|PG_NOTIFY)\\b");

  /** What commits part by part, or keeps a part. */
  private static final Pattern COMMITTING =
      Pattern.compile("(?i)\\s*CALL\\b.*|.*\\b(CONCURRENTLY|OR\\s+FAIL)\\b.*", Pattern.DOTALL);

  /** What Camel makes a parameter of, wherever it stands. */
  private static final Pattern PARAMETER = Pattern.compile(":#(in:)?\\w|:\\?|#");

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
    String statement = options.getOrDefault("query", address);
    require(
        !AMBIGUOUS.matcher(statement).find(),
        "to 'sql:': databases read a backslash before a quote, and a comment in a comment, in"
            + " different ways; hand such a text over as a parameter (:#name)");
    requirePlainBrackets(statement);
    String code = code(statement);
    require(
        PARAMETER.matcher(statement).results().count() == PARAMETER.matcher(code).results().count()
            && PARAMETER.matcher(code).results().allMatch(one -> one.group().startsWith(":#")),
        "to 'sql:': a # or :? that is no parameter would be read as one; hand such a text over as a"
            + " parameter (:#name)");
    int end = code.indexOf(';');
    require(
        end < 0 || code.substring(end + 1).isBlank(),
        "to 'sql:' takes one statement: what belongs together has to be one, and of several a"
            + " database may do some");
    require(
        STATEMENTS.contains(firstWord(code)),
        "to 'sql:' takes a statement that begins with one of "
            + String.join(", ", STATEMENTS.stream().sorted().toList())
            + NOT_ITS_OWN);
    String names = names(statement);
    require(
        !SESSION.matcher(names).find(), "to 'sql:' keeps something in the session" + NOT_ITS_OWN);
    require(
        !HIDDEN.matcher(names).find(),
        "to 'sql:' has a function run a text as a statement: write that statement here");
  }

  /** Where it is not for this to say whether brackets are an array's or around a name. */
  private static void requirePlainBrackets(String statement) {
    Matcher token = TOKEN.matcher(statement);
    Matcher brackets = BRACKETS.matcher(statement);
    while (token.find()) {
      require(
          !token.group().equals("[")
              || brackets.region(token.start(), statement.length()).lookingAt(),
          "to 'sql:': databases read quotes and comments in brackets in different ways; hand such a"
              + " text over as a parameter (:#name)");
    }
  }

  /**
   * Checks a statement for a database that is declared to be only read.
   *
   * @throws IllegalArgumentException if others are told something by it
   */
  static void checkReads(String statement) {
    require(
        !TELLING.matcher(names(statement)).find(),
        "to 'sql:' notifies others, which a database that is readOnly lets it do: declare one that"
            + " is not");
  }

  /**
   * Returns whether a statement that fails may have changed something: its error proves nothing.
   */
  static boolean mayChange(String statement) {
    return COMMITTING.matcher(names(statement)).matches();
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

  /** Returns a statement without its texts and comments, and its names without their quotes. */
  private static String names(String statement) {
    StringBuilder names = new StringBuilder();
    Matcher token = TOKEN.matcher(statement);
    while (token.find()) {
      String text = token.group();
      boolean isText = text.length() > 1 && text.startsWith("'");
      if (text.startsWith("--")
          || text.startsWith("/*")
          || (isText
              && !QUALIFIER
                  .matcher(statement)
                  .region(token.end(), statement.length())
                  .lookingAt())) {
        names.append(' ');
      } else if (text.length() > 1) {
        names.append(' ').append(text, 1, text.length() - 1).append(' ');
      } else {
        names.append(text.equals("[") || text.equals("]") ? " " : text);
      }
    }
    return names.toString();
  }
}
