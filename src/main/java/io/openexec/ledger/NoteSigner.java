package io.openexec.ledger;

import io.openexec.signature.SigningKey;
import java.util.List;

/** Signs notes under a name, as a log does with its checkpoints. */
public final class NoteSigner {
  private final VerifierKey verifierKey;
  private final SigningKey key;

  /**
   * Takes the key.
   *
   * @throws IllegalArgumentException if it is no name that a key can have
   */
  public NoteSigner(String name, SigningKey key) {
    this.verifierKey = new VerifierKey(name, SignatureType.ED25519, key.verificationKey());
    this.key = key;
  }

  /** Returns what verifies the signatures. */
  public VerifierKey verifierKey() {
    return verifierKey;
  }

  /**
   * Returns the note, signed.
   *
   * @param text which ends with a newline
   * @throws IllegalArgumentException if it is no text that a note can have
   */
  public SignedNote sign(String text) {
    return new SignedNote(
        text, List.of(NoteSignature.of(verifierKey, key.sign(NoteText.encode(text)))));
  }
}
