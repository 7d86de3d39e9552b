package io.openexec.ledger;

import java.nio.ByteBuffer;

/**
 * A signature line of a note, well-formed and no more: {@code — NAME BASE64(key id ‖ signature)}.
 *
 * @param name that of the key
 * @param base64 the key's id in 4 bytes, and what its type of signature consists of
 */
public record NoteSignature(String name, String base64) {
  private static final String DASH = "\u2014 ";
  // The largest post-quantum signatures have nearly 8 KiB.
  private static final int MAX_BYTES = 8_192;

  /**
   * Takes a signature.
   *
   * @throws IllegalArgumentException if the name is none that a key can have, or the base64 is not
   *     that of 5 to 8,192 bytes
   */
  public NoteSignature {
    if (!NoteText.isName(name, VerifierKey.MAX_NAME)) {
      throw new IllegalArgumentException("a signature is not by a name that a key can have");
    }
    if (CanonicalBase64.decode(base64, MAX_BYTES).length <= Integer.BYTES) {
      throw new IllegalArgumentException("a signature ends with its key's id");
    }
  }

  static NoteSignature of(VerifierKey key, byte[] signature) {
    byte[] bytes =
        ByteBuffer.allocate(Integer.BYTES + signature.length)
            .putInt(key.id())
            .put(signature)
            .array();
    return new NoteSignature(key.name(), CanonicalBase64.encode(bytes));
  }

  /**
   * Reads a line.
   *
   * @param line without its newline
   * @throws NoteRefused if it is anything but a signature line
   */
  public static NoteSignature parse(String line) throws NoteRefused {
    int space = line.lastIndexOf(' ');
    if (!line.startsWith(DASH) || space < DASH.length()) {
      throw new NoteRefused("a signature line is not of the form \u2014 NAME BASE64");
    }
    try {
      return new NoteSignature(line.substring(DASH.length(), space), line.substring(space + 1));
    } catch (IllegalArgumentException e) {
      throw new NoteRefused(String.valueOf(e.getMessage()));
    }
  }

  /** Returns the line, without its newline. */
  public String line() {
    return DASH + name + " " + base64;
  }

  /** Returns the id of the key. */
  public int keyId() {
    return content().getInt();
  }

  /** Returns what follows the key's id. */
  byte[] signature() {
    ByteBuffer content = content().position(Integer.BYTES);
    byte[] signature = new byte[content.remaining()];
    content.get(signature);
    return signature;
  }

  private ByteBuffer content() {
    return ByteBuffer.wrap(CanonicalBase64.decode(base64, MAX_BYTES));
  }
}
