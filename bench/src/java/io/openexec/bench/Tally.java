package io.openexec.bench;

import java.util.Map;
import java.util.TreeMap;

/** How the requests that went to one store were answered. One thread at a time writes it. */
final class Tally {
  private static final int EXCERPT = 200;

  private final Map<String, Long> others = new TreeMap<>();
  private final Map<String, String> excerpts = new TreeMap<>();
  private long acknowledged;
  private long longestSilence;

  void acknowledged() {
    acknowledged++;
  }

  void other(String kind, String text) {
    others.merge(kind, 1L, Long::sum);
    excerpts.putIfAbsent(kind, text.substring(0, Math.min(EXCERPT, text.length())));
  }

  void silence(long nanos) {
    longestSilence = Math.max(longestSilence, nanos);
  }

  void add(Tally tally) {
    silence(tally.longestSilence);
    acknowledged += tally.acknowledged;
    tally.others.forEach((kind, count) -> others.merge(kind, count, Long::sum));
    tally.excerpts.forEach(excerpts::putIfAbsent);
  }

  /** Returns the longest time, in seconds, in which nothing was answered though it should be. */
  double longestSilence() {
    return longestSilence / 1e9;
  }

  /** Returns the number of right answers with status 200. */
  long acknowledgedCount() {
    return acknowledged;
  }

  /** Returns how many answers there were of each other kind. */
  Map<String, Long> others() {
    return others;
  }

  /** Returns the beginning of one answer of each other kind. */
  Map<String, String> excerpts() {
    return excerpts;
  }
}
