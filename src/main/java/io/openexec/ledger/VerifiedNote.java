package io.openexec.ledger;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A note that its expected author signed. Only {@link #verify} makes one, so whoever is handed one
 * need not check again.
 */
public final class VerifiedNote {
  private static final int SIGNATURE_BYTES = 64;

  private final SignedNote note;
  private final VerifierKey author;
  private final List<Cosignature> cosignatures;

  private VerifiedNote(SignedNote note, VerifierKey author, List<Cosignature> cosignatures) {
    this.note = note;
    this.author = author;
    this.cosignatures = List.copyOf(cosignatures);
  }

  /**
   * Verifies the signatures of the known keys. Those of other keys are ignored, also if they share
   * a name or an id with a known one.
   *
   * @param author who must have signed; of type {@link SignatureType#ED25519}
   * @param witnesses who may have cosigned; of type {@link SignatureType#COSIGNATURE_V1}
   * @throws NoteRefused if the author has not signed, or any signature of a known key is wrong
   * @throws IllegalArgumentException if the keys are not of these types, or two of them have the
   *     same name and id
   */
  public static VerifiedNote verify(
      SignedNote note, VerifierKey author, Collection<VerifierKey> witnesses) throws NoteRefused {
    demandDistinct(author, witnesses);
    if (!verifyAuthor(note, author)) {
      throw new NoteRefused("the note is not signed by " + author.label());
    }
    List<Cosignature> cosignatures = new ArrayList<>();
    for (VerifierKey witness : witnesses) {
      cosignatures.addAll(verifyWitness(note, witness));
    }
    return new VerifiedNote(note, author, cosignatures);
  }

  private static void demandDistinct(VerifierKey author, Collection<VerifierKey> witnesses) {
    Set<String> labels = new HashSet<>(Set.of(author.label()));
    boolean wrongType = author.type() != SignatureType.ED25519;
    for (VerifierKey witness : witnesses) {
      wrongType |= witness.type() != SignatureType.COSIGNATURE_V1;
      if (!labels.add(witness.label())) {
        throw new IllegalArgumentException("two keys are called " + witness.label());
      }
    }
    if (wrongType) {
      throw new IllegalArgumentException(
          "the author's key must be of type 0x01, and each witness's of type 0x04");
    }
  }

  private static boolean verifyAuthor(SignedNote note, VerifierKey author) throws NoteRefused {
    boolean signed = false;
    for (NoteSignature signature : note.signatures()) {
      if (author.isNamedBy(signature)) {
        verifyAuthor(note.text(), author, signature.signature());
        signed = true;
      }
    }
    return signed;
  }

  private static void verifyAuthor(String text, VerifierKey author, byte[] signature)
      throws NoteRefused {
    if (signature.length != SIGNATURE_BYTES
        || !author.key().verifies(NoteText.encode(text), signature)) {
      throw new NoteRefused("the signature of " + author.label() + " does not verify");
    }
  }

  /** Returns the latest of a witness's cosignatures, all of which must be right. */
  private static List<Cosignature> verifyWitness(SignedNote note, VerifierKey witness)
      throws NoteRefused {
    List<Cosignature> latest = List.of();
    for (NoteSignature signature : note.signatures()) {
      if (witness.isNamedBy(signature)) {
        Cosignature verified = Cosignature.verify(witness, signature.signature(), note.text());
        if (latest.isEmpty() || latest.get(0).time() < verified.time()) {
          latest = List.of(verified);
        }
      }
    }
    return latest;
  }

  /** Returns the text that was signed. */
  public String text() {
    return note.text();
  }

  /** Returns the note with all its signatures, those of unknown keys included. */
  public SignedNote note() {
    return note;
  }

  /** Returns whose signature was demanded, and verified. */
  public VerifierKey author() {
    return author;
  }

  /** Returns the cosignatures of known witnesses, the latest of each. */
  public List<Cosignature> cosignatures() {
    return cosignatures;
  }
}
