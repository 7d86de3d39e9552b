package io.openexec.audit;

import io.openexec.receipt.CanonicalJson;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The first thing that does not fit; an audit ends with it. */
public final class Misfit extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int MOST_SHOWN = 120;

  private final String where;
  private final String expected;
  private final String found;

  /**
   * Takes what does not fit.
   *
   * @param where which row, leaf, tile or checkpoint
   * @param expected what should be there
   * @param found what is there
   */
  Misfit(String where, String expected, String found) {
    super(where + ": expected " + expected + ", found " + found, null, false, false);
    this.where = where;
    this.expected = expected;
    this.found = found;
  }

  /** Compares two texts, either of which may be absent. */
  static void unlessEqual(String where, @Nullable String expected, @Nullable String found)
      throws Misfit {
    if (!Objects.equals(expected, found)) {
      throw new Misfit(where, shown(expected), shown(found));
    }
  }

  /** Compares two numbers. */
  static void unlessEqual(String where, long expected, long found) throws Misfit {
    if (expected != found) {
      throw new Misfit(where, Long.toString(expected), Long.toString(found));
    }
  }

  /** What is on record is not for the terminal to interpret, nor all of it to be shown. */
  static String shown(@Nullable String text) {
    if (text == null) {
      return "nothing";
    }
    return text.length() <= MOST_SHOWN
        ? CanonicalJson.quoted(text)
        : CanonicalJson.quoted(text.substring(0, MOST_SHOWN)) + "… (" + text.length() + " long)";
  }

  /** Returns which row, leaf, tile or checkpoint it is. */
  public String where() {
    return where;
  }

  /** Returns what should be there. */
  public String expected() {
    return expected;
  }

  /** Returns what is there. */
  public String found() {
    return found;
  }
}
