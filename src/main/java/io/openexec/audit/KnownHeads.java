package io.openexec.audit;

import io.openexec.ledger.NodeHash;
import io.openexec.ledger.NoteRefused;
import io.openexec.ledger.TreeHead;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What somebody kept of the log: the tree has to pass through each of these states. */
final class KnownHeads {
  private final List<Known> known = new ArrayList<>();
  private int next;

  private record Known(String name, TreeHead head) {}

  /**
   * Verifies what was kept.
   *
   * @throws Misfit if it is not this log's
   */
  KnownHeads(Keys keys, VerifierKey ledger) throws Misfit {
    for (Keys.Kept kept : keys.kept()) {
      known.add(new Known(kept.name(), verified(kept, keys, ledger)));
    }
    known.sort(Comparator.comparingLong(one -> one.head.size()));
  }

  private static TreeHead verified(Keys.Kept kept, Keys keys, VerifierKey ledger) throws Misfit {
    VerifiedCheckpoint checkpoint =
        open("the kept checkpoint " + kept.name(), kept.note(), ledger, keys.witnesses());
    if (!keys.witnesses().isEmpty() && checkpoint.cosignatures().isEmpty()) {
      throw new Misfit(
          "the kept checkpoint " + kept.name(), "a cosignature of a given witness", "none");
    }
    return checkpoint.head();
  }

  static VerifiedCheckpoint open(
      String name, String note, VerifierKey ledger, List<VerifierKey> witnesses) throws Misfit {
    try {
      return VerifiedCheckpoint.open(note.getBytes(StandardCharsets.UTF_8), ledger, witnesses);
    } catch (NoteRefused e) {
      throw new Misfit(
          name, "a checkpoint signed by " + ledger, "one that is refused: " + e.getMessage());
    }
  }

  /** Looks at the tree as it is now; it has to be shown each size. */
  void pass(StreamedTree tree) throws Misfit {
    NodeHash root = null;
    while (next < known.size() && known.get(next).head.size() == tree.size()) {
      root = root == null ? tree.root() : root;
      Known kept = known.get(next);
      Misfit.unlessEqual(
          "the root at size " + tree.size() + ", against the kept checkpoint " + kept.name,
          kept.head.root().base64(),
          root.base64());
      next++;
    }
  }

  /** Ends with the last size of the tree. */
  void end(long size) throws Misfit {
    if (next < known.size()) {
      Known kept = known.get(next);
      throw new Misfit(
          "the log, against the kept checkpoint " + kept.name,
          "at least " + kept.head.size() + " leaves",
          Long.toString(size));
    }
  }

  /** Returns how many there are. */
  int count() {
    return known.size();
  }
}
