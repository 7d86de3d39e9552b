package io.openexec.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A tree of a certain size, read from tiles that may be those of a larger one. It keeps the tiles
 * that it has read, so one is made for a question and then let go; it is for one thread.
 *
 * <p>Nothing here verifies the tiles: from tiles that were tampered with come roots and proofs that
 * do not verify.
 */
public final class TiledTree {
  private final TileSource source;
  private final long size;
  private final Map<TileId, TileHashes> read = new HashMap<>();

  /**
   * Takes the tree of the first {@code size} leaves.
   *
   * @throws IllegalArgumentException if the size is negative
   */
  public TiledTree(TileSource source, long size) {
    if (size < 0) {
      throw new IllegalArgumentException("a tree has no " + size + " leaves");
    }
    this.source = source;
    this.size = size;
  }

  /**
   * Returns the Merkle tree hash (RFC 9162, section 2.1.1).
   *
   * @throws TilesDamaged if a tile is missing or too short
   */
  public NodeHash root() {
    return size == 0 ? Hashing.EMPTY_ROOT : root(0, size);
  }

  /**
   * Returns the proof that a leaf is in this tree (RFC 9162, section 2.1.3.1).
   *
   * @param index of the leaf, from 0
   * @throws IllegalArgumentException if the tree has no such leaf
   * @throws TilesDamaged if a tile is missing or too short
   */
  public InclusionProof inclusion(long index) {
    if (index < 0 || index >= size) {
      throw new IllegalArgumentException("no leaf " + index + " in a tree of " + size);
    }
    List<NodeHash> hashes = new ArrayList<>();
    path(index, 0, size, hashes);
    return new InclusionProof(index, size, hashes);
  }

  /**
   * Returns the proof that this tree only adds to an earlier one (RFC 9162, section 2.1.4.1); no
   * hashes are needed if that one has no leaves, or as many.
   *
   * @throws IllegalArgumentException if that size is negative or larger than this tree's
   * @throws TilesDamaged if a tile is missing or too short
   */
  public ConsistencyProof consistency(long oldSize) {
    if (oldSize < 0 || oldSize > size) {
      throw new IllegalArgumentException("no tree of " + oldSize + " came before one of " + size);
    }
    List<NodeHash> hashes = new ArrayList<>();
    if (oldSize > 0) {
      subproof(oldSize, 0, size, hashes);
    }
    return new ConsistencyProof(oldSize, size, hashes);
  }

  /** PATH(leaf - begin, D[begin:end]) of RFC 9162, section 2.1.3.1. */
  private void path(long leaf, long begin, long end, List<NodeHash> hashes) {
    if (end - begin == 1) {
      return;
    }
    long split = begin + Long.highestOneBit(end - begin - 1);
    if (leaf < split) {
      path(leaf, begin, split, hashes);
      hashes.add(root(split, end));
    } else {
      path(leaf, split, end, hashes);
      hashes.add(root(begin, split));
    }
  }

  /** SUBPROOF(old - begin, D[begin:end], begin == 0) of RFC 9162, section 2.1.4.1. */
  private void subproof(long old, long begin, long end, List<NodeHash> hashes) {
    if (old == end) {
      if (begin > 0) {
        hashes.add(root(begin, end));
      }
      return;
    }
    long split = begin + Long.highestOneBit(end - begin - 1);
    if (old <= split) {
      subproof(old, begin, split, hashes);
      hashes.add(root(split, end));
    } else {
      subproof(old, split, end, hashes);
      hashes.add(root(begin, split));
    }
  }

  /** MTH(D[begin:end]), the range being one that the splits lead to. */
  private NodeHash root(long begin, long end) {
    long perfect = Long.highestOneBit(end - begin);
    NodeHash left = perfect(Long.numberOfTrailingZeros(perfect), begin / perfect);
    return begin + perfect == end ? left : Hashing.node(left, root(begin + perfect, end));
  }

  /** The root above the {@code index}th 2<sup>height</sup> leaves. */
  private NodeHash perfect(int height, long index) {
    int level = height / TileId.HEIGHT;
    int count = 1 << (height % TileId.HEIGHT);
    long first = index * count;
    TileHashes tile = tile(TileId.in(size, level, first / TilePath.FULL));
    return tile.subtree((int) (first % TilePath.FULL), count);
  }

  private TileHashes tile(TileId id) {
    return read.computeIfAbsent(id, missing -> stored(source, missing));
  }

  static TileHashes stored(TileSource source, TileId id) {
    TileHashes hashes =
        source.tile(id).orElseThrow(() -> new TilesDamaged(id.path() + " is missing"));
    if (hashes.width() < id.width()) {
      throw new TilesDamaged(id.path() + " has only " + hashes);
    }
    return hashes;
  }
}
