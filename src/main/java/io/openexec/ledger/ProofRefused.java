package io.openexec.ledger;

/** A proof that does not hold; the message says why. */
public final class ProofRefused extends Exception {
  private static final long serialVersionUID = 1L;

  ProofRefused(String message) {
    super(message, null, false, false);
  }

  /** Refuses any other number of hashes than the sizes demand. */
  static void unlessLength(int hashes, int expected) throws ProofRefused {
    if (hashes != expected) {
      throw new ProofRefused("the proof has " + hashes + " hashes, it needs " + expected);
    }
  }
}
