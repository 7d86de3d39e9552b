package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AppenderTest {
  private static final int LARGEST = 130;
  private static final NaiveTree TREE = NaiveTree.of(70_500);

  /** All tiles of a tree of that size, by the definition in c2sp.org/tlog-tiles. */
  static Map<StoredTiles.Place, TileHashes> tiles(int size) throws TileRefused {
    Map<StoredTiles.Place, TileHashes> tiles = new HashMap<>();
    for (int level = 0; size >> (8 * level) > 0; level++) {
      for (int index = 0; index * 256 < size >> (8 * level); index++) {
        tiles.put(new StoredTiles.Place(level, index), tile(TREE.tile(level, index, size)));
      }
    }
    return tiles;
  }

  private static TileHashes tile(List<NodeHash> hashes) throws TileRefused {
    byte[] bytes = new byte[hashes.size() * 32];
    for (int i = 0; i < hashes.size(); i++) {
      System.arraycopy(hashes.get(i).bytes(), 0, bytes, i * 32, 32);
    }
    return TileHashes.parse(bytes);
  }

  @Test
  void everySplitOfEverySizeGivesTheSame() throws Exception {
    for (int first = 0; first <= LARGEST; first++) {
      StoredTiles before = StoredTiles.of(TREE, first);
      for (int size = first; size <= LARGEST; size++) {
        StoredTiles tiles = before.copy();
        tiles.append(TREE.leaves(first, size));
        assertThat(tiles.head).isEqualTo(new TreeHead(size, TREE.root(size)));
        assertThat(tiles.tiles).isEqualTo(tiles(size));
      }
    }
  }

  @Test
  void oneByOneGivesTheSame() throws Exception {
    StoredTiles tiles = new StoredTiles();
    for (int size = 1; size <= 600; size++) {
      tiles.append(TREE.leaves(size - 1, size));
      assertThat(tiles.head).isEqualTo(new TreeHead(size, TREE.root(size)));
      assertThat(tiles.tiles).isEqualTo(tiles(size));
    }
  }

  @Test
  void severalTilesAndLevelsAtOnceGiveTheSame() throws Exception {
    for (int first : new int[] {0, 1, 255, 256, 257, 511, 65_279, 65_280, 65_535, 65_536, 65_537}) {
      StoredTiles before = StoredTiles.of(TREE, first);
      for (int size : new int[] {255, 256, 257, 65_536, 65_537, 66_000}) {
        if (first <= size) {
          StoredTiles tiles = before.copy();
          Appender.Appended appended = tiles.append(TREE.leaves(first, size));
          assertThat(tiles.head).isEqualTo(new TreeHead(size, TREE.root(size)));
          Map<StoredTiles.Place, TileHashes> expected = tiles(size);
          assertThat(tiles.tiles).isEqualTo(expected);
          expected.entrySet().removeAll(tiles(first).entrySet());
          assertThat(appended.tiles()).as("only what changes").hasSameSizeAs(expected.keySet());
        }
      }
    }
  }

  @Test
  void onlyThePartialTilesAreReadAndEachOnce() {
    for (int size : new int[] {0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 66_000}) {
      for (int more : new int[] {0, 1, 300, 4_000}) {
        StoredTiles tiles = StoredTiles.of(TREE, size);
        tiles.reads.clear();
        tiles.append(TREE.leaves(size, size + more));
        assertThat(tiles.reads).isEqualTo(TileId.partial(size));
      }
    }
  }

  @Test
  void nothingIsAppendedToDamagedTiles() {
    int size = 257;
    List<NodeHash> more = TREE.leaves(size, size + 1);
    for (TileId partial : TileId.partial(size)) {
      StoredTiles missing = StoredTiles.of(TREE, size);
      StoredTiles.Place place = new StoredTiles.Place(partial.level(), partial.index());
      missing.tiles.remove(place);
      assertThatThrownBy(() -> missing.append(more))
          .isInstanceOf(TilesDamaged.class)
          .hasMessageContaining(partial.path());
      StoredTiles flipped = StoredTiles.of(TREE, size);
      flipped.tiles.computeIfPresent(place, (at, hashes) -> flipped(hashes));
      assertThatThrownBy(() -> flipped.append(more))
          .isInstanceOf(TilesDamaged.class)
          .hasMessageContaining("another root");
    }
  }

  @Test
  void aTileThatIsTooShortIsNamed() {
    StoredTiles tiles = StoredTiles.of(TREE, 3);
    tiles.tiles.replaceAll((at, hashes) -> hashes.first(2));
    assertThatThrownBy(() -> tiles.append(TREE.leaves(3, 4)))
        .isInstanceOf(TilesDamaged.class)
        .hasMessage("tile/0/000.p/3 has only 2 hashes");
  }

  @Test
  void whatATileHasBeyondTheTreeDoesNotCount() {
    StoredTiles ahead = StoredTiles.of(TREE, 300);
    ahead.head = new TreeHead(280, TREE.root(280));
    List<NodeHash> others = new ArrayList<>(TREE.leaves(60_000, 60_030));
    List<NodeHash> all = new ArrayList<>(TREE.leaves(0, 280));
    all.addAll(others);
    ahead.append(others);
    assertThat(ahead.head.root()).isEqualTo(NaiveTree.ofLeaves(all).root(310));
    assertThat(new TiledTree(ahead, 310).root()).isEqualTo(ahead.head.root());
  }

  @Test
  void aTreeHasNoMoreThanALongOfLeaves() {
    ConstantTiles tiles = new ConstantTiles();
    TreeHead last = tiles.head(Long.MAX_VALUE - 1);
    assertThat(Appender.append(tiles, last, List.of(tiles.leaf())).head())
        .isEqualTo(tiles.head(Long.MAX_VALUE));
    assertThatThrownBy(() -> Appender.append(tiles, last, List.of(tiles.leaf(), tiles.leaf())))
        .isInstanceOf(ArithmeticException.class);
  }

  static TileHashes flipped(TileHashes hashes) {
    byte[] bytes = hashes.bytes();
    bytes[bytes.length - 1] ^= 1;
    try {
      return TileHashes.parse(bytes);
    } catch (TileRefused e) {
      throw new AssertionError(e);
    }
  }
}
