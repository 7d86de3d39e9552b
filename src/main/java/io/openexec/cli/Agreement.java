package io.openexec.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.OpenedReceipt;
import io.openexec.receipt.ReceiptHash;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks that what a file says in plain text is what its receipt has. What only the file says would
 * else pass for verified.
 */
final class Agreement {
  private static final String FILE = "file";
  private static final Set<String> SAME_THROUGHOUT =
      Set.of("exec_id", "tenant_id", "action", "payload", "nonce", "approvals");

  private final Findings findings;
  private boolean agrees = true;

  Agreement(Findings findings) {
    this.findings = findings;
  }

  void check(Presented presented, OpenedReceipt receipt, List<OpenedReceipt> earlier) {
    for (Map.Entry<String, JsonNode> fact : presented.facts().entrySet()) {
      check(fact.getKey(), fact.getValue(), receipt);
    }
    for (OpenedReceipt before : earlier) {
      checkSameRequest(before, receipt);
    }
    if (agrees && !presented.facts().isEmpty()) {
      findings.holds(
          FILE,
          "its " + String.join(", ", presented.facts().keySet()) + " are what the receipt has");
    }
    checkId(presented.id(), receipt);
    if (!presented.unproven().isEmpty()) {
      findings.notVerified(
          FILE, "its " + String.join(", ", presented.unproven()) + ", which are in no receipt");
    }
    if (receipt.opened().containsKey("approvals")) {
      findings.notVerified(
          FILE, "the approvals' own signatures, for which the approvers' keys are needed");
    }
  }

  private void check(String name, JsonNode value, OpenedReceipt receipt) {
    switch (name) {
      case "state" -> require(name, value, receipt.status());
      case "reason" -> require(name, value, receipt.reason().orElse(null));
      case "receipt" -> require(name, value, hash(receipt));
      case "approved", "status", "code" -> {
        if (!Implied.agrees(name, value, receipt)) {
          fail("its " + name + " is not what an answer with that receipt has");
        }
      }
      default -> requireOpened(name, value, receipt.opened().get(name));
    }
  }

  private void require(String name, JsonNode value, @Nullable String expected) {
    if (value.isNull()
        ? expected != null
        : !value.isTextual() || !value.textValue().equals(expected)) {
      fail("its " + name + " is not what the receipt has");
    }
  }

  private void requireOpened(String name, JsonNode value, @Nullable JsonValue opened) {
    if (opened == null) {
      if (!value.isNull()) {
        fail("it has a " + name + " that no disclosure of the receipt opens");
      }
    } else if (!opened.equals(JsonValue.of(value))) {
      fail("its " + name + " is not what the receipt has");
    }
  }

  /** The hash of OpenExec 0.1.10 that goes with the receipt; null if there is none. */
  static @Nullable String hash(OpenedReceipt receipt) {
    Optional<String> id = text(receipt, "exec_id");
    if (id.isEmpty() || receipt.status().equals("conflict")) {
      return null;
    }
    JsonValue result = receipt.opened().get("result");
    Hash hash =
        result != null
            ? ReceiptHash.of(id.get(), result)
            : ReceiptHash.ofState(id.get(), receipt.reason().orElse(""), receipt.status());
    return hash.hex();
  }

  private static Optional<String> text(OpenedReceipt receipt, String name) {
    return opened(receipt, name)
        .flatMap(value -> value.read(node -> Optional.ofNullable(node.textValue())));
  }

  private static Optional<JsonValue> opened(OpenedReceipt receipt, String name) {
    return Optional.ofNullable(receipt.opened().get(name));
  }

  private void checkSameRequest(OpenedReceipt before, OpenedReceipt receipt) {
    for (String name : SAME_THROUGHOUT) {
      Optional<JsonValue> earlier = opened(before, name);
      Optional<JsonValue> now = opened(receipt, name);
      if (earlier.isPresent() && now.isPresent() && !earlier.equals(now)) {
        fail("an earlier receipt has another " + name);
      }
    }
  }

  /** A denial is of no execution, so that its own id is all that it can be known by. */
  private void checkId(@Nullable String id, OpenedReceipt receipt) {
    if (id == null || id.equals(receipt.id().toString())) {
      return;
    }
    Optional<String> execution = text(receipt, "exec_id");
    boolean concealed = receipt.concealed() > 0 && !receipt.status().equals("denied");
    if (execution.isEmpty() && concealed) {
      findings.notVerified(FILE, "that the receipt is of its id, since exec_id is not disclosed");
    } else if (!execution.equals(Optional.of(id))) {
      fail("its id is neither the receipt's nor the execution's");
    }
  }

  private void fail(String statement) {
    agrees = false;
    findings.fails(FILE, statement);
  }
}
