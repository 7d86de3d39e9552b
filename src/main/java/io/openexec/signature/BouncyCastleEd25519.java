package io.openexec.signature;

import java.security.SecureRandom;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/** BouncyCastle: pure Java, so present everywhere. */
final class BouncyCastleEd25519 extends Ed25519Provider {
  private final String why;

  /**
   * @param why what keeps Corretto from verifying
   */
  BouncyCastleEd25519(String why) {
    this.why = why;
  }

  @Override
  Key key(Ed25519PublicKeyParameters screened) {
    return (message, signature) -> {
      // One for each: it collects the message, so threads cannot share it.
      Ed25519Signer verifier = new Ed25519Signer();
      verifier.init(false, screened);
      verifier.update(message, 0, message.length);
      return verifier.verifySignature(signature);
    };
  }

  @Override
  Signer signer(Ed25519PrivateKeyParameters key) {
    return message -> {
      Ed25519Signer signer = new Ed25519Signer();
      signer.init(true, key);
      signer.update(message, 0, message.length);
      return signer.generateSignature();
    };
  }

  @Override
  public SecureRandom random() {
    return new SecureRandom();
  }

  @Override
  public String toString() {
    return "BouncyCastle (" + why + ")";
  }
}
