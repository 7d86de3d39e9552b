package io.openexec.cli;

import io.openexec.receipt.JsonValue;
import io.openexec.receipt.OpenedReceipt;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Checks receipts of outcomes that came after an execution had been settled, and that contradict
 * the settlement. They supersede nothing: whoever reads the receipt in question has to know.
 */
final class Contradictions {
  private static final String ABOUT = "conflicts";

  private final Findings findings;

  Contradictions(Findings findings) {
    this.findings = findings;
  }

  void check(OpenedReceipt receipt, List<OpenedReceipt> conflicts) {
    if (conflicts.isEmpty()) {
      return;
    }
    JsonValue execution = receipt.opened().get("exec_id");
    Set<UUID> seen = new HashSet<>(Set.of(receipt.id()));
    boolean sameExecution = execution != null;
    for (OpenedReceipt conflict : conflicts) {
      JsonValue of = conflict.opened().get("exec_id");
      if (!conflict.status().equals("conflict")
          || !conflict.issuer().equals(receipt.issuer())
          || !seen.add(conflict.id())
          || (execution != null && of != null && !of.equals(execution))) {
        findings.fails(ABOUT, "one is no conflict of the same execution, or is there twice");
        return;
      }
      sameExecution &= of != null;
    }
    findings.holds(
        ABOUT,
        conflicts.size()
            + " receipts tell of an outcome that came after this one was settled, and contradicts it"
            + outcomes(conflicts));
    if (!sameExecution) {
      findings.notVerified(
          ABOUT, "that they are of the same execution, since exec_id is not disclosed");
    }
  }

  private static String outcomes(List<OpenedReceipt> conflicts) {
    String states =
        conflicts.stream()
            .map(conflict -> conflict.opened().get("state"))
            .filter(Objects::nonNull)
            .map(JsonValue::compact)
            .collect(Collectors.joining(", "));
    return states.isEmpty() ? "" : ": " + states;
  }
}
