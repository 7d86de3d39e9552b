package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

/** Trees around the sizes where tiles become full, and of the largest sizes. */
class LargeTreeTest {
  private static final int LARGEST = 66_500;
  private static final NaiveTree TREE = NaiveTree.of(LARGEST);
  private static final StoredTiles TILES = StoredTiles.of(TREE, LARGEST);
  private static final ConstantTiles CONSTANT = new ConstantTiles();

  @Provide
  Arbitrary<Integer> sizes() {
    return Arbitraries.oneOf(
        Arbitraries.integers().between(254, 258),
        Arbitraries.integers().between(510, 514),
        Arbitraries.integers().between(65_534, 65_538),
        Arbitraries.integers().between(65_790, 65_794),
        Arbitraries.integers().between(1, LARGEST));
  }

  @Property(tries = 300)
  void inclusion(@ForAll("sizes") int size, @ForAll @LongRange(max = 1 << 20) long number)
      throws Exception {
    int index = (int) (number % size);
    InclusionProof proof = new TiledTree(TILES, size).inclusion(index);
    assertThat(proof.hashes()).isEqualTo(TREE.path(index, size));
    proof.verify(TREE.leaf(index), TREE.root(size));
    assertThatThrownBy(() -> proof.verify(TREE.leaf((index + 1) % LARGEST), TREE.root(size)))
        .isInstanceOf(ProofRefused.class);
  }

  @Property(tries = 300)
  void consistency(@ForAll("sizes") int one, @ForAll("sizes") int other) throws Exception {
    int old = Math.min(one, other);
    int size = Math.max(one, other);
    ConsistencyProof proof = new TiledTree(TILES, size).consistency(old);
    assertThat(proof.hashes()).isEqualTo(TREE.proof(old, size));
    proof.verify(TREE.root(old), TREE.root(size));
    assertThatThrownBy(() -> proof.verify(TREE.root(old), TREE.root(size - 1)))
        .isInstanceOf(ProofRefused.class);
  }

  @Property(tries = 50)
  void anyBatches(
      @ForAll @Size(min = 1, max = 8) List<@net.jqwik.api.From("batches") Integer> batches)
      throws Exception {
    StoredTiles tiles = new StoredTiles();
    int size = 0;
    for (int batch : batches) {
      tiles.append(TREE.leaves(size, size + batch));
      size += batch;
      assertThat(tiles.head).isEqualTo(new TreeHead(size, TREE.root(size)));
    }
    assertThat(tiles.tiles).isEqualTo(AppenderTest.tiles(size));
  }

  @Provide
  Arbitrary<Integer> batches() {
    return Arbitraries.oneOf(
        Arbitraries.integers().between(0, 3),
        Arbitraries.integers().between(254, 258),
        Arbitraries.integers().between(0, 4_000));
  }

  @Property(tries = 300)
  void treesOfUpToALongOfLeaves(
      @ForAll @LongRange(min = 1, max = Long.MAX_VALUE) long one,
      @ForAll @LongRange(min = 1, max = Long.MAX_VALUE) long other)
      throws Exception {
    long old = Math.min(one, other);
    long size = Math.max(one, other);
    TiledTree tree = new TiledTree(CONSTANT, size);
    NodeHash root = CONSTANT.head(size).root();
    assertThat(tree.root()).isEqualTo(root);
    tree.inclusion(old - 1).verify(CONSTANT.leaf(), root);
    ConsistencyProof proof = tree.consistency(old);
    proof.verify(CONSTANT.head(old).root(), root);
    List<NodeHash> longer = new ArrayList<>(proof.hashes());
    longer.add(root);
    assertThatThrownBy(
            () -> new ConsistencyProof(old, size, longer).verify(CONSTANT.head(old).root(), root))
        .isInstanceOf(ProofRefused.class);
  }
}
