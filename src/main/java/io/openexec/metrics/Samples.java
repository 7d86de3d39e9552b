package io.openexec.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The metrics of one moment. Names are Prometheus's, counters without their {@code _total}. */
public final class Samples {
  private final List<Supplier<MetricSnapshot>> families = new ArrayList<>();

  Samples() {}

  /** One metric's values. */
  @FunctionalInterface
  public interface Family {
    /** Adds a value, with the values of the labels in the order of their names. */
    void add(double value, String... labels);
  }

  /** Adds a counter without labels. */
  public void counter(String name, String help, long value) {
    counters(name, help).add((double) value);
  }

  /** Adds a counter with one label, by its values. */
  public void counter(String name, String help, String label, Map<String, Long> values) {
    Family family = counters(name, help, label);
    values.forEach((value, count) -> family.add(count, value));
  }

  /** Adds a counter with these labels, for values that are still to be added. */
  public Family counters(String name, String help, String... labels) {
    CounterSnapshot.Builder builder = CounterSnapshot.builder().name(name).help(help);
    families.add(builder::build);
    return (value, values) ->
        builder.dataPoint(
            CounterDataPointSnapshot.builder()
                .value(value)
                .labels(Labels.of(labels, values))
                .build());
  }

  /** Adds a gauge without labels. */
  public void gauge(String name, String help, double value) {
    gauges(name, help).add(value);
  }

  /** Adds a gauge that is 1 or 0. */
  public void gauge(String name, String help, boolean value) {
    gauge(name, help, value ? 1 : 0);
  }

  /** Adds a gauge with these labels, for values that are still to be added. */
  public Family gauges(String name, String help, String... labels) {
    GaugeSnapshot.Builder builder = GaugeSnapshot.builder().name(name).help(help);
    families.add(builder::build);
    return (value, values) ->
        builder.dataPoint(
            GaugeDataPointSnapshot.builder()
                .value(value)
                .labels(Labels.of(labels, values))
                .build());
  }

  /** Adds a histogram. */
  public void histogram(String name, String help, Histogram histogram) {
    HistogramDataPointSnapshot point =
        HistogramDataPointSnapshot.builder()
            .classicHistogramBuckets(
                ClassicHistogramBuckets.of(histogram.bounds(), histogram.counts()))
            .sum(histogram.sum())
            .build();
    families.add(HistogramSnapshot.builder().name(name).help(help).dataPoint(point)::build);
  }

  /** Adds what never changes: a gauge {@code NAME_info} that is 1, with its labels. */
  public void info(String name, String help, Map<String, String> values) {
    Labels.Builder labels = Labels.builder();
    values.forEach(labels::label);
    InfoDataPointSnapshot point = InfoDataPointSnapshot.builder().labels(labels.build()).build();
    families.add(InfoSnapshot.builder().name(name).help(help).dataPoint(point)::build);
  }

  MetricSnapshots all() {
    return new MetricSnapshots(families.stream().map(Supplier::get).toList());
  }
}
