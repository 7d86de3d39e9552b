package io.openexec.testing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prometheus's text format, version 0.0.4, read as its specification has it, and stricter: each
 * family is there once, with HELP, then TYPE, then its samples and no others; no series is there
 * twice; counters end in {@code _total}; the buckets of a histogram rise, and end with its count.
 */
public final class Exposition {
  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final Pattern HELP = Pattern.compile("# HELP (" + NAME + ") (.+)");
  private static final Pattern TYPE =
      Pattern.compile("# TYPE (" + NAME + ") (counter|gauge|histogram|summary|untyped)");
  private static final Pattern SAMPLE =
      Pattern.compile("(" + NAME + ")(?:\\{(.*)})? (NaN|[+-]Inf|-?[0-9.]+(?:E-?[0-9]+)?)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\\"n])*)\"(?:,(?=.)|$)");

  private final Map<String, String> types = new LinkedHashMap<>();
  private final Map<String, Map<Map<String, String>, Double>> samples = new LinkedHashMap<>();

  private Exposition() {}

  /** Parses it; fails if it is not as it has to be. */
  public static Exposition parse(String text) {
    require(text.endsWith("\n"), "the last line has no end");
    require(!text.contains("\r"), "a carriage return");
    Exposition parsed = new Exposition();
    String help = null;
    String family = null;
    for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
      Matcher helped = HELP.matcher(line);
      Matcher typed = TYPE.matcher(line);
      if (helped.matches()) {
        require(help == null, "HELP without TYPE before " + line);
        help = helped.group(1);
      } else if (typed.matches()) {
        family = typed.group(1);
        require(family.equals(help), "TYPE without HELP: " + line);
        require(parsed.types.put(family, typed.group(2)) == null, "twice: " + line);
        help = null;
      } else {
        require(help == null && family != null, "neither HELP, TYPE nor a sample: " + line);
        parsed.add(family, line);
      }
    }
    parsed.types.keySet().forEach(parsed::check);
    return parsed;
  }

  private void add(String family, String line) {
    Matcher sample = SAMPLE.matcher(line);
    require(sample.matches(), "not a sample: " + line);
    String name = sample.group(1);
    require(
        name.startsWith(family) && suffixes(family).contains(name.substring(family.length())),
        "not of " + family + ": " + line);
    Map<String, String> labels = labels(sample.group(2), line);
    Double before =
        samples
            .computeIfAbsent(name, added -> new LinkedHashMap<>())
            .put(labels, number(sample.group(3)));
    require(before == null, "twice: " + line);
  }

  private Set<String> suffixes(String family) {
    return switch (types.get(family)) {
      case "histogram" -> Set.of("_bucket", "_sum", "_count");
      case "summary" -> Set.of("", "_sum", "_count");
      default -> Set.of("");
    };
  }

  private static Map<String, String> labels(String text, String line) {
    Map<String, String> labels = new TreeMap<>();
    if (text == null) {
      return labels;
    }
    Matcher label = LABEL.matcher(text);
    int end = 0;
    while (label.find() && label.start() == end) {
      require(labels.put(label.group(1), label.group(2)) == null, "a label twice: " + line);
      end = label.end();
    }
    require(end == text.length() && end > 0, "not labels: " + line);
    return labels;
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private void check(String family) {
    switch (types.get(family)) {
      case "counter" -> {
        require(family.endsWith("_total"), "a counter without _total: " + family);
        samples
            .getOrDefault(family, Map.of())
            .forEach((labels, value) -> require(value >= 0, "below 0: " + family + labels));
      }
      case "histogram" -> checkHistogram(family);
      default -> require(!family.endsWith("_total"), "no counter, and _total: " + family);
    }
  }

  private void checkHistogram(String family) {
    samples
        .get(family + "_count")
        .forEach(
            (labels, count) -> {
              List<Double> bounds = new ArrayList<>();
              double last = 0;
              for (Map.Entry<Map<String, String>, Double> bucket :
                  samples.get(family + "_bucket").entrySet()) {
                Map<String, String> others = new TreeMap<>(bucket.getKey());
                double bound = number(String.valueOf(others.remove("le")));
                if (others.equals(labels)) {
                  require(
                      bounds.isEmpty() || bounds.get(bounds.size() - 1) < bound,
                      "order of " + family);
                  require(last <= bucket.getValue(), "buckets that fall: " + family);
                  bounds.add(bound);
                  last = bucket.getValue();
                }
              }
              require(
                  !bounds.isEmpty() && bounds.get(bounds.size() - 1).isInfinite(),
                  "+Inf: " + family);
              require(last == count, "+Inf is not the count: " + family);
              require(samples.get(family + "_sum").containsKey(labels), "no sum: " + family);
            });
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  /** The families, with their types. */
  public Map<String, String> types() {
    return types;
  }

  /** Every value of every label of the names that begin so. */
  public List<String> labelValues(String prefix) {
    return samples.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(prefix))
        .map(Map.Entry::getValue)
        .flatMap(series -> series.keySet().stream())
        .flatMap(labels -> labels.values().stream())
        .distinct()
        .toList();
  }

  /** The names of the labels of a family, in all its series. */
  public Set<String> labelNames(String name) {
    Set<String> names = new TreeSet<>();
    samples.getOrDefault(name, Map.of()).keySet().forEach(labels -> names.addAll(labels.keySet()));
    return names;
  }

  /** Returns whether there is a series of that name. */
  public boolean has(String name, String... labels) {
    return samples.getOrDefault(name, Map.of()).containsKey(map(labels));
  }

  /** The value of a series; fails if there is none. */
  public double value(String name, String... labels) {
    Double value = samples.getOrDefault(name, Map.of()).get(map(labels));
    if (value == null) {
      throw new AssertionError("no " + name + map(labels) + " among " + samples.get(name));
    }
    return value;
  }

  /** The sum of all series of a name. */
  public double sum(String name) {
    return samples.getOrDefault(name, Map.of()).values().stream().mapToDouble(v -> v).sum();
  }

  private static Map<String, String> map(String... labels) {
    Map<String, String> map = new TreeMap<>();
    for (int i = 0; i < labels.length; i += 2) {
      map.put(labels[i], labels[i + 1]);
    }
    return map;
  }
}
