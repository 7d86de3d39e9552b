package io.openexec.metrics;

import io.openexec.boundary.Reason;
import io.openexec.execution.Claim.OnRecord;
import io.openexec.execution.Execution;
import io.openexec.execution.State;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What came in by the doors, and what the gates made of it, since the start. */
public final class Traffic {
  private static final String NO_REASON = "none";
  private static final String OTHER_REASON = "other";
  // Action files declare them, and an operator who settles may invent one.
  private static final int MOST_REASONS = 64;
  private static final EnumSet<Reason> OF_HTTP =
      EnumSet.range(Reason.BAD_REQUEST, Reason.MISDIRECTED);
  // Those of what is on record: no denials.
  private static final EnumSet<Reason> OF_EXECUTIONS =
      EnumSet.of(Reason.EXECUTION_RUNNING, Reason.OUTCOME_UNKNOWN, Reason.ACTION_FAILED);

  private final Tally<Door> requests = new Tally<>(Arrays.asList(Door.values()));
  private final Map<String, Map<State, Tally<String>>> executions = new TreeMap<>();
  private final Tally<State> replays = new Tally<>(Arrays.asList(State.values()));
  private final Tally<Reason> denials;
  private final Tally<Reason> httpRefusals;
  private final Tally<MessageResult> messages = new Tally<>(Arrays.asList(MessageResult.values()));
  private final Histogram executeDuration =
      Histogram.ofDurations(
          1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000);

  /** Where a request comes in. */
  public enum Door {
    /** {@code POST /execute}. */
    HTTP,
    /** The queue of requests. */
    QUEUE,
    /** The file drop. */
    FILE,
    /** A door that the operator wrote, or the application that the service is embedded in. */
    OTHER
  }

  /** What becomes of a message. */
  public enum MessageResult {
    /** It is answered by a success. */
    SUCCEEDED,
    /** It is answered by anything else. */
    REFUSED,
    /** It is put aside: it is no request. */
    REJECTED,
    /** It is put to the end of its queue: its answer is not final yet. */
    POSTPONED
  }

  /**
   * Begins at 0.
   *
   * @param actions the names of the registered actions
   */
  public Traffic(Collection<String> actions) {
    EnumSet<Reason> http = EnumSet.copyOf(OF_HTTP);
    http.addAll(List.of(Reason.OVERLOADED, Reason.SHUTTING_DOWN, Reason.INTERNAL_ERROR));
    httpRefusals = new Tally<>(http);
    EnumSet<Reason> gates = EnumSet.complementOf(OF_HTTP);
    gates.removeAll(OF_EXECUTIONS);
    denials = new Tally<>(gates);
    actions.forEach(action -> executions.put(action, byState()));
  }

  private static Map<State, Tally<String>> byState() {
    Map<State, Tally<String>> states = new EnumMap<>(State.class);
    for (State state : State.values()) {
      boolean bare = state == State.SUCCEEDED || state == State.RUNNING;
      states.put(state, new Tally<>(bare ? List.of(NO_REASON) : List.of()));
    }
    return states;
  }

  /** Counts a request that reached the gates. */
  public void came(Door door) {
    requests.count(door);
  }

  /** Counts what a request is answered from: an execution of its own, or one on record. */
  public void answered(OnRecord record) {
    Execution execution = record.execution();
    if (record.replayed()) {
      replays.count(execution.state());
      return;
    }
    Map<State, Tally<String>> states = executions.get(execution.action());
    Tally<String> reasons = states == null ? null : states.get(execution.state());
    if (reasons != null) {
      String reason = execution.reason();
      reasons.count(reason == null ? NO_REASON : reason, MOST_REASONS, OTHER_REASON);
    }
  }

  /** Counts a request that a gate refused. */
  public void denied(Reason reason) {
    denials.count(reason);
  }

  /** Counts what the HTTP server refused before any gate. */
  public void refusedByHttp(Reason reason) {
    httpRefusals.count(reason);
  }

  /** Counts a message that was dealt with. */
  public void dealtWith(MessageResult result) {
    messages.count(result);
  }

  /** Records how long a {@code POST /execute} took, from its last byte to its answer. */
  public void executedWithin(long nanos) {
    executeDuration.record(nanos);
  }

  /** Adds what the gates counted. */
  public void addTo(Samples samples) {
    samples.counter(
        "openexec_requests",
        "Requests that reached the gates.",
        "door",
        requests.by(Traffic::label));
    addExecutions(samples);
    samples.counter(
        "openexec_replays",
        "Requests answered from the record, by what stands there.",
        "status",
        replays.by(State::code));
    samples.counter(
        "openexec_denials", "Requests that a gate refused.", "reason", denials.by(Reason::code));
    samples.histogram(
        "openexec_execute_duration_seconds",
        "POST /execute, from the last byte of the request to its answer.",
        executeDuration);
    samples.counter(
        "openexec_http_refusals",
        "HTTP requests refused before any gate.",
        "reason",
        httpRefusals.by(Reason::code));
  }

  private void addExecutions(Samples samples) {
    Samples.Family family =
        samples.counters(
            "openexec_executions",
            "Executions, by the outcome that they were answered with.",
            "action",
            "status",
            "reason");
    executions.forEach(
        (action, states) ->
            states.forEach(
                (state, reasons) ->
                    reasons
                        .by(reason -> reason)
                        .forEach(
                            (reason, count) -> family.add(count, action, state.code(), reason))));
  }

  /** Adds what became of messages. */
  public void addMessagesTo(Samples samples) {
    samples.counter(
        "openexec_queue_messages", "Messages dealt with.", "result", messages.by(Traffic::label));
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
