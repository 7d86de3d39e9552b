package io.openexec.receipt;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.impl.BaseJWSProvider;
import com.nimbusds.jose.util.Base64URL;
import io.openexec.signature.VerificationKey;
import java.util.Set;

/** Our keys as the JOSE library takes them: screened, and for EdDSA alone. */
final class NimbusKeys {
  private static final Set<JWSAlgorithm> EDDSA = Set.of(JWSAlgorithm.EdDSA);

  private NimbusKeys() {}

  static final class Verifier extends BaseJWSProvider implements JWSVerifier {
    private final VerificationKey key;

    Verifier(VerificationKey key) {
      super(EDDSA);
      this.key = key;
    }

    @Override
    public boolean verify(JWSHeader header, byte[] signingInput, Base64URL signature) {
      return EDDSA.contains(header.getAlgorithm())
          && key.verifies(signingInput, signature.decode());
    }
  }
}
