package io.openexec.ledger;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * RFC 6962, section 2.1, word for word: definitions over the list of all leaves. It shares nothing
 * with what it is compared to, not even the hash functions.
 */
final class NaiveTree {
  private record Range(int begin, int end) {}

  private final List<NodeHash> leaves = new ArrayList<>();
  private final Map<Range, NodeHash> known = new HashMap<>();

  /** A tree of that many leaves, all different. */
  static NaiveTree of(int size) {
    NaiveTree tree = new NaiveTree();
    for (int i = 0; i < size; i++) {
      tree.leaves.add(sha256(new byte[] {0}, data(i)));
    }
    return tree;
  }

  static NaiveTree ofLeaves(List<NodeHash> leaves) {
    NaiveTree tree = new NaiveTree();
    tree.leaves.addAll(leaves);
    return tree;
  }

  static byte[] data(int leaf) {
    return ("leaf " + leaf).getBytes(US_ASCII);
  }

  List<NodeHash> leaves(int begin, int end) {
    return leaves.subList(begin, end);
  }

  NodeHash leaf(int index) {
    return leaves.get(index);
  }

  NodeHash root(int size) {
    return root(0, size);
  }

  /** MTH(D[begin:end]). */
  NodeHash root(int begin, int end) {
    if (begin == end) {
      return sha256();
    }
    if (end - begin == 1) {
      return leaves.get(begin);
    }
    NodeHash hash = known.get(new Range(begin, end));
    if (hash == null) {
      int k = largestPowerOfTwoBelow(end - begin);
      hash = node(root(begin, begin + k), root(begin + k, end));
      known.put(new Range(begin, end), hash);
    }
    return hash;
  }

  /** PATH(index, D[0:size]). */
  List<NodeHash> path(int index, int size) {
    return path(index, 0, size);
  }

  private List<NodeHash> path(int m, int begin, int end) {
    if (end - begin == 1) {
      return List.of();
    }
    int k = largestPowerOfTwoBelow(end - begin);
    return m < k
        ? plus(path(m, begin, begin + k), root(begin + k, end))
        : plus(path(m - k, begin + k, end), root(begin, begin + k));
  }

  /** PROOF(oldSize, D[0:newSize]). */
  List<NodeHash> proof(int oldSize, int newSize) {
    return subproof(oldSize, 0, newSize, true);
  }

  private List<NodeHash> subproof(int m, int begin, int end, boolean complete) {
    if (m == end - begin) {
      return complete ? List.of() : List.of(root(begin, end));
    }
    int k = largestPowerOfTwoBelow(end - begin);
    return m <= k
        ? plus(subproof(m, begin, begin + k, complete), root(begin + k, end))
        : plus(subproof(m - k, begin + k, end, false), root(begin, begin + k));
  }

  /** The hashes that a tile of a tree of that size has, none if there is no such tile. */
  List<NodeHash> tile(int level, int index, int size) {
    int leavesEach = 1 << (8 * level);
    List<NodeHash> hashes = new ArrayList<>();
    for (int i = index * 256; i < (index + 1) * 256 && (i + 1) * leavesEach <= size; i++) {
      hashes.add(root(i * leavesEach, (i + 1) * leavesEach));
    }
    return hashes;
  }

  static int largestPowerOfTwoBelow(int n) {
    int k = 1;
    while (2 * k < n) {
      k *= 2;
    }
    return k;
  }

  static NodeHash node(NodeHash left, NodeHash right) {
    return sha256(new byte[] {1}, left.bytes(), right.bytes());
  }

  private static List<NodeHash> plus(List<NodeHash> hashes, NodeHash hash) {
    List<NodeHash> all = new ArrayList<>(hashes);
    all.add(hash);
    return all;
  }

  private static NodeHash sha256(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return NodeHash.of(digest.digest());
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
