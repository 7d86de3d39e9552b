package io.openexec.signature;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Arrays;
import java.util.List;

/** What can verify: the tests of keys and signatures run on each. */
public enum Implementation {
  CORRETTO,
  BOUNCY_CASTLE;

  private static final Ed25519Provider FASTEST = Ed25519Provider.fastest();
  private static final Ed25519Provider PURE_JAVA = new BouncyCastleEd25519("asked for by a test");

  private boolean isPresent() {
    return this == BOUNCY_CASTLE || FASTEST instanceof CorrettoEd25519;
  }

  /** Returns it, or skips the test where its native library does not load. */
  public Ed25519Provider provider() {
    assumeThat(isPresent()).as(this + " cannot be tested here: " + FASTEST).isTrue();
    return this == CORRETTO ? FASTEST : PURE_JAVA;
  }

  /** Returns those that can be tested here. */
  public static List<Ed25519Provider> present() {
    return Arrays.stream(values())
        .filter(Implementation::isPresent)
        .map(Implementation::provider)
        .toList();
  }
}
