package io.openexec.execution;

import com.networknt.schema.JsonSchema;
import com.networknt.schema.ValidationMessage;
import io.openexec.boundary.Approval;
import io.openexec.boundary.Refusal;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A registered action.
 *
 * @param name its name, that of its file
 * @param description what it does, for people
 * @param effect what it does to the world
 * @param schema what payloads it takes
 * @param result what its results are like, if it says so
 * @param timeout how long an effectful one may run before its outcome counts as unknown
 * @param concurrency how many of it may run at a time, if that is bounded
 * @param definiteErrors the errors that prove that it did not take effect, each with its reason
 *     code, unless they come as {@link Indefinite}
 * @param body what runs
 * @param approvals how many approvals it demands, each of another issuer; of an artifact nobody
 *     knows the issuer, so it only ever does for one
 */
public record Action(
    String name,
    String description,
    Effect effect,
    JsonSchema schema,
    Optional<JsonSchema> result,
    Duration timeout,
    OptionalInt concurrency,
    Map<Class<? extends Throwable>, String> definiteErrors,
    Body body,
    int approvals) {
  private static final int ERRORS_SHOWN = 3;
  private static final int LARGE = 16_384;

  /** Copies the map. */
  public Action {
    definiteErrors = Map.copyOf(definiteErrors);
    if (approvals < 1) {
      throw new IllegalArgumentException("an action demands at least one approval");
    }
    if (concurrency.orElse(1) < 1) {
      throw new IllegalArgumentException("an action of which none may run never runs");
    }
  }

  /** What an action does, whatever carries it. */
  @FunctionalInterface
  public interface Body {
    /**
     * Runs the action.
     *
     * @return the result
     * @throws JsonRefused if it ended, but its result is not a JSON object within the bounds of
     *     {@link io.openexec.receipt.StrictJson}
     * @throws NothingDone if it decided against its effect
     * @throws Indefinite if it raised something after it may have taken effect
     * @throws Exception whatever the action raises
     */
    JsonValue run(JsonValue payload) throws Exception;
  }

  /**
   * Checks a payload against the schema.
   *
   * @throws Refusal 400, with the first errors; of a large payload, with the first
   */
  void check(JsonValue payload) {
    boolean large = payload.compact().length() > LARGE;
    if (large && payload.read(tree -> SchemaMemory.isShortOf(schema.getSchemaNode(), tree))) {
      throw Refusal.payloadRefused(
          name,
          List.of(
              "it has more than "
                  + SchemaMemory.most()
                  + " values, which this service has not the memory to hold against a schema with"
                  + " alternatives"));
    }
    List<String> errors;
    try {
      errors =
          errors(schema, payload, large).stream()
              .map(ValidationMessage::getMessage)
              .limit(ERRORS_SHOWN)
              .toList();
    } catch (StackOverflowError e) {
      // A pattern, say: Java's matcher goes a level deeper for each repetition.
      errors = List.of("it is too long or too deep for a pattern or a reference of the schema");
    }
    if (!errors.isEmpty()) {
      throw Refusal.payloadRefused(name, errors);
    }
  }

  /**
   * @param first whether to stop at the first: each element of a list may have several errors, and
   *     each takes a thousand times its size
   */
  private static Set<ValidationMessage> errors(JsonSchema schema, JsonValue value, boolean first) {
    return value.read(
        tree -> schema.validate(tree, context -> context.getExecutionConfig().setFailFast(first)));
  }

  /**
   * Checks that there are as many approvals as demanded. Demo mode needs none; but where there are
   * any, it is as strict.
   *
   * @throws Refusal 403 if there are not
   */
  void checkNumber(List<Approval> given) {
    if (approvals > 1
        && !given.isEmpty()
        && (given.size() < approvals || !given.stream().allMatch(Approval::isToken))) {
      throw Refusal.approvalsInsufficient(name, approvals);
    }
  }

  /** Runs the action now, in this thread, and says what came of it. Throws nothing. */
  Outcome run(JsonValue payload, ErrorLog log) {
    JsonValue answered;
    try {
      answered = body.run(payload);
    } catch (NothingDone e) {
      return Outcome.failed(e.reason());
    } catch (JsonRefused e) {
      log.failed(name, e);
      return notDefinite(Outcome.RESULT_UNUSABLE);
    } catch (Indefinite e) {
      log.failed(name, e);
      return notDefinite(Outcome.ACTION_ERROR);
    } catch (Exception | LinkageError | StackOverflowError | OutOfMemoryError e) {
      log.failed(name, e);
      String definite = definiteReason(e.getClass());
      return definite == null ? notDefinite(Outcome.ACTION_ERROR) : Outcome.failed(definite);
    }
    return checked(answered, log);
  }

  /** An effectful action whose result does not fit ran all the same. */
  private Outcome checked(JsonValue answered, ErrorLog log) {
    boolean fits;
    try {
      fits = result.isEmpty() || errors(result.get(), answered, true).isEmpty();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      log.failed(name, e);
      fits = false;
    }
    return fits ? Outcome.succeeded(answered) : notDefinite(Outcome.RESULT_SCHEMA);
  }

  /** Returns the reason declared for the class, or else for the nearest of its superclasses. */
  private @Nullable String definiteReason(Class<?> raised) {
    for (Class<?> type = raised; type != null; type = type.getSuperclass()) {
      String reason = definiteErrors.get(type);
      if (reason != null) {
        return reason;
      }
    }
    return null;
  }

  private Outcome notDefinite(String reason) {
    return effect == Effect.PURE ? Outcome.failed(reason) : Outcome.unknown(reason);
  }

  /** Where the errors of actions are logged, without anything of the request. */
  @FunctionalInterface
  interface ErrorLog {
    void failed(String action, Throwable error);
  }
}
