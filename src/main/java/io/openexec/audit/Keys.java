package io.openexec.audit;

import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.JwkSet;
import java.util.List;
import java.util.Optional;

/**
 * Whom an auditor believes, and what it kept. What is not given is taken from what is audited, and
 * the report says so.
 *
 * @param receipts under which receipts are believed
 * @param ledger under which checkpoints are believed
 * @param witnesses one of which has to have cosigned each kept checkpoint, if there are any
 * @param kept checkpoints that were seen earlier, or by others
 * @param approvers under which approvals are believed
 * @param audiences by which tokens may have named the service; if there are none, they are not
 *     compared
 * @param strict whether what cannot be verified counts as what does not fit
 */
public record Keys(
    Optional<JwkSet> receipts,
    Optional<VerifierKey> ledger,
    List<VerifierKey> witnesses,
    List<Kept> kept,
    ApproverKeys approvers,
    List<String> audiences,
    boolean strict) {

  /** Copies the lists. */
  public Keys {
    witnesses = List.copyOf(witnesses);
    kept = List.copyOf(kept);
    audiences = List.copyOf(audiences);
  }

  /**
   * A checkpoint that was seen earlier.
   *
   * @param name what it is called if it does not fit
   * @param note the signed note, in UTF-8 text
   */
  public record Kept(String name, String note) {}
}
