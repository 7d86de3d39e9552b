package io.openexec.component;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What {@code openexec:NAME} does; the message's body is what the HTTP door takes. */
enum Operation {
  /** Executes a request, and answers at once, be it that it is not final yet. */
  EXECUTE("execute"),
  /** Executes a request, and tries again until there is a final answer. */
  EXECUTE_WITH_RETRY("execute-with-retry"),
  /** Checks a receipt's hash. */
  VERIFY_RECEIPT("verify-receipt"),
  /** Answers the keys that receipts are verified by, a JWKS. */
  KEYS("keys"),
  /** Answers a receipt and the proof that it is in the log; the body is its id. */
  RECEIPT("receipt"),
  /** Answers a file of the ledger, such as {@code checkpoint}; the body is its path. */
  LEDGER("ledger");

  private final String path;

  Operation(String path) {
    this.path = path;
  }

  /** Returns the route that does it, which has the same name. */
  String path() {
    return path;
  }

  static Operation of(String name) {
    return Arrays.stream(values())
        .filter(operation -> operation.path.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "openexec:"
                        + name
                        + " does not exist; there are "
                        + Arrays.stream(values())
                            .map(Operation::path)
                            .collect(Collectors.joining(", ", "openexec:", ""))));
  }
}
