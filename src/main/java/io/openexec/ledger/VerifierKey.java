package io.openexec.ledger;

import io.openexec.signature.VerificationKey;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A public key with the name of its holder and what it signs (c2sp.org/signed-note, "Verifier
 * keys"): {@code example.com/ledger+0373eb60+AfSm…}.
 *
 * @param name not empty, without Unicode spaces and plus signs, at most 255 bytes in UTF-8
 * @param type what it signs
 * @param key the Ed25519 key
 */
public record VerifierKey(String name, SignatureType type, VerificationKey key) {
  /** The most bytes of a name: what c2sp.org/tlog-cosignature leaves for one. */
  public static final int MAX_NAME = 255;

  private static final int MAX_TEXT = MAX_NAME + 64;
  private static final int ENCODED_BYTES = 1 + VerificationKey.BYTES;
  private static final Pattern FORM =
      Pattern.compile("([^+]+)\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]+)");

  /**
   * Takes a key.
   *
   * @throws IllegalArgumentException if it is no name that a key can have
   */
  public VerifierKey {
    if (!NoteText.isName(name, MAX_NAME)) {
      throw new IllegalArgumentException(
          "a key's name has 1 to " + MAX_NAME + " bytes, and no spaces, controls or plus signs");
    }
  }

  /**
   * Reads a key as {@link #text()} writes it, and in no other spelling.
   *
   * @throws NoteRefused if it is ill-formed, the id does not belong to the key, or the key is of no
   *     type known here
   */
  public static VerifierKey parse(String text) throws NoteRefused {
    Matcher form = FORM.matcher(text);
    if (text.length() > MAX_TEXT || !form.matches()) {
      throw new NoteRefused("the verifier key is not of the form NAME+ID+KEY");
    }
    VerifierKey key;
    try {
      key = of(form.group(1), CanonicalBase64.decode(form.group(3), ENCODED_BYTES));
    } catch (IllegalArgumentException e) {
      throw new NoteRefused("the verifier key: " + e.getMessage());
    }
    if (!key.text().equals(text)) {
      throw new NoteRefused("the verifier key's id is not that of its name and key");
    }
    return key;
  }

  private static VerifierKey of(String name, byte[] encoded) throws NoteRefused {
    if (encoded.length != ENCODED_BYTES) {
      throw new NoteRefused("the verifier key is not one of Ed25519");
    }
    SignatureType type =
        SignatureType.of(encoded[0])
            .orElseThrow(() -> new NoteRefused("the verifier key has an unknown signature type"));
    byte[] raw = new byte[VerificationKey.BYTES];
    System.arraycopy(encoded, 1, raw, 0, raw.length);
    return new VerifierKey(name, type, VerificationKey.ofRaw(raw));
  }

  /**
   * Returns the key's id: the first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ type ‖ key).
   */
  public int id() {
    MessageDigest sha256 = Hashing.sha256();
    sha256.update(NoteText.encode(name));
    sha256.update((byte) '\n');
    sha256.update(encoded());
    return ByteBuffer.wrap(sha256.digest()).getInt();
  }

  private byte[] encoded() {
    return ByteBuffer.allocate(ENCODED_BYTES).put(type.identifier()).put(key.raw()).array();
  }

  /** Returns {@code NAME+ID+KEY}: the id in 8 lower-case hex digits, type and key in base64. */
  public String text() {
    return label() + "+" + CanonicalBase64.encode(encoded());
  }

  /** Returns {@code NAME+ID}, by which signatures name their key. */
  String label() {
    return name + "+" + HexFormat.of().toHexDigits(id());
  }

  /** Returns whether a signature says that it is this key's. */
  boolean isNamedBy(NoteSignature signature) {
    return name.equals(signature.name()) && id() == signature.keyId();
  }

  /** Returns {@link #text()}. */
  @Override
  public String toString() {
    return text();
  }
}
