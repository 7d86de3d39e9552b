package io.openexec.ledger;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A cosignature that was verified.
 *
 * @param witness whose it is
 * @param time when it was made, in seconds since 1970-01-01T00:00:00Z, by the witness's clock
 */
public record Cosignature(VerifierKey witness, long time) {
  /** The timestamp and the Ed25519 signature. */
  static final int BYTES = Long.BYTES + 64;

  /**
   * Takes a cosignature.
   *
   * @throws IllegalArgumentException if the time is negative
   */
  public Cosignature {
    if (time < 0) {
      throw new IllegalArgumentException("a cosignature's time is not before 1970");
    }
  }

  /** What is signed: c2sp.org/tlog-cosignature, "Ed25519 signed message". */
  static byte[] message(long time, String text) {
    return NoteText.encode("cosignature/v1\ntime " + time + "\n" + text);
  }

  static Cosignature verify(VerifierKey witness, byte[] timestamped, String text)
      throws NoteRefused {
    if (timestamped.length != BYTES) {
      throw new NoteRefused("the cosignature of " + witness.label() + " has a wrong length");
    }
    long time = ByteBuffer.wrap(timestamped).getLong();
    byte[] signature = Arrays.copyOfRange(timestamped, Long.BYTES, BYTES);
    if (time < 0 || !witness.key().verifies(message(time, text), signature)) {
      throw new NoteRefused("the cosignature of " + witness.label() + " does not verify");
    }
    return new Cosignature(witness, time);
  }
}
