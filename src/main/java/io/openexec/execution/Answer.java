package io.openexec.execution;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.execution.Claim.OnRecord;
import io.openexec.receipt.Receipt;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request, the same at every door: made here from an execution on record or from a
 * refusal, and only carried by the door.
 *
 * @param status the HTTP status code
 * @param json the body, ASCII
 * @param replayed whether the answer repeats an earlier one ({@code Idempotent-Replayed: true})
 * @param retryAfter after how many seconds sending the same request again makes sense, if it does
 */
public record Answer(int status, String json, boolean replayed, OptionalInt retryAfter) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().configure(JsonWriteFeature.ESCAPE_NON_ASCII, true).build();
  private static final List<String> LARGE = List.of("result", "disclosures");
  private static final int OK = 200;
  private static final int NOT_READY = 503;

  /** Returns whether the body is a problem document (RFC 9457). */
  public boolean isProblem() {
    return status >= 400;
  }

  /** Returns the media type of the body. */
  public String mediaType() {
    return isProblem() ? "application/problem+json" : "application/json";
  }

  /**
   * Returns whether this is all there will ever be to say. If not, nothing is decided or it is not
   * known yet, and the same request is to be sent again: a door that answers later, such as a
   * queue, does so, and answers nothing before.
   */
  public boolean isFinal() {
    return status != NOT_READY && retryAfter.isEmpty();
  }

  /** Returns the code of the problem, as {@link Reason#code} has it, if it is one and has one. */
  public Optional<String> code() {
    if (!isProblem()) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(MAPPER.readTree(json).path("code").textValue());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer is JSON", e);
    }
  }

  /**
   * Returns whether it says nothing of the request, but that the service itself has a fault. That
   * may pass: a door that answers later tries again, a few times, before it hands this out.
   */
  public boolean isFault() {
    return status == Reason.INTERNAL_ERROR.status()
        && code().equals(Optional.of(Reason.INTERNAL_ERROR.code()));
  }

  /** Returns the body as bytes. */
  public byte[] bytes() {
    return json.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Returns the same answer without what makes it large, for whom cannot be handed all of it: null
   * stands for the result and for the disclosures, and {@code detail} says how to get them.
   */
  public Answer brief() {
    ObjectNode body;
    try {
      body = (ObjectNode) MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer is JSON", e);
    }
    for (String large : LARGE) {
      if (body.has(large)) {
        body.putNull(large);
      }
    }
    String more =
        "The answer is larger than can be sent here ("
            + json.length()
            + " characters): the same request again over HTTP executes nothing and is answered all"
            + " of it.";
    body.put("detail", isProblem() ? body.path("detail").asText() + " " + more : more);
    return new Answer(status, write(body), replayed, retryAfter);
  }

  /** Returns a plain answer. */
  public static Answer of(int status, JsonNode body) {
    return new Answer(status, write(body), false, OptionalInt.empty());
  }

  /** Returns the answer that an execution on record stands for: 200, 500 or 409. */
  public static Answer of(OnRecord record) {
    Execution execution = record.execution();
    return switch (execution.state()) {
      case SUCCEEDED -> succeeded(execution, record.replayed());
      case FAILED ->
          problem(
              Reason.ACTION_FAILED,
              "The action failed ("
                  + execution.reason()
                  + ") and is known not to have taken effect. To try again, send a new nonce and,"
                  + " where approvals are required, a new approval.",
              execution,
              record.replayed());
      case UNKNOWN ->
          problem(Reason.OUTCOME_UNKNOWN, unknown(execution), execution, record.replayed());
      case RUNNING ->
          problem(
              Reason.EXECUTION_RUNNING,
              "The nonce is being executed and its outcome is not on record yet. Send the same"
                  + " request again.",
              execution,
              // Nothing is on record that could be repeated.
              false);
    };
  }

  private static String unknown(Execution execution) {
    String what =
        "The outcome is unknown ("
            + execution.reason()
            + "): the action may or may not have taken effect, and is not run again by itself. ";
    return what
        + (Outcome.NOT_TAKEN_OVER.equals(execution.reason())
            ? "Ask the operator to look at the target, and at the kept file of OpenExec 0.1.10,"
                + " whose record of it could not be taken over."
            : "Ask the operator to look at the target and to settle this id.");
  }

  /** Returns the answer to what is no request that a gate could judge. */
  public static Answer refusing(Refusal refusal) {
    return refusing(Denial.undecided(refusal));
  }

  /** Returns the answer to a request that was not executed. */
  public static Answer refusing(Denial denial) {
    Reason reason = denial.refusal().reason();
    ObjectNode body = problem(reason, denial.refusal().detail());
    Receipt receipt = denial.receipt();
    if (receipt != null) {
      body.put("id", receipt.id().toString());
    }
    if (denial.decided()) {
      putEvidence(body, receipt);
    }
    return new Answer(reason.status(), write(body), false, retryAfter(reason));
  }

  /** Returns the problem document that says why nothing could be executed now. */
  public static Answer notReady(String detail) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("ready", false);
    body.put("type", "about:blank");
    body.put("title", title(NOT_READY));
    body.put("status", NOT_READY);
    body.put("detail", detail);
    return new Answer(NOT_READY, write(body), false, OptionalInt.empty());
  }

  private static Answer succeeded(Execution execution, boolean replayed) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("id", execution.id().toString());
    body.put("action", execution.action());
    // The very text that the receipt hash covers.
    body.putRawValue("result", new RawValue(execution.result()));
    body.put("approved", true);
    body.put("receipt", String.valueOf(execution.receipt()));
    putEvidence(body, execution);
    return new Answer(OK, write(body), replayed, OptionalInt.empty());
  }

  private static Answer problem(
      Reason reason, String detail, Execution execution, boolean replayed) {
    ObjectNode body = problem(reason, detail);
    body.put("id", execution.id().toString());
    body.put("state", execution.state().code());
    Optional.ofNullable(execution.reason()).ifPresent(code -> body.put("reason", code));
    Optional.ofNullable(execution.receipt()).ifPresent(hash -> body.put("receipt", hash.hex()));
    putEvidence(body, execution);
    return new Answer(reason.status(), write(body), replayed, retryAfter(reason));
  }

  /** What OpenExec 0.1.10 executed is answered as it did. */
  private static void putEvidence(ObjectNode body, Execution execution) {
    if (execution.evidence() != null || execution.state() == State.RUNNING) {
      putEvidence(body, execution.evidence());
    }
  }

  /** Null says that there is none. */
  private static void putEvidence(ObjectNode body, @Nullable Receipt receipt) {
    if (receipt == null) {
      body.putNull("evidence");
      return;
    }
    // As they are: base64url and dots.
    body.putRawValue("evidence", new RawValue("\"" + receipt.evidence() + "\""));
    body.putRawValue("disclosures", new RawValue(receipt.disclosuresJson()));
  }

  private static ObjectNode problem(Reason reason, String detail) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("type", "about:blank");
    body.put("title", title(reason.status()));
    body.put("status", reason.status());
    body.put("detail", detail);
    body.put("code", reason.code());
    return body;
  }

  private static OptionalInt retryAfter(Reason reason) {
    return switch (reason) {
      case EXECUTION_RUNNING, OVERLOADED, STORE_UNAVAILABLE, SHUTTING_DOWN -> OptionalInt.of(1);
      default -> OptionalInt.empty();
    };
  }

  /** The phrases of RFC 9110, as RFC 9457 section 4.2.1 wants them with {@code about:blank}. */
  private static String title(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 409 -> "Conflict";
      case 408 -> "Request Timeout";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 415 -> "Unsupported Media Type";
      case 417 -> "Expectation Failed";
      case 421 -> "Misdirected Request";
      case 422 -> "Unprocessable Content";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 503 -> "Service Unavailable";
      default -> throw new IllegalArgumentException("no problem has status " + status);
    };
  }

  private static String write(JsonNode body) {
    try {
      return MAPPER.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
  }
}
