package io.openexec.boundary;

import io.openexec.signature.Ed25519Provider;
import io.openexec.signature.VerificationKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The approvers' Ed25519 public keys, parsed and screened once. */
public final class ApprovalKeys {
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]*)-----END PUBLIC KEY-----\\s*");
  private static final int SIGNATURE_BYTES = 64;
  // What an encoder makes of 64 bytes: 86 characters and two of padding.
  private static final int SIGNATURE_CHARACTERS = 88;

  private final List<VerificationKey> keys;

  private ApprovalKeys(List<VerificationKey> keys) {
    this.keys = List.copyOf(keys);
  }

  /** Returns an empty set, under which nothing verifies. */
  public static ApprovalKeys none() {
    return new ApprovalKeys(List.of());
  }

  /** Returns a set of one key. */
  public static ApprovalKeys of(VerificationKey key) {
    return new ApprovalKeys(List.of(key));
  }

  /**
   * Parses one or several PEM blocks (RFC 7468, section 13); line ends may be written as {@code
   * \n}.
   *
   * @throws IllegalArgumentException saying which block is wrong, and how
   */
  public static ApprovalKeys parse(String pem) {
    Matcher block = PEM.matcher(pem.replace("\\n", "\n"));
    List<VerificationKey> keys = new ArrayList<>();
    int end = 0;
    while (block.find() && block.start() == end) {
      end = block.end();
      keys.add(key(keys.size() + 1, block.group(1)));
    }
    if (keys.isEmpty() || end != block.regionEnd()) {
      throw new IllegalArgumentException(
          "it is not one or several PEM blocks of the kind -----BEGIN PUBLIC KEY-----");
    }
    return new ApprovalKeys(keys);
  }

  private static VerificationKey key(int number, String base64) {
    try {
      return VerificationKey.ofSpki(Base64.getMimeDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("key " + number + " " + e.getMessage(), e);
    }
  }

  /** Returns the same keys, with that provider to verify. */
  public ApprovalKeys verifiedBy(Ed25519Provider provider) {
    return new ApprovalKeys(keys.stream().map(key -> key.verifiedBy(provider)).toList());
  }

  /** Returns what verifies signatures under these keys. */
  public Ed25519Provider provider() {
    return keys.isEmpty() ? Ed25519Provider.fastest() : keys.get(0).provider();
  }

  /** Returns whether there is no key at all. */
  public boolean isEmpty() {
    return keys.isEmpty();
  }

  /**
   * Verifies a signature (RFC 8032, section 5.1.7) under any of the keys.
   *
   * @param message what was signed
   * @param base64 the 64 bytes of the signature in base64 (RFC 4648, section 4), padded, without
   *     any of the other spellings that decode to the same bytes
   * @param revocations may have taken back some of the keys
   * @throws Refusal if it does not verify
   */
  void verify(byte[] message, String base64, Revocations revocations) {
    byte[] signature = decode(base64);
    for (VerificationKey key : keys) {
      if (!revocations.isRevoked(key) && key.verifies(message, signature)) {
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
