package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.signature.SigningKey;
import io.openexec.signature.VerificationKey;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerifierKeyTest {
  // The public key of RFC 8032, section 7.1, test 1; ids computed apart, with Python's hashlib.
  private static final VerificationKey KEY =
      VerificationKey.ofRaw(
          HexFormat.of()
              .parseHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
  private static final String LOG =
      "log.example/é+c8ffb88f+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
  private static final String WITNESS =
      "log.example/é+0512716a+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

  @Test
  void knownAnswers() throws Exception {
    VerifierKey log = new VerifierKey("log.example/é", SignatureType.ED25519, KEY);
    assertThat(log.text()).isEqualTo(LOG);
    assertThat(VerifierKey.parse(LOG)).isEqualTo(log);
    VerifierKey witness = new VerifierKey("log.example/é", SignatureType.COSIGNATURE_V1, KEY);
    assertThat(witness.text()).isEqualTo(WITNESS);
    assertThat(VerifierKey.parse(WITNESS)).isEqualTo(witness);
    assertThat(witness.id()).isNotEqualTo(log.id());
  }

  @Test
  void everyOtherCharacterIsRefused() {
    for (int i = 0; i < LOG.length(); i++) {
      for (char other : new char[] {'A', 'b', '0', '+', '=', ' ', '\n'}) {
        if (LOG.charAt(i) != other) {
          String wrong = LOG.substring(0, i) + other + LOG.substring(i + 1);
          assertThatThrownBy(() -> VerifierKey.parse(wrong)).isInstanceOf(NoteRefused.class);
        }
      }
      String cut = LOG.substring(0, i);
      assertThatThrownBy(() -> VerifierKey.parse(cut)).isInstanceOf(NoteRefused.class);
      String rest = LOG.substring(i + 1);
      assertThatThrownBy(() -> VerifierKey.parse(rest)).isInstanceOf(NoteRefused.class);
    }
    for (String wrong :
        new String[] {LOG + "\n", LOG + "=", " " + LOG, LOG + "A", "x".repeat(400)}) {
      assertThatThrownBy(() -> VerifierKey.parse(wrong)).isInstanceOf(NoteRefused.class);
    }
    String upper = LOG.replace("c8ffb88f", "C8FFB88F");
    assertThat(upper).isNotEqualTo(LOG);
    assertThatThrownBy(() -> VerifierKey.parse(upper)).isInstanceOf(NoteRefused.class);
  }

  @Test
  void keysOfOtherTypesOrOfSmallOrderAreRefused() {
    assertThatThrownBy(() -> VerifierKey.parse(text("a", 2, KEY.raw())))
        .hasMessageContaining("unknown signature type");
    byte[] identity = new byte[32];
    identity[0] = 1;
    assertThatThrownBy(() -> VerifierKey.parse(text("a", 1, identity)))
        .isInstanceOf(NoteRefused.class)
        .hasMessageContaining("full order");
    assertThatThrownBy(() -> VerifierKey.parse(text("a", 1, new byte[31])))
        .hasMessageContaining("not one of Ed25519");
    assertThatThrownBy(() -> VerifierKey.parse(text("a", 1, new byte[33])))
        .isInstanceOf(NoteRefused.class);
  }

  private static String text(String name, int type, byte[] raw) {
    byte[] encoded = new byte[1 + raw.length];
    encoded[0] = (byte) type;
    System.arraycopy(raw, 0, encoded, 1, raw.length);
    return name + "+00000000+" + Base64.getEncoder().encodeToString(encoded);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a b", "a+b", "a\tb", "a\n", "a\u00a0", "\u2003", "a\u0085", "\ud800"})
  void namesThatNoKeyCanHave(String name) {
    assertThatThrownBy(() -> new VerifierKey(name, SignatureType.ED25519, KEY))
        .isInstanceOf(IllegalArgumentException.class);
    SigningKey key = SigningKey.generate();
    assertThatThrownBy(() -> new NoteSigner(name, key))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Cosigner(name, key)).isInstanceOf(IllegalArgumentException.class);
  }
}
