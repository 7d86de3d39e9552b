package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TilePathTest {
  @ParameterizedTest
  @CsvSource({
    "tile/0/000, 0, 0, 256",
    "tile/0/000.p/1, 0, 0, 1",
    "tile/0/000.p/255, 0, 0, 255",
    "tile/1/999, 1, 999, 256",
    "tile/0/x001/000.p/42, 0, 1000, 42",
    "tile/2/x001/x234/067, 2, 1234067, 256",
    "tile/0/x036/x028/x797/x018/x963/966, 0, 36028797018963966, 256",
    "tile/0/x036/x028/x797/x018/x963/967.p/255, 0, 36028797018963967, 255",
    "tile/7/000.p/127, 7, 0, 127"
  })
  void hashTiles(String path, int level, long index, int width) {
    TileId id = new TileId(level, index, width);
    assertThat(id.path()).isEqualTo(path);
    assertThat(TilePath.parse(path)).contains(id);
  }

  @ParameterizedTest
  @CsvSource({
    "tile/entries/000, 0, 256",
    "tile/entries/000.p/1, 0, 1",
    "tile/entries/x001/x234/067.p/99, 1234067, 99"
  })
  void bundles(String path, long index, int width) {
    BundleId id = new BundleId(index, width);
    assertThat(id.path()).isEqualTo(path);
    assertThat(TilePath.parse(path)).contains(id);
    assertThat(id.tile()).isEqualTo(new TileId(0, index, width));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile//000",
        "tile/0//000",
        "Tile/0/000",
        "tile/00/000",
        "tile/01/000",
        "tile/+0/000",
        "tile/-1/000",
        "tile/8/000",
        "tile/8/000.p/1",
        "tile/63/000",
        "tile/64/000",
        "tile/data/000",
        "tile/entries",
        "tile/Entries/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/1000",
        "tile/0/x000",
        "tile/0/x000/000",
        "tile/0/x000/001",
        "tile/0/x000/x001/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/X001/000",
        "tile/0/x01/000",
        "tile/0/x0001/000",
        "tile/0/-01",
        "tile/0/+01",
        "tile/0/ 01",
        "tile/0/0x1",
        "tile/0/١٢٣",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/001",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/999",
        "tile/0/000.p/1000",
        "tile/0/000.p/-1",
        "tile/0/000.p/+1",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/000.P/1",
        "tile/0/000p/1",
        "tile/0/000xp/1",
        "tile/0/000\n",
        "tile/0/000%00",
        "tile/0/../0/000",
        // One more than any tree has.
        "tile/0/x036/x028/x797/x018/x963/967",
        "tile/entries/x036/x028/x797/x018/x963/967",
        "tile/0/x036/x028/x797/x018/x963/968.p/1",
        "tile/0/x999/x999/x999/x999/x999/999",
        "tile/0/x001/x000/x000/x000/x000/x000/000",
        "tile/0/x009/x223/x372/x036/x854/x775/807",
        "tile/7/000.p/128",
        "tile/7/000",
        "tile/7/001.p/1"
      })
  void everyOtherSpellingIsRefused(String path) {
    assertThat(TilePath.parse(path)).isEmpty();
  }

  @Property(tries = 500)
  void pathsRoundTrip(
      @ForAll @IntRange(max = 7) int level,
      @ForAll @LongRange(max = Long.MAX_VALUE) long number,
      @ForAll @IntRange(min = 1, max = 256) int width) {
    long most = ((Long.MAX_VALUE >> (8 * level)) - width) / 256;
    if (level == 7 && width > 127) {
      assertThatThrownBy(() -> new TileId(level, 0, width)).hasMessageContaining("level 7");
      return;
    }
    TileId id = new TileId(level, most == 0 ? 0 : number % most, width);
    assertThat(TilePath.parse(id.path())).contains(id);
    BundleId bundle = new BundleId(id.index(), width);
    assertThat(TilePath.parse(bundle.path())).contains(bundle);
    assertThatThrownBy(() -> new TileId(level, most + 1, width))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property(tries = 2_000)
  void whatIsReadIsWrittenTheSame(
      @ForAll @StringLength(max = 24) @Chars({'0', '1', '2', 'x', '/', '.', 'p'}) String rest) {
    for (String path : new String[] {"tile/0/" + rest, "tile/entries/" + rest, "tile/" + rest}) {
      TilePath.parse(path).ifPresent(id -> assertThat(id.path()).isEqualTo(path));
    }
  }

  @Test
  void boundsOfTheCoordinates() {
    for (Runnable wrong :
        new Runnable[] {
          () -> new TileId(-1, 0, 1),
          () -> new TileId(8, 0, 1),
          () -> new TileId(0, -1, 1),
          () -> new TileId(0, 0, 0),
          () -> new TileId(0, 0, 257),
          () -> new BundleId(-1, 1),
          () -> new BundleId(0, 0),
          () -> new BundleId(0, 257)
        }) {
      assertThatThrownBy(wrong::run).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void thePartialTilesOfATree() {
    assertThat(TileId.partial(0)).isEmpty();
    assertThat(TileId.partial(256)).containsExactly(new TileId(1, 0, 1));
    // The specification's example.
    assertThat(TileId.partial(70_000))
        .containsExactly(new TileId(0, 273, 112), new TileId(1, 1, 17), new TileId(2, 0, 1));
    assertThat(TileId.partial(Long.MAX_VALUE)).hasSize(8).endsWith(new TileId(7, 0, 127));
    assertThatThrownBy(() -> TileId.partial(-1)).isInstanceOf(IllegalArgumentException.class);
  }
}
