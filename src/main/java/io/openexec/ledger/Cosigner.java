package io.openexec.ledger;

import io.openexec.signature.SigningKey;
import java.nio.ByteBuffer;

/** Cosigns checkpoints under a name, as a witness does (c2sp.org/tlog-cosignature, Ed25519). */
public final class Cosigner {
  private final VerifierKey verifierKey;
  private final SigningKey key;

  /**
   * Takes the key, which must not be used for anything else: what is signed does not contain the
   * name.
   *
   * @throws IllegalArgumentException if it is no name that a key can have
   */
  public Cosigner(String name, SigningKey key) {
    this.verifierKey = new VerifierKey(name, SignatureType.COSIGNATURE_V1, key.verificationKey());
    this.key = key;
  }

  /** Returns what verifies the cosignatures. */
  public VerifierKey verifierKey() {
    return verifierKey;
  }

  /**
   * Returns the statement that at that time this was the largest tree seen of this log, and that it
   * begins with all the earlier ones. Whoever calls this has verified both.
   *
   * @param time in seconds since 1970-01-01T00:00:00Z
   * @throws IllegalArgumentException if the time is negative
   */
  public NoteSignature cosign(VerifiedCheckpoint checkpoint, long time) {
    if (time < 0) {
      throw new IllegalArgumentException("a cosignature's time is not before 1970");
    }
    byte[] signature = key.sign(Cosignature.message(time, checkpoint.note().text()));
    return NoteSignature.of(
        verifierKey, ByteBuffer.allocate(Cosignature.BYTES).putLong(time).put(signature).array());
  }
}
