package io.openexec.metrics;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/** How often each of a few codes came. */
final class Tally<K> {
  private final Map<K, LongAdder> counts = new ConcurrentHashMap<>();

  /** Begins with these codes at 0, so that their first time is seen as an increase. */
  Tally(Collection<K> codes) {
    codes.forEach(code -> counts.put(code, new LongAdder()));
  }

  void count(K code) {
    LongAdder known = counts.get(code);
    if (known == null) {
      known = counts.computeIfAbsent(code, added -> new LongAdder());
    }
    known.increment();
  }

  /** Counts a code if there is room for it beside the others, or else another one. */
  void count(K code, int most, K instead) {
    count(counts.containsKey(code) || counts.size() < most ? code : instead);
  }

  /** Returns the counts, by the codes as labels have them. */
  Map<String, Long> by(Function<K, String> label) {
    Map<String, Long> shown = new TreeMap<>();
    counts.forEach((code, count) -> shown.put(label.apply(code), count.sum()));
    return shown;
  }
}
