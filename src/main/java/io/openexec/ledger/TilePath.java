package io.openexec.ledger;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a log serves below {@code tile/} (c2sp.org/tlog-tiles). */
public sealed interface TilePath permits TileId, BundleId {
  /** The hashes of a full tile, and the entries of a full bundle. */
  int FULL = 256;

  /**
   * Returns the path: {@code tile/<L>/<N>[.p/<W>]} or {@code tile/entries/<N>[.p/<W>]}, index
   * 1234067 being written as {@code x001/x234/067}, and the width only if it is not the full one.
   */
  String path();

  /**
   * Reads a path in the one spelling that {@link #path()} has.
   *
   * @param path without a slash before it
   * @return empty if the path is spelt in any other way, or no tree has such a tile
   */
  static Optional<TilePath> parse(String path) {
    return Paths.parse(path);
  }

  /** The paths' grammar. */
  final class Paths {
    private static final String ENTRIES = "entries";
    private static final Pattern FORM =
        Pattern.compile("tile/(entries|[0-9])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\\.p/([0-9]{1,3}))?");

    private Paths() {}

    private static Optional<TilePath> parse(String path) {
      Matcher form = FORM.matcher(path);
      if (!form.matches()) {
        return Optional.empty();
      }
      long index = Long.parseLong(form.group(2).replace("x", "").replace("/", ""));
      int width = width(form.group(3));
      try {
        TilePath parsed =
            form.group(1).equals(ENTRIES)
                ? new BundleId(index, width)
                : new TileId(Integer.parseInt(form.group(1)), index, width);
        // Leading zeros of any kind, and the full width written out, do not come back.
        return parsed.path().equals(path) ? Optional.of(parsed) : Optional.empty();
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }

    private static int width(@Nullable String partial) {
      return partial == null ? FULL : Integer.parseInt(partial);
    }

    static String format(int level, long index, int width) {
      return format(Integer.toString(level), index, width);
    }

    static String formatEntries(long index, int width) {
      return format(ENTRIES, index, width);
    }

    private static String format(String level, long index, int width) {
      StringBuilder path = new StringBuilder(threeDigits(index % 1000));
      for (long rest = index / 1000; rest > 0; rest /= 1000) {
        path.insert(0, "x" + threeDigits(rest % 1000) + "/");
      }
      path.insert(0, "tile/" + level + "/");
      return width == FULL ? path.toString() : path.append(".p/").append(width).toString();
    }

    private static String threeDigits(long number) {
      return Long.toString(1000 + number).substring(1);
    }
  }
}
