package io.openexec.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.StrictJson;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What somebody presents as evidence, taken apart; nothing of it is proven.
 *
 * @param latest the receipt in question
 * @param history what it superseded, the oldest first; null if that is not told
 * @param conflicts what contradicts it, by the file
 * @param id what the file is about, if it says so
 * @param facts what the file says beside the receipt, by the names of a receipt's claims, or of
 *     what it {@link Implied implies}; null values say that there is none
 * @param unproven what it says beside those, to be read by people
 */
record Presented(
    Piece latest,
    @Nullable List<Piece> history,
    List<Piece> conflicts,
    @Nullable String id,
    Map<String, JsonNode> facts,
    List<String> unproven) {
  /** The most characters of a file: a large payload and result, and a history of them. */
  static final int MAX_LENGTH = 1 << 26;

  /** The member that marks an export, and its version. */
  static final String EXPORT = "openexec_export";

  static final int VERSION = 1;

  private static final int MAX_HISTORY = 1_000;
  private static final int MAX_DISCLOSURES = 100;

  /**
   * A receipt, and its place in the ledger.
   *
   * @param inclusion as the file has it; null if it says nothing of it
   */
  record Piece(String evidence, List<String> disclosures, @Nullable JsonNode inclusion) {}

  /**
   * Takes apart an export, a receipt (a JWT or an SD-JWT), an answer of {@code /execute}, or one of
   * {@code /receipts/ID}.
   *
   * @throws Unusable if it is none of these
   */
  static Presented parse(String text) {
    String content = text.strip();
    if (!content.startsWith("{")) {
      return new Presented(token(content), null, List.of(), null, Map.of(), List.of());
    }
    JsonNode file;
    try {
      file = StrictJson.parseEnclosing(content, MAX_LENGTH);
    } catch (JsonRefused e) {
      throw new Unusable("not acceptable JSON: " + e.getMessage());
    }
    JsonNode version = file.get(EXPORT);
    if (version != null && !(version.isInt() && version.intValue() == VERSION)) {
      throw new Unusable("an export of another version than " + VERSION);
    }
    Map<String, JsonNode> facts = version == null ? ofAnswer(file) : ofExport(file);
    putAll(Implied.MEMBERS, file, facts);
    List<String> unproven = Stream.of("title", "detail").filter(file::has).toList();
    return new Presented(
        piece(file),
        file.has("history") ? pieces(file, "history") : null,
        file.has("conflicts") ? pieces(file, "conflicts") : List.of(),
        text(file, "id"),
        facts,
        unproven);
  }

  /** RFC 9901, section 4: the JWT, and each disclosure followed by a tilde. */
  private static Piece token(String compact) {
    List<String> parts = Arrays.asList(compact.split("~", -1));
    if (parts.size() > 1 && !parts.get(parts.size() - 1).isEmpty()) {
      throw new Unusable("an SD-JWT that does not end with ~; receipts have no key binding");
    }
    if (parts.size() > MAX_DISCLOSURES || !parts.get(0).matches("[^.\\s]+\\.[^.\\s]+\\.[^.\\s]*")) {
      throw new Unusable("neither JSON nor a JWT");
    }
    return new Piece(parts.get(0), parts.subList(1, Math.max(1, parts.size() - 1)), null);
  }

  private static Piece piece(JsonNode object) {
    JsonNode evidence = object.path("evidence");
    if (!evidence.isTextual()) {
      throw new Unusable(
          "there is no receipt in it: its evidence is "
              + (evidence.isNull() ? "null" : "not a string"));
    }
    return new Piece(
        evidence.textValue(), strings(object.path("disclosures")), object.get("inclusion"));
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    for (JsonNode element : array) {
      if (!element.isTextual() || strings.size() == MAX_DISCLOSURES) {
        throw new Unusable("its disclosures are not at most " + MAX_DISCLOSURES + " strings");
      }
      strings.add(element.textValue());
    }
    if (!array.isMissingNode() && !array.isArray()) {
      throw new Unusable("its disclosures are not an array");
    }
    return strings;
  }

  private static List<Piece> pieces(JsonNode file, String name) {
    JsonNode array = file.path(name);
    if (!array.isArray() || array.size() > MAX_HISTORY) {
      throw new Unusable("its " + name + " is not an array of at most " + MAX_HISTORY);
    }
    List<Piece> pieces = new ArrayList<>();
    for (JsonNode one : array) {
      // The service's answer has the receipts alone.
      pieces.add(one.isTextual() ? new Piece(one.textValue(), List.of(), null) : piece(one));
    }
    return pieces;
  }

  private static @Nullable String text(JsonNode object, String name) {
    return object.path(name).textValue();
  }

  private static Map<String, JsonNode> ofExport(JsonNode file) {
    Map<String, JsonNode> facts = new LinkedHashMap<>();
    for (String name : new String[] {"tenant_id", "action", "payload", "nonce"}) {
      put(facts, name, file.path("request").get(name));
    }
    JsonNode approvals = file.get("approvals");
    put(facts, "approvals", approvals == null || approvals.isEmpty() ? null : approvals);
    for (String name : new String[] {"result", "state", "reason", "receipt"}) {
      put(facts, name, file.get(name));
    }
    return facts;
  }

  private static void put(Map<String, JsonNode> facts, String name, @Nullable JsonNode value) {
    facts.put(name, value == null ? NullNode.getInstance() : value);
  }

  private static Map<String, JsonNode> ofAnswer(JsonNode answer) {
    Map<String, JsonNode> facts = new LinkedHashMap<>();
    putAll(List.of("action", "result", "state", "reason", "receipt"), answer, facts);
    return facts;
  }

  private static void putAll(List<String> names, JsonNode from, Map<String, JsonNode> facts) {
    for (String name : names) {
      if (from.has(name)) {
        facts.put(name, from.get(name));
      }
    }
  }
}
