package io.openexec.cli;

import io.openexec.cli.LedgerCheck.Place;
import io.openexec.cli.Presented.Piece;
import io.openexec.receipt.JwkSet;
import io.openexec.receipt.JwsRefused;
import io.openexec.receipt.OpenedReceipt;
import io.openexec.receipt.VerifiedReceipt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Verifies what is presented, offline, under what the verifier trusts. */
final class Verification {
  private final @Nullable JwkSet keys;
  private final @Nullable LedgerCheck ledger;
  private final Findings findings = new Findings();
  private @Nullable OpenedReceipt latest;
  private boolean authentic;

  /** Trusts these; without either, nothing can be shown to be genuine. */
  Verification(@Nullable JwkSet keys, @Nullable LedgerCheck ledger) {
    this.keys = keys;
    this.ledger = ledger;
  }

  Findings findings() {
    return findings;
  }

  /** Returns the receipt in question, if it could be read. */
  @Nullable OpenedReceipt latest() {
    return latest;
  }

  /** Returns whether everything looked at holds, and somebody trusted said it. */
  boolean holds() {
    return authentic && findings.nothingFails();
  }

  /** Returns whether the receipt in question is from the service, by its key or its ledger. */
  boolean isAuthentic() {
    return authentic;
  }

  void verify(Presented presented) {
    List<Piece> history = presented.history() == null ? List.of() : presented.history();
    List<OpenedReceipt> earlier = readAll(history, "earlier receipt ");
    List<OpenedReceipt> conflicts = readAll(presented.conflicts(), "conflicting receipt ");
    Optional<OpenedReceipt> read = read(presented.latest(), "receipt", true);
    if (read.isEmpty()
        || earlier.size() < history.size()
        || conflicts.size() < presented.conflicts().size()) {
      return;
    }
    latest = read.get();
    checkChain(latest, presented.history() == null ? null : earlier);
    new Contradictions(findings).check(latest, conflicts);
    new Agreement(findings).check(presented, latest, earlier);
  }

  private List<OpenedReceipt> readAll(List<Piece> pieces, String about) {
    List<OpenedReceipt> receipts = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      read(pieces.get(i), about + (i + 1), false).ifPresent(receipts::add);
    }
    return receipts;
  }

  private Optional<OpenedReceipt> read(Piece piece, String about, boolean decides) {
    try {
      OpenedReceipt receipt = opened(piece, about, decides);
      if (!piece.disclosures().isEmpty()) {
        findings.holds(
            about,
            piece.disclosures().size() + " disclosures open digests of it, each another one");
      }
      if (receipt.concealed() > 0) {
        findings.notVerified(about, receipt.concealed() + " claims that it has are not disclosed");
      }
      checkInclusion(piece, receipt, about, decides);
      return Optional.of(receipt);
    } catch (JwsRefused e) {
      findings.fails(about, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private OpenedReceipt opened(Piece piece, String about, boolean decides) throws JwsRefused {
    if (keys == null) {
      findings.notVerified(about, "who signed it, since no --jwks is given");
      return OpenedReceipt.unverified(piece.evidence(), piece.disclosures());
    }
    VerifiedReceipt verified = VerifiedReceipt.verify(piece.evidence(), piece.disclosures(), keys);
    findings.holds(about, "signed by the trusted key " + verified.key());
    authentic |= decides;
    return verified.receipt();
  }

  private void checkInclusion(Piece piece, OpenedReceipt receipt, String about, boolean decides) {
    if (ledger == null) {
      findings.notVerified(about, "that it is in the ledger, since no --ledger-key is given");
    } else if (piece.inclusion() == null && !decides) {
      findings.notVerified(about, "that it is in the ledger, since no proof comes with it");
    } else if (piece.inclusion() == null || piece.inclusion().isNull()) {
      findings.fails(
          about,
          "no proof that it is in the ledger comes with it; take one that has been published");
    } else {
      try {
        Place place = ledger.verify(piece.evidence(), receipt.issuer(), piece.inclusion());
        findings.holds(
            about,
            "leaf " + place.index() + " of the signed tree of " + place.size() + cosigned(ledger));
        authentic |= decides;
      } catch (LedgerCheck.Refused e) {
        findings.fails(about, "that it is in the ledger: " + e.getMessage());
      }
    }
  }

  private static String cosigned(LedgerCheck ledger) {
    int witnesses = ledger.witnesses().size();
    return witnesses == 0 ? "" : ", cosigned by " + witnesses;
  }

  /** Each receipt names the one that it supersedes, down to the first, which names none. */
  private void checkChain(OpenedReceipt last, @Nullable List<OpenedReceipt> earlier) {
    if (earlier == null) {
      last.prev()
          .ifPresent(
              prev ->
                  findings.notVerified(
                      "history", "what it supersedes, " + prev + ", does not come with it"));
      return;
    }
    Optional<UUID> expected = last.prev();
    for (int i = earlier.size() - 1; i >= 0; i--) {
      OpenedReceipt before = earlier.get(i);
      if (!expected.equals(Optional.of(before.id())) || !before.issuer().equals(last.issuer())) {
        findings.fails("history", "earlier receipt " + (i + 1) + " is not the one superseded");
        return;
      }
      expected = before.prev();
    }
    if (expected.isPresent()) {
      findings.fails("history", "the superseded receipt " + expected.get() + " is missing");
    } else {
      findings.holds("history", earlier.size() + " earlier receipts, each superseded by the next");
    }
  }
}
