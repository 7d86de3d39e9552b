package io.openexec.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.boundary.Reason;
import io.openexec.receipt.OpenedReceipt;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The members of an answer that no receipt has, and that each receipt implies: {@code approved},
 * the HTTP {@code status}, and the problem's {@code code}.
 */
final class Implied {
  static final List<String> MEMBERS = List.of("approved", "status", "code");

  private static final int OK = 200;

  private Implied() {}

  /** Returns whether an answer that has this receipt may say so. */
  static boolean agrees(String member, JsonNode value, OpenedReceipt receipt) {
    boolean succeeded = receipt.status().equals("succeeded");
    if (member.equals("approved")) {
      return value.isBoolean() && value.booleanValue() == succeeded;
    }
    if (succeeded) {
      return member.equals("status") && value.isInt() && value.intValue() == OK;
    }
    Optional<Reason> reason = reason(receipt);
    return member.equals("status")
        ? value.isInt() && reason.filter(why -> why.status() == value.intValue()).isPresent()
        : value.isTextual() && reason.filter(why -> why.code().equals(value.asText())).isPresent();
  }

  /** The reason of the problem that is answered with such a receipt, if one is. */
  private static Optional<Reason> reason(OpenedReceipt receipt) {
    return switch (receipt.status()) {
      case "failed" -> Optional.of(Reason.ACTION_FAILED);
      case "unknown" -> Optional.of(Reason.OUTCOME_UNKNOWN);
      case "denied" ->
          Arrays.stream(Reason.values())
              .filter(reason -> receipt.reason().filter(reason.code()::equals).isPresent())
              .findFirst();
      default -> Optional.empty();
    };
  }
}
