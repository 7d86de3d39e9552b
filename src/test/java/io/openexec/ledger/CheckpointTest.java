package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.signature.SigningKey;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  private static final String ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

  /** The specification's example. */
  @Test
  void theExample() throws Exception {
    String text = "example.com/behind-the-sofa\n20852163\n" + ROOT + "\n";
    Checkpoint checkpoint = Checkpoint.parse(text);
    assertThat(checkpoint.origin()).isEqualTo("example.com/behind-the-sofa");
    assertThat(checkpoint.head()).isEqualTo(new TreeHead(20_852_163, NodeHash.parseBase64(ROOT)));
    assertThat(checkpoint.extensions()).isEmpty();
    assertThat(checkpoint.text()).isEqualTo(text);
    SignedNote note =
        SignedNote.parse(
            (text
                    + "\n"
                    + "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
                    + "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n")
                .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(note.text()).isEqualTo(text);
    assertThat(note.signatures()).extracting(NoteSignature::keyId).contains(0x8d66cf3f);
    assertThat(note.signatures().get(1).signature()).hasSize(Cosignature.BYTES);
  }

  @Test
  void extensionLinesAreKept() throws Exception {
    String text = "o\n1\n" + ROOT + "\nextension 1\n \u2014 x\n";
    Checkpoint checkpoint = Checkpoint.parse(text);
    assertThat(checkpoint.extensions()).containsExactly("extension 1", " \u2014 x");
    assertThat(checkpoint.text()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "o\n",
        "o\n1\n",
        "o\n1\nROOT",
        "\n1\nROOT\n",
        "o\n\n1\nROOT\n",
        "o\n1\nROOT\n\n",
        "o\n1\nROOT\n\nx\n",
        "o\n1\nROOT\nx",
        "o\n1\n\nROOT\n",
        "o\r\n1\nROOT\n",
        "o\t\n1\nROOT\n",
        "o\n01\nROOT\n",
        "o\n00\nROOT\n",
        "o\n+1\nROOT\n",
        "o\n-1\nROOT\n",
        "o\n-0\nROOT\n",
        "o\n 1\nROOT\n",
        "o\n1 \nROOT\n",
        "o\n1.0\nROOT\n",
        "o\n1e3\nROOT\n",
        "o\n0x1\nROOT\n",
        "o\n1_0\nROOT\n",
        "o\n١\nROOT\n",
        "o\nx\nROOT\n",
        "o\n9223372036854775808\nROOT\n",
        "o\n18446744073709551616\nROOT\n",
        "o\n10000000000000000000\nROOT\n",
        "o\n0\nROOT\n",
        "o\n1\nROOT=\n",
        "o\n1\n ROOT\n",
        "o\n1\nROOT \n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA\n"
      })
  void everyOtherSpellingIsRefused(String text) {
    assertThatThrownBy(() -> Checkpoint.parse(text.replace("ROOT", ROOT)))
        .isInstanceOf(NoteRefused.class);
  }

  @Test
  void theBoundsHold() throws Exception {
    String rest = "\n" + Long.MAX_VALUE + "\n" + ROOT + "\n";
    assertThat(Checkpoint.parse("o" + rest).head().size()).isEqualTo(Long.MAX_VALUE);
    Checkpoint.parse("o".repeat(255) + rest);
    assertThatThrownBy(() -> Checkpoint.parse("o".repeat(256) + rest))
        .isInstanceOf(NoteRefused.class);
    assertThatThrownBy(() -> Checkpoint.parse("é".repeat(128) + rest))
        .isInstanceOf(NoteRefused.class);
    assertThat(Checkpoint.parse("o" + rest + "x\n".repeat(16)).extensions()).hasSize(16);
    assertThatThrownBy(() -> Checkpoint.parse("o" + rest + "x\n".repeat(17)))
        .isInstanceOf(NoteRefused.class);
    assertThatThrownBy(() -> Checkpoint.parse("o" + rest + "x\n".repeat(60_000)))
        .isInstanceOf(NoteRefused.class);
    Checkpoint.parse("o" + rest + "x".repeat(1_024) + "\n");
    assertThatThrownBy(() -> Checkpoint.parse("o" + rest + "x".repeat(1_025) + "\n"))
        .isInstanceOf(NoteRefused.class);
  }

  @Test
  void theEmptyTree() throws Exception {
    Checkpoint empty = new Checkpoint("o", TreeHead.EMPTY);
    assertThat(empty.text()).isEqualTo("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    assertThat(Checkpoint.parse(empty.text())).isEqualTo(empty);
  }

  @Test
  void whatIsNoLineIsNoOriginAndNoExtension() {
    for (String wrong : List.of("", "a\nb", "a\u0000", "\ud800")) {
      assertThatThrownBy(() -> new Checkpoint(wrong, Notes.HEAD))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new Checkpoint("o", Notes.HEAD, List.of(wrong)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new Checkpoint("o", Notes.HEAD, Collections.nCopies(17, "x")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theOriginMustBeTheKeysName() throws Exception {
    assertThat(Notes.open(Notes.signed()).checkpoint()).isEqualTo(Notes.CHECKPOINT);
    String other = new Checkpoint("ledger.example/two", Notes.HEAD).text();
    assertThatThrownBy(() -> Notes.open(Notes.LOG.sign(other)))
        .isInstanceOf(NoteRefused.class)
        .hasMessage("the checkpoint is of another origin than ledger.example/one");
    assertThatThrownBy(() -> Notes.open(Notes.LOG.sign("ledger.example/one\n1\n")))
        .isInstanceOf(NoteRefused.class);
    NoteSigner imposter = new NoteSigner(Notes.ORIGIN, SigningKey.generate());
    assertThatThrownBy(() -> Notes.open(imposter.sign(Notes.CHECKPOINT.text())))
        .isInstanceOf(NoteRefused.class);
  }
}
