package io.openexec.ledger;

import java.util.Optional;

/** How a note is signed (c2sp.org/signed-note, "Signature types"), all of it with Ed25519. */
public enum SignatureType {
  /** The text itself, as a log signs its checkpoint. */
  ED25519(0x01),

  /** The time and the text, as a witness cosigns (c2sp.org/tlog-cosignature). */
  COSIGNATURE_V1(0x04);

  private final byte identifier;

  SignatureType(int identifier) {
    this.identifier = (byte) identifier;
  }

  byte identifier() {
    return identifier;
  }

  static Optional<SignatureType> of(byte identifier) {
    for (SignatureType type : values()) {
      if (type.identifier == identifier) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
