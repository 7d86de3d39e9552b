package io.openexec.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.openexec.signature.SigningKey;
import java.util.List;

/** Keys and notes to test with. */
final class Notes {
  static final String ORIGIN = "ledger.example/one";
  static final SigningKey LOG_KEY = SigningKey.generate();
  static final NoteSigner LOG = new NoteSigner(ORIGIN, LOG_KEY);
  static final Cosigner WITNESS = new Cosigner("witness.example/w1", SigningKey.generate());
  static final TreeHead HEAD = new TreeHead(20_852_163, Hashing.leaf("root".getBytes(UTF_8)));
  static final Checkpoint CHECKPOINT = new Checkpoint(ORIGIN, HEAD);

  private Notes() {}

  static SignedNote signed() {
    return LOG.sign(CHECKPOINT.text());
  }

  static VerifiedCheckpoint open(byte[] note) throws NoteRefused {
    return VerifiedCheckpoint.open(note, LOG.verifierKey(), List.of(WITNESS.verifierKey()));
  }

  static VerifiedCheckpoint open(SignedNote note) throws NoteRefused {
    return open(note.encode());
  }

  static String text(SignedNote note) {
    return new String(note.encode(), UTF_8);
  }
}
