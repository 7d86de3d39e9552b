package io.openexec;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.execution.Action;
import io.openexec.execution.ActionRegistry;
import io.openexec.execution.Answer;
import io.openexec.execution.Effect;
import io.openexec.execution.ExecutionStore;
import io.openexec.execution.StoreUnavailable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the service says of itself. */
public final class Status {
  /** This version of OpenExec. */
  public static final String VERSION = readVersion();

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Duration PROBE_HOLDS = Duration.ofSeconds(1);

  private final Configuration configuration;
  private final ActionRegistry registry;
  private final TrustFiles trust;
  private final ExecutionStore store;
  private final BooleanSupplier ledgerStuck;
  private final Supplier<Optional<String>> doorProblem;
  private final Clock clock;
  private @Nullable Probe lastProbe;

  private record Probe(boolean writable, long at) {}

  Status(
      Configuration configuration,
      ActionRegistry registry,
      TrustFiles trust,
      ExecutionStore store,
      BooleanSupplier ledgerStuck,
      Supplier<Optional<String>> doorProblem,
      Clock clock) {
    this.configuration = configuration;
    this.registry = registry;
    this.trust = trust;
    this.store = store;
    this.ledgerStuck = ledgerStuck;
    this.doorProblem = doorProblem;
    this.clock = clock;
  }

  /** Answers {@code GET /}. */
  public Answer index() {
    return Answer.of(
        200,
        JSON.objectNode()
            .put("service", "OpenExec")
            .put("status", "running")
            .put("version", VERSION));
  }

  /** Answers {@code GET /version}, with the time in UTC (ISO 8601). */
  public Answer version() {
    return Answer.of(
        200,
        JSON.objectNode()
            .put("version", VERSION)
            .put("timestamp", clock.instant().truncatedTo(ChronoUnit.MICROS).toString()));
  }

  /**
   * Answers {@code GET /actions}: what each registered action is that somebody may have executed,
   * in the order of their names.
   */
  public Answer actions() {
    ArrayNode list = JSON.arrayNode();
    letThrough().forEach(name -> list.add(describe(registry.get(name))));
    return Answer.of(200, list);
  }

  private Stream<String> letThrough() {
    return registry.names().stream().filter(configuration.allowLists()::letThrough);
  }

  private static ObjectNode describe(Action action) {
    ObjectNode described =
        JSON.objectNode()
            .put("name", action.name())
            .put("description", action.description())
            .put("effect", action.effect().name().toLowerCase(Locale.ROOT))
            .put("approvals", action.approvals());
    described.set("schema", action.schema().getSchemaNode());
    action.result().ifPresent(result -> described.set("result", result.getSchemaNode()));
    if (action.effect() == Effect.EFFECTFUL) {
      described.put("timeout_seconds", action.timeout().toMillis() / 1_000.0);
    }
    return described;
  }

  /** Answers {@code GET /health}: that the process serves, and how strictly. */
  public Answer health() {
    boolean demo = configuration.mode() == Configuration.Mode.DEMO;
    ObjectNode health =
        JSON.objectNode()
            .put("status", "healthy")
            .put("exec_mode", demo ? "demo" : "clawshield")
            .put("signature_verification", demo ? "disabled" : "enabled");
    if (demo && !configuration.loopback()) {
      health.put("insecure_demo", true);
    }
    if (ledgerStuck.getAsBoolean()) {
      // What is executed has its receipts all the same; they wait. The log says for what.
      health.put("ledger", "stuck");
    }
    configuration
        .allowList()
        .names()
        .ifPresentOrElse(
            names -> {
              ArrayNode list = JSON.arrayNode();
              names.forEach(list::add);
              health.put("restriction", "restricted").set("allow_list", list);
            },
            () ->
                health
                    .put("restriction", "open")
                    .put("warning", "No execution allow-list configured"));
    return Answer.of(200, health);
  }

  /** Answers {@code GET /ready}: whether a request could be executed now. */
  public Answer ready() {
    List<String> reasons = new ArrayList<>(configurationGaps());
    reasons.addAll(trust.problems());
    if (configuration.keys().isEmpty() && trust.hasNoKey()) {
      reasons.add("OPENEXEC_TRUST has no key: no approval can be verified");
    }
    if (!isStoreWritable()) {
      reasons.add("the store cannot be written: look at the disk and at the service's log");
    }
    doorProblem.get().ifPresent(reasons::add);
    return reasons.isEmpty()
        ? Answer.of(200, JSON.objectNode().put("ready", true))
        : Answer.notReady(String.join("; ", reasons));
  }

  private List<String> configurationGaps() {
    List<String> gaps = new ArrayList<>();
    // Without them there are artifacts only.
    if (configuration.mode() == Configuration.Mode.CLAWSHIELD && configuration.trust().isEmpty()) {
      if (configuration.keys().isEmpty()) {
        gaps.add("CLAWSHIELD_PUBLIC_KEY not configured: no approval can be verified");
      }
      if (configuration.tenant().isEmpty()) {
        gaps.add("CLAWSHIELD_TENANT_ID not configured: no tenant is served");
      }
    }
    if (letThrough().findAny().isEmpty()) {
      gaps.add(
          "no registered action is allowed: check OPENEXEC_ALLOWED_ACTIONS, OPENEXEC_TENANTS and"
              + " the routes");
    }
    return gaps;
  }

  /** Probes at most once a second, so that asking often costs nothing. */
  private synchronized boolean isStoreWritable() {
    if (lastProbe == null || System.nanoTime() - lastProbe.at() > PROBE_HOLDS.toNanos()) {
      boolean writable = probe();
      lastProbe = new Probe(writable, System.nanoTime());
    }
    return lastProbe.writable();
  }

  private boolean probe() {
    try {
      store.probe();
      return true;
    } catch (StoreUnavailable e) {
      return false;
    }
  }

  private static String readVersion() {
    try (InputStream in = Status.class.getResourceAsStream("/openexec.properties")) {
      Properties properties = new Properties();
      properties.load(Objects.requireNonNull(in, "openexec.properties is missing"));
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
