package io.openexec.audit;

import io.openexec.ledger.Hashing;
import io.openexec.ledger.NodeHash;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The tree of RFC 6962, section 2.1, leaf by leaf: of what came so far it keeps the roots of the
 * perfect subtrees, one for each bit of the size.
 */
final class StreamedTree {
  private final Nodes nodes;
  // The smallest on top. Their heights are the places of the bits that are set in the size.
  private final Deque<NodeHash> peaks = new ArrayDeque<>();
  private long size;

  /** Is shown each root of a perfect subtree once, the lower ones first. */
  @FunctionalInterface
  interface Nodes {
    /**
     * Takes a node.
     *
     * @param height 0 for a leaf
     * @param index counted from 0 among those of its height
     */
    void node(int height, long index, NodeHash hash) throws Misfit;
  }

  StreamedTree(Nodes nodes) {
    this.nodes = nodes;
  }

  long size() {
    return size;
  }

  void add(NodeHash leaf) throws Misfit {
    NodeHash hash = leaf;
    nodes.node(0, size, hash);
    int height = 0;
    for (long index = size; (index & 1) == 1; index >>= 1) {
      hash = Hashing.node(peaks.pop(), hash);
      height++;
      nodes.node(height, index >> 1, hash);
    }
    peaks.push(hash);
    size++;
  }

  NodeHash root() {
    Iterator<NodeHash> smallestFirst = peaks.iterator();
    if (!smallestFirst.hasNext()) {
      return Hashing.EMPTY_ROOT;
    }
    NodeHash root = smallestFirst.next();
    while (smallestFirst.hasNext()) {
      root = Hashing.node(smallestFirst.next(), root);
    }
    return root;
  }
}
