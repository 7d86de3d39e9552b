package io.openexec.store;

import io.openexec.ledger.ConsistencyProof;
import io.openexec.ledger.NoteRefused;
import io.openexec.ledger.ProofRefused;
import io.openexec.ledger.TreeHead;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.store.LedgerTable.Published;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What was signed before, as far as a sequencer knows: nothing that contradicts it is signed.
 * Whoever can write the database could otherwise have a fork signed without the key, by rewriting
 * the tree under the service. What this process signed itself it does not forget while it lives;
 * before that it believes the latest checkpoint in the database, if its own key signed that.
 */
final class SignedBefore {
  private final VerifierKey key;
  private TreeHead last = TreeHead.EMPTY;

  SignedBefore(VerifierKey key) {
    this.key = key;
  }

  /** The tree is not the one that was signed; the message says in which way. */
  static final class Contradiction extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Contradiction(String message) {
      super(
          message
              + ": the database was rewritten, or put back to an earlier state. Nothing is signed on"
              + " top of it; compare it with a witness or a checkpoint that was kept");
    }
  }

  /**
   * Refuses a tree that cannot be the one that was signed, or one that has grown from it.
   *
   * @throws Contradiction if it is smaller, or another of the same size
   */
  void checkNotBefore(TreeHead head) {
    if (head.size() < last.size() || (head.size() == last.size() && !head.equals(last))) {
      throw new Contradiction(
          "the ledger has "
              + head.size()
              + " leaves, and another tree of "
              + last.size()
              + " was signed");
    }
  }

  /**
   * Refuses a tree that is smaller than one of which there is a checkpoint.
   *
   * @param head the tree, read after the checkpoint
   * @param published the latest checkpoint's size
   * @throws Contradiction if it is
   */
  static void checkCovers(TreeHead head, long published) {
    if (published > head.size()) {
      throw new Contradiction(
          "the ledger has "
              + head.size()
              + " leaves, and there is a checkpoint of "
              + published
              + " on record");
    }
  }

  /**
   * Refuses a tree that does not begin with all the leaves of what was signed.
   *
   * @param head the tree that shall be signed
   * @throws Contradiction if it does not
   */
  void checkExtends(TreeHead head, LedgerTable ledger) throws SQLException {
    checkNotBefore(head);
    checkGrown(last, head, ledger);
    Optional<Published> latest = ledger.latest();
    if (latest.isPresent()) {
      checkGrown(opened(latest.get()), head, ledger);
    }
  }

  private TreeHead opened(Published published) {
    try {
      byte[] note = published.note().getBytes(StandardCharsets.UTF_8);
      return VerifiedCheckpoint.open(note, key, List.of()).head();
    } catch (NoteRefused e) {
      throw new Contradiction(
          "the latest checkpoint in the database is not ours (" + e.getMessage() + ")");
    }
  }

  private static void checkGrown(TreeHead from, TreeHead to, LedgerTable ledger)
      throws SQLException {
    if (from.size() > to.size()) {
      // Of another instance, which is ahead.
      return;
    }
    try {
      ConsistencyProof proof = LedgerReader.consistency(from.size(), to.size(), ledger);
      proof.verify(from.root(), to.root());
    } catch (ProofRefused e) {
      throw new Contradiction(
          "the ledger does not extend the tree of "
              + from.size()
              + " leaves that was signed ("
              + e.getMessage()
              + ")");
    }
  }

  /** Remembers what was signed. */
  void remember(TreeHead head) {
    last = head;
  }
}
