package io.openexec.ledger;

import java.util.Collection;
import java.util.List;

/**
 * A checkpoint that its log signed. Only {@link #open} makes one, so whoever is handed one need not
 * check again.
 */
public final class VerifiedCheckpoint {
  private final VerifiedNote note;
  private final Checkpoint checkpoint;

  private VerifiedCheckpoint(VerifiedNote note, Checkpoint checkpoint) {
    this.note = note;
    this.checkpoint = checkpoint;
  }

  /**
   * Verifies a note as {@link VerifiedNote#verify} does, and reads the checkpoint in it. Its origin
   * must be the name of the log's key, so that a key that two logs share cannot pass one off as the
   * other.
   *
   * @param note in UTF-8
   * @param log of type {@link SignatureType#ED25519}
   * @param witnesses of type {@link SignatureType#COSIGNATURE_V1}
   * @throws NoteRefused if it does not verify, is no checkpoint, or is another log's
   * @throws IllegalArgumentException as {@link VerifiedNote#verify} does
   */
  public static VerifiedCheckpoint open(
      byte[] note, VerifierKey log, Collection<VerifierKey> witnesses) throws NoteRefused {
    VerifiedNote verified = VerifiedNote.verify(SignedNote.parse(note), log, witnesses);
    Checkpoint checkpoint = Checkpoint.parse(verified.text());
    if (!checkpoint.origin().equals(log.name())) {
      throw new NoteRefused("the checkpoint is of another origin than " + log.name());
    }
    return new VerifiedCheckpoint(verified, checkpoint);
  }

  /** Returns what the log says. */
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Returns the size and root. */
  public TreeHead head() {
    return checkpoint.head();
  }

  /** Returns the note. */
  public SignedNote note() {
    return note.note();
  }

  /** Returns the cosignatures of known witnesses, the latest of each. */
  public List<Cosignature> cosignatures() {
    return note.cosignatures();
  }
}
