package io.openexec.boundary;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/**
 * The approvers' Ed25519 public keys (RFC 8032), parsed and screened once.
 *
 * <p>A key must be the canonical encoding of a point of the full prime order. Several verifiers,
 * the JDK's among them, accept the identity as a key, under which a constant signature verifies any
 * message; and keys of small or mixed order, under which some messages verify by luck. Corretto is
 * one of them, so BouncyCastle screens the keys whichever provider verifies.
 */
public final class ApprovalKeys {
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]*)-----END PUBLIC KEY-----\\s*");
  private static final int SIGNATURE_BYTES = 64;
  // What an encoder makes of 64 bytes: 86 characters and two of padding.
  private static final int SIGNATURE_CHARACTERS = 88;

  // Asked for at the first use: it takes a while to load, and nothing before that needs it.
  private final Supplier<Ed25519Provider> provider;
  private final List<Ed25519PublicKeyParameters> screened;
  private volatile @Nullable List<Ed25519Provider.Key> keys;

  private ApprovalKeys(
      Supplier<Ed25519Provider> provider, List<Ed25519PublicKeyParameters> screened) {
    this.provider = provider;
    this.screened = List.copyOf(screened);
  }

  /** Returns an empty set, under which nothing verifies. */
  public static ApprovalKeys none() {
    return new ApprovalKeys(Ed25519Provider::fastest, List.of());
  }

  /**
   * Parses one or several PEM blocks (RFC 7468, section 13); line ends may be written as {@code
   * \n}.
   *
   * @throws IllegalArgumentException saying which block is wrong, and how
   */
  public static ApprovalKeys parse(String pem) {
    return parse(pem, Ed25519Provider::fastest);
  }

  /** As {@link #parse(String)}, for that provider to verify. */
  static ApprovalKeys parse(String pem, Ed25519Provider provider) {
    return parse(pem, () -> provider);
  }

  private static ApprovalKeys parse(String pem, Supplier<Ed25519Provider> provider) {
    Matcher block = PEM.matcher(pem.replace("\\n", "\n"));
    List<Ed25519PublicKeyParameters> keys = new ArrayList<>();
    int end = 0;
    while (block.find() && block.start() == end) {
      end = block.end();
      keys.add(screened(keys.size() + 1, block.group(1)));
    }
    if (keys.isEmpty() || end != block.regionEnd()) {
      throw new IllegalArgumentException(
          "it is not one or several PEM blocks of the kind -----BEGIN PUBLIC KEY-----");
    }
    return new ApprovalKeys(provider, keys);
  }

  private static Ed25519PublicKeyParameters screened(int number, String base64) {
    Ed25519PublicKeyParameters key = parseSpki(number, base64);
    if (!Ed25519.validatePublicKeyFull(key.getEncoded(), 0)) {
      throw new IllegalArgumentException(
          "key "
              + number
              + " is not a canonical point of full order: forged approvals could verify under it");
    }
    return key;
  }

  /** Reads a SubjectPublicKeyInfo as RFC 8410, section 4, has it for Ed25519. */
  private static Ed25519PublicKeyParameters parseSpki(int number, String base64) {
    try {
      if (PublicKeyFactory.createKey(Base64.getMimeDecoder().decode(base64))
          instanceof Ed25519PublicKeyParameters key) {
        return key;
      }
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          "key " + number + " is not a readable public key, or no point of the curve's full order",
          e);
    }
    throw new IllegalArgumentException("key " + number + " is not an Ed25519 key");
  }

  /** Returns what verifies signatures under these keys. */
  public Ed25519Provider provider() {
    return provider.get();
  }

  /** Returns the provider's own form of the keys, made once. */
  private List<Ed25519Provider.Key> keys() {
    List<Ed25519Provider.Key> known = keys;
    if (known == null) {
      known = screened.stream().map(provider()::key).toList();
      keys = known;
    }
    return known;
  }

  /** Returns whether there is no key at all. */
  public boolean isEmpty() {
    return screened.isEmpty();
  }

  /**
   * Verifies a signature (RFC 8032, section 5.1.7) under any of the keys.
   *
   * @param message what was signed
   * @param base64 the 64 bytes of the signature in base64 (RFC 4648, section 4), padded, without
   *     any of the other spellings that decode to the same bytes
   * @throws Refusal if it does not verify
   */
  void verify(byte[] message, String base64) {
    byte[] signature = decode(base64);
    for (Ed25519Provider.Key key : keys()) {
      if (key.verifies(message, signature)) {
        return;
      }
    }
    throw Refusal.signatureInvalid();
  }

  private static byte[] decode(String base64) {
    if (base64.length() != SIGNATURE_CHARACTERS) {
      throw Refusal.signatureInvalid();
    }
    try {
      byte[] signature = Base64.getDecoder().decode(base64);
      // The decoder ignores the last four bits of the last character; one spelling only.
      if (signature.length == SIGNATURE_BYTES
          && Base64.getEncoder().encodeToString(signature).equals(base64)) {
        return signature;
      }
    } catch (IllegalArgumentException e) {
      // Not base64: refused below.
    }
    throw Refusal.signatureInvalid();
  }
}
