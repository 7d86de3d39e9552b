package io.openexec.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExecutionIdTest {
  // Computed apart, with Python's hashlib over the bytes that DESIGN section 3 names.
  @Test
  void knownAnswers() {
    assertThat(ExecutionId.of("", "unique-1")).hasToString("5ca09451-db84-8915-bc5d-3bc6df465eff");
    assertThat(ExecutionId.of("tenant-001", "café 😀"))
        .hasToString("98805121-539f-8cb1-8856-68baf89ccd16");
  }

  @Test
  void isAVersion8UuidOfTheRfc9562Variant() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(ExecutionId.of("t", "n" + i).version()).isEqualTo(8);
      assertThat(ExecutionId.of("t", "n" + i).variant()).isEqualTo(2);
    }
  }

  @Test
  void lengthsKeepTenantAndNonceApart() {
    assertThat(ExecutionId.of("ab", "c")).isNotEqualTo(ExecutionId.of("a", "bc"));
  }
}
