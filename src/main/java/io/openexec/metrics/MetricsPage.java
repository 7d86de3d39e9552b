package io.openexec.metrics;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The service's metrics and those of its JVM, in Prometheus's text format, version 0.0.4. What
 * makes them is loaded when they are asked for the first time; from then on collections of the heap
 * are counted.
 */
public final class MetricsPage implements AutoCloseable {
  /** The media type of {@link #render}. */
  public static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Consumer<Samples> source;
  private @Nullable Open open;

  /**
   * Makes a page of what a source adds.
   *
   * @param source adds what holds at the moment, each time it is asked; each metric once
   */
  public MetricsPage(Consumer<Samples> source) {
    this.source = source;
  }

  /** Returns the metrics of this moment, as UTF-8. */
  public byte[] render() {
    return registry().scrape(TYPE).getBytes(StandardCharsets.UTF_8);
  }

  private synchronized PrometheusMeterRegistry registry() {
    if (open == null) {
      open = Open.over(source);
    }
    return open.registry;
  }

  /** A registry, and what listens to the collector for it. */
  private record Open(PrometheusMeterRegistry registry, JvmGcMetrics collector) {
    static Open over(Consumer<Samples> source) {
      PrometheusRegistry ours = new PrometheusRegistry();
      ours.register(
          () -> {
            Samples samples = new Samples();
            source.accept(samples);
            return samples.all();
          });
      PrometheusMeterRegistry registry =
          new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, ours, Clock.SYSTEM);
      JvmGcMetrics collector = new JvmGcMetrics();
      collector.bindTo(registry);
      new JvmMemoryMetrics().bindTo(registry);
      new JvmThreadMetrics().bindTo(registry);
      new ProcessorMetrics().bindTo(registry);
      new FileDescriptorMetrics().bindTo(registry);
      new UptimeMetrics().bindTo(registry);
      return new Open(registry, collector);
    }
  }

  /** Listens to the collector no more. */
  @Override
  public synchronized void close() {
    if (open != null) {
      open.collector.close();
      open.registry.close();
      open = null;
    }
  }
}
