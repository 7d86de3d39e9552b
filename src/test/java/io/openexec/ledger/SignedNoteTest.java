package io.openexec.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.signature.SigningKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignedNoteTest {
  private static final String SIGNATURE = "\u2014 a.example " + base64(new byte[68]);

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static SignedNote parse(String note) throws NoteRefused {
    return SignedNote.parse(note.getBytes(UTF_8));
  }

  /** The note that Go's own documentation of the format signs. */
  @Test
  void goesNote() throws Exception {
    VerifierKey key =
        VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    String note =
        "If you think cryptography is the answer to your problem,\n"
            + "then you don't know what your problem is.\n"
            + "\n"
            + "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    VerifiedNote verified = VerifiedNote.verify(parse(note), key, List.of());
    assertThat(verified.text()).endsWith("problem is.\n");
    assertThat(verified.author()).isEqualTo(key);
    String other = note.replace("answer", "Answer");
    assertThatThrownBy(() -> VerifiedNote.verify(parse(other), key, List.of()))
        .isInstanceOf(NoteRefused.class)
        .hasMessage("the signature of PeterNeumann+c74f20a3 does not verify");
  }

  @Test
  void whatIsReadIsWrittenTheSame() throws Exception {
    for (String text : List.of("a\n", "\n", "\n\n", "a\n\nb\n\n", "\u2014 a\n", "é 😀\u007f\n")) {
      String note = text + "\n" + SIGNATURE + "\n" + SIGNATURE + "\n";
      SignedNote parsed = parse(note);
      assertThat(parsed.text()).isEqualTo(text);
      assertThat(parsed.signatures()).hasSize(2);
      assertThat(Notes.text(parsed)).isEqualTo(note);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "\n\n",
        "a",
        "a\n",
        "a\n\n",
        "a\n\n\n",
        "SIG\n",
        "\nSIG\n",
        "a\nSIG\n",
        "a\n\nSIG",
        "a\n\nSIG\n\n",
        "a\n\nSIG\nb\n",
        "a\n\nb\nSIG\n",
        "a\n\nSIG\r\n",
        "a\r\n\nSIG\n",
        "a\tb\n\nSIG\n",
        "a\u0000\n\nSIG\n",
        "a\n\n SIG\n",
        "a\n\nSIG \n",
        "a\n\n- a.example AAAAAAAA\n",
        "a\n\n\u2014 a.example\n",
        "a\n\n\u2014 a.example \n",
        "a\n\n\u2014  AAAAAAAA\n",
        "a\n\n\u2014 AAAAAAAA\n",
        "a\n\n\u2014a.example AAAAAAAA\n",
        "a\n\n\u2014 a.example  AAAAAAAA\n",
        "a\n\n\u2014 a example AAAAAAAA\n",
        "a\n\n\u2014 a+example AAAAAAAA\n",
        "a\n\n\u2014 a\u00a0example AAAAAAAA\n",
        "a\n\n\u2014 a\u0085example AAAAAAAA\n",
        "a\n\n\u2014 a\u2028example AAAAAAAA\n",
        "a\n\n\u2014 a\u3000example AAAAAAAA\n",
        "a\n\n\u2014 a.example AAAAAA==\n",
        "a\n\n\u2014 a.example AAAAAAA\n",
        "a\n\n\u2014 a.example AAAAAAB=\n",
        "a\n\n\u2014 a.example AAAA-AA=\n",
        "a\n\n\u2014 a.example AAAAAAAA=\n",
        "a\n\n\u2014 a.example AAAA AAAA\n"
      })
  void whatIsNoNoteIsRefused(String note) {
    assertThatThrownBy(() -> parse(note.replace("SIG", SIGNATURE))).isInstanceOf(NoteRefused.class);
  }

  @Test
  void whatIsNotUtf8IsRefused() throws Exception {
    byte[] note = ("aé\n\n" + SIGNATURE + "\n").getBytes(UTF_8);
    SignedNote.parse(note);
    note[2] = 'x';
    assertThatThrownBy(() -> SignedNote.parse(note))
        .isInstanceOf(NoteRefused.class)
        .hasMessage("the note is not UTF-8");
    assertThatThrownBy(() -> Notes.LOG.sign("\ud800\n"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theBoundsHold() throws Exception {
    String text = "x".repeat(SignedNote.MAX_BYTES - SIGNATURE.getBytes(UTF_8).length - 3) + "\n";
    String longest = text + "\n" + SIGNATURE + "\n";
    assertThat(parse(longest).encode()).hasSize(SignedNote.MAX_BYTES);
    assertThatThrownBy(() -> parse("x" + longest))
        .isInstanceOf(NoteRefused.class)
        .hasMessageContaining("131072 bytes");
    assertThatThrownBy(() -> Notes.LOG.sign("x".repeat(SignedNote.MAX_BYTES) + "\n"))
        .isInstanceOf(IllegalArgumentException.class);

    String lines = (SIGNATURE + "\n").repeat(64);
    assertThat(parse("a\n\n" + lines).signatures()).hasSize(64);
    assertThatThrownBy(() -> parse("a\n\n" + SIGNATURE + "\n" + lines))
        .hasMessageContaining("more than 64");
    SignedNote full = parse("a\n\n" + lines);
    assertThatThrownBy(() -> full.with(full.signatures().get(0)))
        .isInstanceOf(IllegalArgumentException.class);

    String large = "\u2014 a " + base64(new byte[8_192]);
    assertThat(NoteSignature.parse(large).line()).isEqualTo(large);
    assertThatThrownBy(() -> NoteSignature.parse("\u2014 a " + base64(new byte[8_193])))
        .isInstanceOf(NoteRefused.class);
    NoteSignature.parse("\u2014 " + "n".repeat(255) + " AAAAAAA=");
    assertThatThrownBy(() -> NoteSignature.parse("\u2014 " + "n".repeat(256) + " AAAAAAA="))
        .isInstanceOf(NoteRefused.class);
  }

  @Test
  void anUnknownSignatureIsIgnored() throws Exception {
    SigningKey stranger = SigningKey.generate();
    List<NoteSignature> ignored = new ArrayList<>();
    // The log's name with another id, and the log's id with another name.
    ignored.addAll(new NoteSigner(Notes.ORIGIN, stranger).sign("other\n").signatures());
    ignored.add(new NoteSignature("other.example", Notes.signed().signatures().get(0).base64()));
    ignored.add(NoteSignature.parse(SIGNATURE));
    List<NoteSignature> all = new ArrayList<>(ignored);
    all.addAll(Notes.signed().signatures());
    Collections.reverse(all);
    SignedNote note = new SignedNote(Notes.CHECKPOINT.text(), all);
    assertThat(Notes.open(note).note()).isEqualTo(note);
    assertThatThrownBy(() -> Notes.open(new SignedNote(note.text(), ignored)))
        .isInstanceOf(NoteRefused.class)
        .hasMessage("the note is not signed by " + Notes.LOG.verifierKey().label());
  }

  @Test
  void aWrongSignatureOfTheLogRefusesTheNoteWhereverItStands() {
    SignedNote good = Notes.signed();
    NoteSignature wrong = Notes.LOG.sign("other\n").signatures().get(0);
    assertThatThrownBy(() -> Notes.open(good.with(wrong)))
        .isInstanceOf(NoteRefused.class)
        .hasMessageContaining("does not verify");
    assertThatThrownBy(
            () ->
                Notes.open(
                    new SignedNote(good.text(), List.of(wrong)).with(good.signatures().get(0))))
        .isInstanceOf(NoteRefused.class)
        .hasMessageContaining("does not verify");
  }

  @Test
  void everyFlippedBitRefusesTheNote() {
    byte[] note = Notes.signed().encode();
    for (int bit = 0; bit < 8 * note.length; bit++) {
      byte[] flipped = note.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> Notes.open(flipped))
          .as("bit %d", bit)
          .isInstanceOf(NoteRefused.class);
    }
  }

  @Test
  void everyCutNoteIsRefused() {
    byte[] note = Notes.signed().encode();
    for (int length = 0; length < note.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(note, length);
      assertThatThrownBy(() -> Notes.open(cut)).isInstanceOf(NoteRefused.class);
    }
  }

  @Test
  void aSignatureOfAnotherLengthIsRefused() {
    VerifierKey key = Notes.LOG.verifierKey();
    for (int length : new int[] {1, 63, 65, 72}) {
      SignedNote note = new SignedNote("a\n", List.of(NoteSignature.of(key, new byte[length])));
      assertThatThrownBy(() -> VerifiedNote.verify(note, key, List.of()))
          .isInstanceOf(NoteRefused.class);
    }
  }

  @Test
  void keysOfTheWrongKindOrTwiceAreAMistakeOfTheCaller() {
    VerifierKey log = Notes.LOG.verifierKey();
    VerifierKey witness = Notes.WITNESS.verifierKey();
    SignedNote note = Notes.signed();
    assertThatThrownBy(() -> VerifiedNote.verify(note, witness, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    VerifierKey second = new NoteSigner("b.example", SigningKey.generate()).verifierKey();
    assertThatThrownBy(() -> VerifiedNote.verify(note, log, List.of(second)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> VerifiedNote.verify(note, log, List.of(witness, witness)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
