package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.signature.SigningKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CosignatureTest {
  private static final long TIME = 1_679_315_147;
  private static final VerifierKey WITNESS = Notes.WITNESS.verifierKey();

  private static NoteSignature cosigned(long time) throws NoteRefused {
    return Notes.WITNESS.cosign(Notes.open(Notes.signed()), time);
  }

  @Test
  void whatIsSignedIsTheSpecificationsMessage() throws Exception {
    SigningKey key = SigningKey.generate();
    NoteSignature signature = new Cosigner("w", key).cosign(Notes.open(Notes.signed()), TIME);
    ByteBuffer blob = ByteBuffer.wrap(signature.signature());
    assertThat(blob.remaining()).isEqualTo(72);
    assertThat(blob.getLong()).isEqualTo(TIME);
    byte[] ed25519 = new byte[64];
    blob.get(ed25519);
    String message =
        "cosignature/v1\ntime 1679315147\nledger.example/one\n20852163\n"
            + Notes.HEAD.root().base64()
            + "\n";
    assertThat(key.verificationKey().verifies(message.getBytes(StandardCharsets.UTF_8), ed25519))
        .isTrue();
  }

  @Test
  void aCosignatureIsVerifiedAndItsTimeTold() throws Exception {
    SignedNote note = Notes.signed().with(cosigned(TIME));
    assertThat(Notes.open(note).cosignatures()).containsExactly(new Cosignature(WITNESS, TIME));
    assertThat(Notes.open(Notes.signed()).cosignatures()).isEmpty();
    assertThat(VerifiedCheckpoint.open(note.encode(), Notes.LOG.verifierKey(), List.of()).note())
        .as("unknown witnesses do no harm")
        .isEqualTo(note);
  }

  @Test
  void aWitnessCountsOnceWithItsLatest() throws Exception {
    SignedNote note =
        Notes.signed().with(cosigned(TIME)).with(cosigned(TIME + 5)).with(cosigned(TIME + 3));
    assertThat(Notes.open(note).cosignatures()).containsExactly(new Cosignature(WITNESS, TIME + 5));
  }

  @Test
  void everyFlippedBitOfACosignatureRefusesTheNote() throws Exception {
    byte[] good = cosigned(TIME).signature();
    for (int bit = 0; bit < 8 * good.length; bit++) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      SignedNote note = Notes.signed().with(NoteSignature.of(WITNESS, flipped));
      assertThatThrownBy(() -> Notes.open(note))
          .as("bit %d", bit)
          .isInstanceOf(NoteRefused.class)
          .hasMessageContaining("does not verify");
    }
    for (int length : new int[] {1, 64, 71, 73}) {
      SignedNote note = Notes.signed().with(NoteSignature.of(WITNESS, new byte[length]));
      assertThatThrownBy(() -> Notes.open(note)).hasMessageContaining("wrong length");
    }
  }

  @Test
  void aCosignatureOfAnotherCheckpointRefusesTheNote() throws Exception {
    SignedNote other =
        Notes.LOG.sign(new Checkpoint(Notes.ORIGIN, new TreeHead(7, Notes.HEAD.root())).text());
    assertThatThrownBy(() -> Notes.open(other.with(cosigned(TIME))))
        .isInstanceOf(NoteRefused.class);
  }

  @Test
  void theLogsSignatureIsNoCosignatureAndTheReverse() throws Exception {
    Cosigner same = new Cosigner(Notes.ORIGIN, Notes.LOG_KEY);
    NoteSignature cosigned = same.cosign(Notes.open(Notes.signed()), TIME);
    SignedNote note = new SignedNote(Notes.CHECKPOINT.text(), List.of(cosigned));
    assertThatThrownBy(() -> Notes.open(note)).hasMessageContaining("is not signed by");
    byte[] timestamped =
        ByteBuffer.allocate(72)
            .putLong(TIME)
            .put(Notes.signed().signatures().get(0).signature())
            .array();
    SignedNote forged = Notes.signed().with(NoteSignature.of(same.verifierKey(), timestamped));
    assertThatThrownBy(
            () ->
                VerifiedCheckpoint.open(
                    forged.encode(), Notes.LOG.verifierKey(), List.of(same.verifierKey())))
        .isInstanceOf(NoteRefused.class);
  }

  @Test
  void timeIsNotBefore1970() throws Exception {
    assertThatThrownBy(() -> cosigned(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Cosignature(WITNESS, -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(Notes.open(Notes.signed().with(cosigned(0))).cosignatures()).hasSize(1);
    // A timestamp of 2^63 and more, properly signed, is refused too.
    SigningKey key = SigningKey.generate();
    VerifierKey witness = new Cosigner("w", key).verifierKey();
    byte[] blob =
        ByteBuffer.allocate(72)
            .putLong(Long.MIN_VALUE)
            .put(key.sign(Cosignature.message(Long.MIN_VALUE, Notes.CHECKPOINT.text())))
            .array();
    SignedNote note = Notes.signed().with(NoteSignature.of(witness, blob));
    assertThatThrownBy(
            () -> VerifiedCheckpoint.open(note.encode(), Notes.LOG.verifierKey(), List.of(witness)))
        .isInstanceOf(NoteRefused.class);
  }
}
