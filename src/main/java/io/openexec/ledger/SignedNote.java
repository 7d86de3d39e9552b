package io.openexec.ledger;

import java.util.ArrayList;
import java.util.List;

/**
 * A note with its signatures (c2sp.org/signed-note), well-formed and no more: what it says is not
 * to be believed before {@link VerifiedNote#verify} has returned.
 *
 * @param text the signed text, which ends with a newline
 * @param signatures 1 to 64, in the note's order
 */
public record SignedNote(String text, List<NoteSignature> signatures) {
  /** The most bytes of a note. */
  public static final int MAX_BYTES = 1 << 17;

  /** The most signatures of a note; more than the 16 that every reader must take. */
  public static final int MAX_SIGNATURES = 64;

  private static final String BLANK_LINE = "\n\n";

  /**
   * Takes a note.
   *
   * @throws IllegalArgumentException if the text does not end with a newline or has other control
   *     characters, there are no signatures or too many, or the whole is longer than {@link
   *     #MAX_BYTES}
   */
  public SignedNote {
    signatures = List.copyOf(signatures);
    if (!NoteText.isText(text)) {
      throw new IllegalArgumentException(
          "a note's text ends with a newline, and has no other control characters");
    }
    if (signatures.isEmpty() || signatures.size() > MAX_SIGNATURES) {
      throw new IllegalArgumentException(
          "a note has 1 to " + MAX_SIGNATURES + " signatures, not " + signatures.size());
    }
    if (encoded(text, signatures).length > MAX_BYTES) {
      throw new IllegalArgumentException("a note has at most " + MAX_BYTES + " bytes");
    }
  }

  /**
   * Reads a note.
   *
   * @throws NoteRefused if it is none, or longer than {@link #MAX_BYTES}
   */
  public static SignedNote parse(byte[] note) throws NoteRefused {
    if (note.length > MAX_BYTES) {
      throw new NoteRefused("the note has more than " + MAX_BYTES + " bytes");
    }
    String whole = NoteText.decode(note);
    // The last empty line: the text may have others.
    int end = whole.lastIndexOf(BLANK_LINE);
    if (end < 0 || end + BLANK_LINE.length() == whole.length() || !whole.endsWith("\n")) {
      throw new NoteRefused("the note does not end with an empty line and signature lines");
    }
    String[] lines = whole.substring(end + BLANK_LINE.length(), whole.length() - 1).split("\n", -1);
    if (lines.length > MAX_SIGNATURES) {
      throw new NoteRefused("the note has more than " + MAX_SIGNATURES + " signatures");
    }
    List<NoteSignature> signatures = new ArrayList<>();
    for (String line : lines) {
      signatures.add(NoteSignature.parse(line));
    }
    return new SignedNote(whole.substring(0, end + 1), signatures);
  }

  /**
   * Returns this note with one more signature, which stands last.
   *
   * @throws IllegalArgumentException if the note has too many already
   */
  public SignedNote with(NoteSignature signature) {
    List<NoteSignature> more = new ArrayList<>(signatures);
    more.add(signature);
    return new SignedNote(text, more);
  }

  /** Returns the note in UTF-8, as it is stored and served. */
  public byte[] encode() {
    return encoded(text, signatures);
  }

  private static byte[] encoded(String text, List<NoteSignature> signatures) {
    StringBuilder note = new StringBuilder(text).append('\n');
    signatures.forEach(signature -> note.append(signature.line()).append('\n'));
    return NoteText.encode(note.toString());
  }
}
