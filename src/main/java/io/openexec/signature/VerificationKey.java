package io.openexec.signature;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/**
 * An Ed25519 public key (RFC 8032), parsed and screened once.
 *
 * <p>It is the canonical encoding of a point of the full prime order. Several verifiers, the JDK's
 * among them, accept the identity as a key, under which a constant signature verifies any message;
 * and keys of small or mixed order, under which some messages verify by luck. Corretto is one of
 * them, so BouncyCastle screens the keys whichever provider verifies.
 */
public final class VerificationKey {
  /** How many bytes a key has. */
  public static final int BYTES = 32;

  private static final byte[] SPKI_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private final Ed25519PublicKeyParameters screened;
  // Asked for at the first use: it takes a while to load, and nothing before that needs it.
  private final @Nullable Ed25519Provider chosen;
  private final String thumbprint;
  private volatile Ed25519Provider.@Nullable Key key;

  private VerificationKey(Ed25519PublicKeyParameters screened, @Nullable Ed25519Provider chosen) {
    this.screened = screened;
    this.chosen = chosen;
    this.thumbprint = thumbprint(screened.getEncoded());
  }

  /**
   * Makes a key of its 32 bytes (RFC 8032, section 5.1.5).
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  public static VerificationKey ofRaw(byte[] raw) {
    if (raw.length != BYTES) {
      throw new IllegalArgumentException("has " + raw.length + " bytes instead of " + BYTES);
    }
    if (!Ed25519.validatePublicKeyFull(raw, 0)) {
      throw new IllegalArgumentException(
          "is not a canonical point of full order: forged approvals could verify under it");
    }
    return new VerificationKey(new Ed25519PublicKeyParameters(raw), null);
  }

  /**
   * Makes a key of what a private key was multiplied with the base point (RFC 8032, section 5.1.5),
   * which is of the full prime order therefore.
   */
  static VerificationKey derived(Ed25519PublicKeyParameters derived) {
    return new VerificationKey(derived, null);
  }

  /**
   * Makes a key of its SubjectPublicKeyInfo, as RFC 8410, section 4, has it for Ed25519.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  public static VerificationKey ofSpki(byte[] der) {
    byte[] raw;
    try {
      if (!(PublicKeyFactory.createKey(der) instanceof Ed25519PublicKeyParameters parsed)) {
        throw new IllegalArgumentException("is not an Ed25519 key");
      }
      raw = parsed.getEncoded();
    } catch (IOException | IllegalStateException | ClassCastException e) {
      throw new IllegalArgumentException("is not a readable public key", e);
    }
    return ofRaw(raw);
  }

  /** Returns this key, with that provider to verify. */
  public VerificationKey verifiedBy(Ed25519Provider provider) {
    return new VerificationKey(screened, provider);
  }

  /** Returns what verifies under this key. */
  public Ed25519Provider provider() {
    return chosen == null ? Ed25519Provider.fastest() : chosen;
  }

  /**
   * Returns whether these are the 64 bytes of this key's signature of a message (RFC 8032, section
   * 5.1.7). Any number of threads may ask at once.
   */
  public boolean verifies(byte[] message, byte[] signature) {
    Ed25519Provider.Key known = key;
    if (known == null) {
      known = provider().key(screened);
      key = known;
    }
    return known.verifies(message, signature);
  }

  /** Returns the 32 bytes. */
  public byte[] raw() {
    return screened.getEncoded();
  }

  /** Returns the SubjectPublicKeyInfo (RFC 8410, section 4). */
  public byte[] spki() {
    return spki(screened);
  }

  static byte[] spki(Ed25519PublicKeyParameters key) {
    byte[] spki = Arrays.copyOf(SPKI_PREFIX, SPKI_PREFIX.length + BYTES);
    System.arraycopy(key.getEncoded(), 0, spki, SPKI_PREFIX.length, BYTES);
    return spki;
  }

  /**
   * Returns the key's SHA-256 thumbprint as a JWK (RFC 7638; RFC 8037, appendix A.3), base64url.
   */
  public String thumbprint() {
    return thumbprint;
  }

  private static String thumbprint(byte[] raw) {
    Base64.Encoder base64Url = Base64.getUrlEncoder().withoutPadding();
    String jwk =
        "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + base64Url.encodeToString(raw) + "\"}";
    try {
      return base64Url.encodeToString(
          MessageDigest.getInstance("SHA-256").digest(jwk.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof VerificationKey key && Arrays.equals(raw(), key.raw());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(raw());
  }

  /** Returns the thumbprint. */
  @Override
  public String toString() {
    return thumbprint;
  }
}
