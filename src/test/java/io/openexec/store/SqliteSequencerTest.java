package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.ledger.TileHashes;
import io.openexec.ledger.TiledTree;
import io.openexec.testing.TestDatabase;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteSequencerTest extends SequencerTest {
  private static final int LEAVES = 60;
  private static final int HASH = 32;

  @TempDir Path directory;

  @Override
  TestDatabase database() {
    return TestDatabase.sqlite(directory);
  }

  @Override
  JdbcExecutionStore other() {
    return store;
  }

  private Sequencer signed() throws Exception {
    keep(LEAVES, store);
    Sequencer sequencer = sequencer(store, step -> {});
    drain(sequencer);
    return sequencer;
  }

  private List<String> signedSizes() {
    return database.rows("SELECT tree_size FROM checkpoints ORDER BY tree_size");
  }

  /** Makes another tree of the first leaves, as whoever can write the database may. */
  private void rewrite(int size) throws Exception {
    byte[] hashes =
        HexFormat.of()
            .parseHex(database.rows("SELECT hex(hashes) FROM tiles WHERE level = 0").get(0));
    byte[] other = Arrays.copyOf(hashes, size * HASH);
    System.arraycopy(hashes, 3 * HASH, other, 7 * HASH, HASH);
    System.arraycopy(hashes, 7 * HASH, other, 3 * HASH, HASH);
    TileHashes tile = TileHashes.parse(other);
    String root = new TiledTree(id -> Optional.of(tile), size).root().base64();
    database.execute(
        "UPDATE tiles SET hashes = X'" + HexFormat.of().formatHex(other) + "' WHERE level = 0");
    database.execute("UPDATE ledger SET tree_size = " + size + ", root = '" + root + "'");
    database.execute("DELETE FROM leaves WHERE leaf_index >= " + size);
  }

  @Test
  void aTreeThatIsRewrittenUnderItIsNotSigned() throws Exception {
    Sequencer sequencer = signed();
    rewrite(LEAVES);
    database.execute("DELETE FROM checkpoints");
    assertThatThrownBy(sequencer::step)
        .isInstanceOf(SignedBefore.Contradiction.class)
        .hasMessageContaining("another tree of 60 was signed");
    assertThat(signedSizes()).isEmpty();
  }

  @Test
  void norIfItIsSmaller() throws Exception {
    Sequencer sequencer = signed();
    rewrite(40);
    database.execute("DELETE FROM checkpoints");
    keep(1, store);
    assertThatThrownBy(sequencer::step).isInstanceOf(SignedBefore.Contradiction.class);
    assertThat(signedSizes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void norWhenItHasGrownSince(boolean sameSequencer) throws Exception {
    Sequencer sequencer = signed();
    rewrite(LEAVES);
    keep(5, store);
    // Another one grew it: the sequencer itself would have noticed before.
    Sequencer next = sequencer(store, step -> {});
    if (sameSequencer) {
      database.execute("DELETE FROM checkpoints");
      drain(next);
      database.execute("DELETE FROM checkpoints");
      next = sequencer;
    }
    assertThatThrownBy(next::step)
        .isInstanceOf(SignedBefore.Contradiction.class)
        .hasMessageContaining("does not extend the tree of 60 leaves");
    assertThat(signedSizes()).doesNotContain("65");
  }

  @Test
  void norOnTopOfACheckpointThatIsNotOurs() throws Exception {
    signed();
    database.execute("UPDATE checkpoints SET note = replace(note, '60', '59')");
    keep(1, store);
    assertThatThrownBy(sequencer(store, step -> {})::step)
        .isInstanceOf(SignedBefore.Contradiction.class)
        .hasMessageContaining("not ours");
  }

  @Test
  void aCheckpointThatWasDeletedIsPublishedAgain() throws Exception {
    Sequencer sequencer = signed();
    List<String> note = database.rows("SELECT note FROM checkpoints");
    database.execute("DELETE FROM checkpoints");
    drain(sequencer);
    assertThat(database.rows("SELECT note FROM checkpoints")).isEqualTo(note);
  }
}
