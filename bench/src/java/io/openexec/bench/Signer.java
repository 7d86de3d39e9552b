package io.openexec.bench;

import io.openexec.testing.Approver;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/** ClawShield for the benchmarks: signs some ten thousand approvals a second. */
final class Signer {
  static final String TENANT = Approver.TENANT;

  // RFC 8410, section 4: what stands before the 32 bytes of an Ed25519 key.
  private static final byte[] SPKI = HexFormat.of().parseHex("302a300506032b6570032100");

  private final Ed25519PrivateKeyParameters key =
      new Ed25519PrivateKeyParameters(new SecureRandom());
  private final String issued;
  private final String expires;

  Signer() {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    issued = now.toString();
    expires = now.plus(1, ChronoUnit.DAYS).toString();
  }

  String pem() {
    byte[] raw = key.generatePublicKey().getEncoded();
    return Approver.pem(ByteBuffer.allocate(SPKI.length + raw.length).put(SPKI).put(raw).array());
  }

  /**
   * Returns an approval's JSON.
   *
   * @param number makes the approval's id; no two approvals may have the same
   */
  String approve(long number, String action, String payload) {
    String id = new UUID(number, ~number).toString();
    String hash = Approver.hash(action, payload);
    byte[] text = (id + TENANT + hash + issued + expires).getBytes(StandardCharsets.UTF_8);
    Ed25519Signer signer = new Ed25519Signer();
    signer.init(true, key);
    signer.update(text, 0, text.length);
    return Approver.artifact(
            id,
            TENANT,
            hash,
            issued,
            expires,
            Base64.getEncoder().encodeToString(signer.generateSignature()))
        .toString();
  }
}
