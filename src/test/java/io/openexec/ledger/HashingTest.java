package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashingTest {
  /** The eight entries that Certificate Transparency's own tests have used since RFC 6962. */
  static final List<byte[]> ENTRIES =
      Stream.of(
              "",
              "00",
              "10",
              "2021",
              "3031",
              "40414243",
              "5051525354555657",
              "606162636465666768696a6b6c6d6e6f")
          .map(HexFormat.of()::parseHex)
          .toList();

  // Computed apart, with Python's hashlib.
  private static final List<String> ROOTS =
      List.of(
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

  @Test
  void rootsOfTheUsualEightEntries() {
    List<NodeHash> leaves = ENTRIES.stream().map(Hashing::leaf).toList();
    StoredTiles tiles = new StoredTiles();
    assertThat(tiles.head.root()).hasToString(ROOTS.get(0));
    for (int size = 1; size <= leaves.size(); size++) {
      tiles.append(leaves.subList(size - 1, size));
      assertThat(tiles.head.root()).as("size %d", size).hasToString(ROOTS.get(size));
    }
  }

  @Test
  void aNodeIsNoLeafOfItsTwoChildren() {
    NodeHash left = Hashing.leaf(ENTRIES.get(0));
    NodeHash right = Hashing.leaf(ENTRIES.get(1));
    byte[] both = new byte[64];
    left.writeTo(both, 0);
    right.writeTo(both, 32);
    assertThat(Hashing.leaf(both)).isNotEqualTo(Hashing.node(left, right));
    assertThat(Hashing.node(right, left)).isNotEqualTo(Hashing.node(left, right));
  }

  @Test
  void aHashKeepsItsBytesToItself() {
    byte[] bytes = Hashing.EMPTY_ROOT.bytes();
    NodeHash hash = NodeHash.of(bytes);
    bytes[0] ^= 1;
    hash.bytes()[1] ^= 1;
    assertThat(hash).isEqualTo(Hashing.EMPTY_ROOT).hasSameHashCodeAs(Hashing.EMPTY_ROOT);
    assertThat(NodeHash.of(bytes)).isNotEqualTo(hash);
    assertThat(NodeHash.parseBase64(hash.base64())).isEqualTo(hash);
    assertThat(hash.hex()).isEqualTo(ROOTS.get(0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        " 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA"
      })
  void aHashHasOneSpellingInBase64(String base64) {
    assertThatThrownBy(() -> NodeHash.parseBase64(base64))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aHashHas32Bytes() {
    assertThatThrownBy(() -> NodeHash.of(new byte[31])).hasMessageContaining("31");
    assertThatThrownBy(() -> NodeHash.of(new byte[33])).hasMessageContaining("33");
  }

  @Test
  void theEmptyTreeHasOneRoot() {
    assertThatThrownBy(() -> new TreeHead(0, Hashing.leaf(new byte[0])))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TreeHead(-1, Hashing.EMPTY_ROOT))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
