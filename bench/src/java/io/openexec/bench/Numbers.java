package io.openexec.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What many measurements come to. */
final class Numbers {
  private Numbers() {}

  static double median(List<Double> values) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  static <T> List<Double> of(List<T> measurements, ToDoubleFunction<T> figure) {
    List<Double> values = new ArrayList<>();
    measurements.forEach(m -> values.add(figure.applyAsDouble(m)));
    return values;
  }

  /**
   * Returns the median of the rounds' ratios: each round of one beside the same round of the other,
   * so that a slow moment of the machine is in both.
   */
  static double ratio(List<Double> values, List<Double> others) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < Math.min(values.size(), others.size()); i++) {
      ratios.add(values.get(i) / others.get(i));
    }
    return median(ratios);
  }
}
