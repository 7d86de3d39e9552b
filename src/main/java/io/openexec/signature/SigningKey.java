package io.openexec.signature;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;

/** An Ed25519 private key (RFC 8032). It shows itself to nobody but {@link #pem()}. */
public final class SigningKey {
  private static final int MAX_PEM = 4_096;
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]*)-----END PRIVATE KEY-----\\s*");
  private static final byte[] PKCS8_PREFIX =
      HexFormat.of().parseHex("302e020100300506032b657004220420");

  private final Ed25519PrivateKeyParameters parameters;
  private final VerificationKey verificationKey;
  private final Ed25519Provider.Signer signer;

  private SigningKey(Ed25519PrivateKeyParameters parameters) {
    this.parameters = parameters;
    this.verificationKey = VerificationKey.derived(parameters.generatePublicKey());
    try {
      this.signer = verificationKey.provider().signer(parameters);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("is not taken by " + verificationKey.provider(), e);
    }
  }

  /** Makes a new one. */
  public static SigningKey generate() {
    return new SigningKey(new Ed25519PrivateKeyParameters(new SecureRandom()));
  }

  /**
   * Reads a key from a file in PEM (RFC 7468, section 10), a PKCS #8 PrivateKeyInfo of Ed25519 (RFC
   * 8410, section 7).
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it holds something else; what it holds is not repeated
   */
  public static SigningKey read(Path pem) throws IOException {
    if (Files.size(pem) > MAX_PEM) {
      throw notPem();
    }
    return parse(new String(Files.readAllBytes(pem), StandardCharsets.ISO_8859_1));
  }

  /**
   * Parses a key in PEM, as {@link #read} does.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static SigningKey parse(String pem) {
    Matcher block = PEM.matcher(pem);
    if (!block.matches()) {
      throw notPem();
    }
    try {
      if (PrivateKeyFactory.createKey(Base64.getMimeDecoder().decode(block.group(1)))
          instanceof Ed25519PrivateKeyParameters key) {
        return new SigningKey(key);
      }
    } catch (IOException | RuntimeException e) {
      // Without the cause, which may quote the key.
      throw new IllegalArgumentException("is not a readable private key");
    }
    throw new IllegalArgumentException("is a private key, but not of Ed25519");
  }

  private static IllegalArgumentException notPem() {
    return new IllegalArgumentException(
        "is not one PEM block of the kind -----BEGIN PRIVATE KEY-----");
  }

  /** Returns the 64 bytes of the signature of a message. Any number of threads may sign at once. */
  public byte[] sign(byte[] message) {
    try {
      return signer.sign(message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot sign", e);
    }
  }

  /** Returns the public key. */
  public VerificationKey verificationKey() {
    return verificationKey;
  }

  /** Returns the secret itself, in PEM, for its file. */
  public String pem() {
    return "-----BEGIN PRIVATE KEY-----\n"
        + Base64.getEncoder().encodeToString(pkcs8(parameters))
        + "\n-----END PRIVATE KEY-----\n";
  }

  static byte[] pkcs8(Ed25519PrivateKeyParameters key) {
    byte[] seed = key.getEncoded();
    byte[] pkcs8 = Arrays.copyOf(PKCS8_PREFIX, PKCS8_PREFIX.length + seed.length);
    System.arraycopy(seed, 0, pkcs8, PKCS8_PREFIX.length, seed.length);
    return pkcs8;
  }

  /** Returns the public key's thumbprint. */
  @Override
  public String toString() {
    return verificationKey.thumbprint();
  }
}
