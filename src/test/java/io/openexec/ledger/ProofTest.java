package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tree sizes 0 to 130, walked completely. */
class ProofTest {
  private static final int LARGEST = 130;
  private static final NaiveTree TREE = NaiveTree.of(LARGEST + 2);
  private static final StoredTiles TILES = StoredTiles.of(TREE, LARGEST + 2);

  private static boolean holds(InclusionProof proof, NodeHash leaf, NodeHash root) {
    try {
      proof.verify(leaf, root);
      return true;
    } catch (ProofRefused e) {
      return false;
    }
  }

  private static boolean holds(ConsistencyProof proof, NodeHash oldRoot, NodeHash newRoot) {
    try {
      proof.verify(oldRoot, newRoot);
      return true;
    } catch (ProofRefused e) {
      return false;
    }
  }

  private static NodeHash flipped(NodeHash hash, int bit) {
    byte[] bytes = hash.bytes();
    bytes[bit / 8 % 32] ^= (byte) (1 << (bit % 8));
    return NodeHash.of(bytes);
  }

  /** Lists that differ from this one by a hash: flipped, dropped, doubled, appended, swapped. */
  private static List<List<NodeHash>> wrong(List<NodeHash> hashes) {
    List<List<NodeHash>> wrong = new ArrayList<>();
    for (int i = 0; i < hashes.size(); i++) {
      List<NodeHash> flipped = new ArrayList<>(hashes);
      flipped.set(i, flipped(hashes.get(i), 37 * i));
      wrong.add(flipped);
      List<NodeHash> dropped = new ArrayList<>(hashes);
      dropped.remove(i);
      wrong.add(dropped);
      List<NodeHash> doubled = new ArrayList<>(hashes);
      doubled.add(i, hashes.get(i));
      wrong.add(doubled);
      if (i > 0) {
        List<NodeHash> swapped = new ArrayList<>(hashes);
        swapped.set(i, hashes.get(i - 1));
        swapped.set(i - 1, hashes.get(i));
        wrong.add(swapped);
      }
    }
    List<NodeHash> appended = new ArrayList<>(hashes);
    appended.add(Hashing.EMPTY_ROOT);
    wrong.add(appended);
    return wrong;
  }

  @Test
  void everyLeafOfEverySize() throws Exception {
    for (int size = 1; size <= LARGEST; size++) {
      NodeHash root = TREE.root(size);
      assertThat(new TiledTree(TILES, size).root()).isEqualTo(root);
      for (int index = 0; index < size; index++) {
        InclusionProof proof = new TiledTree(TILES, size).inclusion(index);
        assertThat(proof.hashes()).isEqualTo(TREE.path(index, size));
        proof.verify(TREE.leaf(index), root);
      }
    }
  }

  @Test
  void noLeafWithAWrongHash() {
    for (int size = 1; size <= LARGEST; size++) {
      NodeHash root = TREE.root(size);
      for (int index = 0; index < size; index++) {
        List<NodeHash> hashes = TREE.path(index, size);
        NodeHash leaf = TREE.leaf(index);
        for (List<NodeHash> wrong : wrong(hashes)) {
          assertThat(holds(new InclusionProof(index, size, wrong), leaf, root)).isFalse();
        }
        InclusionProof proof = new InclusionProof(index, size, hashes);
        assertThat(holds(proof, flipped(leaf, index), root)).isFalse();
        assertThat(holds(proof, leaf, flipped(root, index))).isFalse();
        assertThat(holds(proof, root, leaf)).as("size %d", size).isEqualTo(size == 1);
      }
    }
  }

  @Test
  void noLeafAtAnotherPlace() {
    for (int size = 1; size <= LARGEST; size++) {
      NodeHash root = TREE.root(size);
      for (int index = 0; index < size; index++) {
        List<NodeHash> hashes = TREE.path(index, size);
        for (long wrong : new long[] {-1, index - 1, index + 1, index ^ 2, index ^ 64, size}) {
          InclusionProof proof = new InclusionProof(wrong, size, hashes);
          assertThat(holds(proof, TREE.leaf(index), root)).isFalse();
        }
      }
    }
  }

  @Test
  void noLeafInATreeOfAnotherSize() {
    for (int size = 1; size <= LARGEST; size++) {
      for (int index = 0; index < size; index++) {
        List<NodeHash> hashes = TREE.path(index, size);
        for (int wrong : new int[] {size - 1, size + 1}) {
          InclusionProof proof = new InclusionProof(index, wrong, hashes);
          assertThat(holds(proof, TREE.leaf(index), TREE.root(wrong))).isFalse();
          // Only together with the size does a root say where a leaf is: where the way to it turns
          // alike in both sizes, the hashes cannot tell them apart. Checkpoints sign both.
          boolean alike = index < wrong && turns(index, wrong).equals(turns(index, size));
          assertThat(holds(proof, TREE.leaf(index), TREE.root(size))).isEqualTo(alike);
        }
      }
    }
  }

  /** On which side the way from the leaf to the root meets each hash: RFC 6962's PATH. */
  private static String turns(int index, int size) {
    if (size == 1) {
      return "";
    }
    int k = NaiveTree.largestPowerOfTwoBelow(size);
    return index < k ? turns(index, k) + "R" : turns(index - k, size - k) + "L";
  }

  @Test
  void aLeafThatEqualsTwoChildHashesIsNoNode() {
    for (int size = 2; size <= LARGEST; size++) {
      for (int index = 0; index + 1 < size; index += 2) {
        byte[] children = new byte[64];
        TREE.leaf(index).writeTo(children, 0);
        TREE.leaf(index + 1).writeTo(children, 32);
        List<NodeHash> path = TREE.path(index, size);
        List<NodeHash> above = path.subList(1, path.size());
        NodeHash root = TREE.root(size);
        for (long claimed : new long[] {index / 2, index, index + 1}) {
          InclusionProof proof = new InclusionProof(claimed, size, above);
          assertThat(holds(proof, Hashing.leaf(children), root)).isFalse();
        }
        InclusionProof half = new InclusionProof(index / 2, (size + 1) / 2, above);
        assertThat(holds(half, Hashing.leaf(children), root)).isFalse();
      }
    }
  }

  @Test
  void everyPairOfSizes() throws Exception {
    for (int size = 0; size <= LARGEST; size++) {
      for (int old = 0; old <= size; old++) {
        ConsistencyProof proof = new TiledTree(TILES, size).consistency(old);
        assertThat(proof.hashes()).isEqualTo(old == 0 ? List.of() : TREE.proof(old, size));
        proof.verify(TREE.root(old), TREE.root(size));
      }
    }
  }

  @Test
  void noPairOfSizesWithAWrongHash() {
    for (int size = 0; size <= LARGEST; size++) {
      for (int old = 0; old <= size; old++) {
        List<NodeHash> hashes = old == 0 ? List.of() : TREE.proof(old, size);
        NodeHash oldRoot = TREE.root(old);
        NodeHash newRoot = TREE.root(size);
        for (List<NodeHash> wrong : wrong(hashes)) {
          assertThat(holds(new ConsistencyProof(old, size, wrong), oldRoot, newRoot)).isFalse();
        }
        ConsistencyProof proof = new ConsistencyProof(old, size, hashes);
        assertThat(holds(proof, flipped(oldRoot, old), newRoot)).isFalse();
        // Any tree begins with no leaves.
        assertThat(holds(proof, oldRoot, flipped(newRoot, old))).isEqualTo(old == 0 && size > 0);
        assertThat(holds(proof, newRoot, oldRoot)).isEqualTo(old == size);
      }
    }
  }

  @Test
  void noPairOfOtherSizes() {
    for (int size = 1; size <= LARGEST; size++) {
      for (int old = 1; old <= size; old++) {
        List<NodeHash> hashes = TREE.proof(old, size);
        for (int wrong : new int[] {old - 1, old + 1}) {
          ConsistencyProof proof = new ConsistencyProof(wrong, size, hashes);
          assertThat(holds(proof, TREE.root(old), TREE.root(size))).isFalse();
          // A proof from no leaves, or to the same ones, is an empty one, as this may be.
          boolean empty = hashes.isEmpty() && (wrong == 0 || wrong == size);
          assertThat(holds(proof, TREE.root(wrong), TREE.root(size))).isEqualTo(empty);
        }
        for (int wrong : new int[] {size - 1, size + 1}) {
          ConsistencyProof proof = new ConsistencyProof(old, wrong, hashes);
          assertThat(holds(proof, TREE.root(old), TREE.root(wrong)))
              .isEqualTo(hashes.isEmpty() && old == wrong);
        }
      }
    }
  }

  @Test
  void noForkIsConsistent() {
    for (int size = 1; size <= LARGEST; size++) {
      for (int fork : new int[] {0, size / 2, size - 1}) {
        List<NodeHash> leaves = new ArrayList<>(TREE.leaves(0, size));
        leaves.set(fork, Hashing.EMPTY_ROOT);
        NaiveTree forked = NaiveTree.ofLeaves(leaves);
        for (int old = fork + 1; old <= size; old++) {
          for (NaiveTree prover : List.of(TREE, forked)) {
            ConsistencyProof proof = new ConsistencyProof(old, size, prover.proof(old, size));
            assertThat(holds(proof, TREE.root(old), forked.root(size))).isFalse();
            assertThat(holds(proof, forked.root(old), TREE.root(size))).isFalse();
          }
        }
      }
    }
  }

  @Test
  void theReasonIsNamed() {
    NodeHash hash = Hashing.EMPTY_ROOT;
    assertThatThrownBy(() -> new InclusionProof(8, 8, List.of()).verify(hash, hash))
        .isInstanceOf(ProofRefused.class)
        .hasMessage("no leaf 8 in a tree of 8");
    assertThatThrownBy(() -> new InclusionProof(5, 8, List.of(hash)).verify(hash, hash))
        .hasMessage("the proof has 1 hashes, it needs 3");
    assertThatThrownBy(() -> new InclusionProof(0, 1, List.of()).verify(hash, TREE.leaf(0)))
        .hasMessageContaining("another root");
    assertThatThrownBy(() -> new ConsistencyProof(9, 8, List.of()).verify(hash, hash))
        .hasMessage("no tree of 9 came before one of 8");
    assertThatThrownBy(() -> new ConsistencyProof(3, 8, List.of(hash)).verify(hash, hash))
        .hasMessage("the proof has 1 hashes, it needs 4");
    assertThatThrownBy(() -> new ConsistencyProof(8, 8, List.of(hash)).verify(hash, hash))
        .hasMessage("the proof has 1 hashes, it needs 0");
    assertThatThrownBy(() -> new ConsistencyProof(8, 8, List.of()).verify(hash, TREE.leaf(0)))
        .hasMessageContaining("two different roots");
    assertThatThrownBy(() -> new ConsistencyProof(0, 8, List.of()).verify(TREE.leaf(0), hash))
        .hasMessageContaining("without leaves");
  }

  @Test
  void numbersOfAnySizeAreRefusedAndNotComputedWith() {
    long[] numbers = {Long.MIN_VALUE, -1, 0, 1, 2, 1L << 62, Long.MAX_VALUE - 1, Long.MAX_VALUE};
    NodeHash leaf = TREE.leaf(0);
    List<NodeHash> hashes = TREE.path(0, 130);
    for (long one : numbers) {
      for (long other : numbers) {
        assertThat(holds(new InclusionProof(one, other, hashes), leaf, TREE.root(130))).isFalse();
        assertThat(holds(new ConsistencyProof(one, other, hashes), leaf, leaf)).isFalse();
        ConsistencyProof empty = new ConsistencyProof(one, other, List.of());
        assertThat(holds(empty, leaf, leaf)).isEqualTo(one == other && one > 0);
      }
    }
  }

  @Test
  void aTreeAnswersForItsOwnLeavesOnly() {
    TiledTree tree = new TiledTree(TILES, 10);
    for (long wrong : new long[] {Long.MIN_VALUE, -1, 10, 11, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> tree.inclusion(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
    for (long wrong : new long[] {Long.MIN_VALUE, -1, 11, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> tree.consistency(wrong))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new TiledTree(TILES, -1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TiledTree(TILES, 1_000).root())
        .isInstanceOf(TilesDamaged.class)
        .hasMessage("tile/1/000.p/3 is missing");
  }
}
