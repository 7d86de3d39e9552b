package io.openexec.ledger;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntryBundleTest {
  private static final List<byte[]> THREE =
      List.of("ab".getBytes(US_ASCII), new byte[0], "c".getBytes(US_ASCII));
  private static final byte[] BUNDLE = {0, 2, 'a', 'b', 0, 0, 0, 1, 'c'};

  @Test
  void lengthsAreBigEndian() throws Exception {
    assertThat(EntryBundle.encode(THREE)).isEqualTo(BUNDLE);
    assertThat(EntryBundle.decode(BUNDLE, 3)).containsExactlyElementsOf(THREE);
    byte[] longest = new byte[65_535];
    byte[] encoded = EntryBundle.encode(List.of(longest));
    assertThat(encoded).hasSize(65_537).startsWith((byte) 0xff, (byte) 0xff);
    assertThat(EntryBundle.decode(encoded, 1)).containsExactly(longest);
  }

  @Test
  void aBundleThatIsCutAnywhereIsRefused() {
    for (int length = 0; length < BUNDLE.length; length++) {
      byte[] cut = Arrays.copyOf(BUNDLE, length);
      assertThatThrownBy(() -> EntryBundle.decode(cut, 3)).isInstanceOf(TileRefused.class);
    }
  }

  @Test
  void aBundleOfMoreOrFewerEntriesIsRefused() {
    assertThatThrownBy(() -> EntryBundle.decode(BUNDLE, 2)).isInstanceOf(TileRefused.class);
    assertThatThrownBy(() -> EntryBundle.decode(BUNDLE, 4)).isInstanceOf(TileRefused.class);
    assertThatThrownBy(() -> EntryBundle.decode(Arrays.copyOf(BUNDLE, BUNDLE.length + 1), 3))
        .isInstanceOf(TileRefused.class)
        .hasMessageContaining("does not end");
  }

  @Test
  void whatDoesNotFitIsNotEncoded() {
    assertThatThrownBy(() -> EntryBundle.encode(List.of(new byte[65_536])))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EntryBundle.encode(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EntryBundle.encode(Collections.nCopies(257, new byte[1])))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTileHasWholeHashes() throws Exception {
    for (int length : new int[] {0, 1, 31, 33, 8_191, 8_193, 8_224}) {
      assertThatThrownBy(() -> TileHashes.parse(new byte[length]))
          .isInstanceOf(TileRefused.class)
          .hasMessageContaining(length + " bytes");
    }
    byte[] bytes = new byte[64];
    TileHashes two = TileHashes.parse(bytes);
    bytes[0] = 1;
    assertThat(two.bytes()).isEqualTo(new byte[64]);
    assertThat(two.first(1)).isEqualTo(TileHashes.parse(new byte[32]));
    assertThat(two.hash(1)).isEqualTo(NodeHash.of(new byte[32]));
    for (int wrong : new int[] {-1, 2}) {
      assertThatThrownBy(() -> two.hash(wrong)).isInstanceOf(IndexOutOfBoundsException.class);
    }
    for (int wrong : new int[] {0, 3}) {
      assertThatThrownBy(() -> two.first(wrong)).isInstanceOf(IndexOutOfBoundsException.class);
    }
    assertThatThrownBy(() -> new Tile(new TileId(0, 0, 1), two))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
