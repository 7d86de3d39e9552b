package io.openexec.audit;

import io.openexec.ledger.BundleId;
import io.openexec.ledger.EntryBundle;
import io.openexec.ledger.Hashing;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.NoteRefused;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TilePath;
import io.openexec.ledger.TileRefused;
import io.openexec.ledger.TreeHead;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JwkSet;
import io.openexec.receipt.JwsRefused;
import io.openexec.receipt.OpenedReceipt;
import io.openexec.receipt.VerifiedReceipt;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Recomputes a log from what anyone can read of it: every receipt's signature, every leaf, tile and
 * root up to its checkpoint. What the receipts conceal stays so.
 */
public final class LogAudit {
  private static final int MAX_BUNDLE = TilePath.FULL * (Short.BYTES + EntryBundle.MAX_ENTRY);
  private static final int MAX_TILE = TilePath.FULL * NodeHash.BYTES;

  private final LogFiles files;
  private final Keys keys;
  private final Progress progress;
  private final Report report = new Report();

  private LogAudit(LogFiles files, Keys keys, Progress progress) {
    this.files = files;
    this.keys = keys;
    this.progress = progress;
  }

  /**
   * Audits a log.
   *
   * @throws Unreadable if it cannot be read
   */
  public static Report of(LogFiles files, Keys keys, Progress progress) {
    LogAudit audit = new LogAudit(files, keys, progress);
    try {
      audit.run();
    } catch (Misfit e) {
      audit.report.end(e);
    }
    return audit.report;
  }

  private void run() throws Misfit {
    VerifierKey ledger = ledger();
    JwkSet receipts = receipts();
    byte[] note =
        files
            .read("checkpoint")
            .orElseThrow(() -> new Unreadable("there is no checkpoint: is that a log?"));
    VerifiedCheckpoint checkpoint =
        KnownHeads.open(
            "checkpoint", new String(note, StandardCharsets.UTF_8), ledger, keys.witnesses());
    TreeHead head = checkpoint.head();
    report.count("checkpoints", 1);
    TileCheck tiles = new TileCheck(head.size(), this::tile);
    StreamedTree tree = new StreamedTree(tiles);
    KnownHeads known = new KnownHeads(keys, ledger);
    known.pass(tree);
    while (tree.size() < head.size()) {
      for (byte[] entry : bundle(tree.size() / TilePath.FULL, head.size())) {
        verify(entry, tree.size(), receipts, ledger.name());
        tree.add(Hashing.leaf(entry));
        known.pass(tree);
      }
      progress.at("leaves of " + head.size(), tree.size());
    }
    Misfit.unlessEqual(
        "checkpoint of size " + head.size() + ": root", tree.root().base64(), head.root().base64());
    known.end(tree.size());
    report.count("kept checkpoints", known.count());
    report.count("leaves", tree.size());
    report.count("tiles", tiles.checked());
  }

  private VerifierKey ledger() {
    if (keys.ledger().isPresent()) {
      return keys.ledger().get();
    }
    byte[] key =
        files
            .read("key")
            .orElseThrow(() -> new Unreadable("there is no ledger key: give --ledger-key"));
    try {
      VerifierKey own = VerifierKey.parse(new String(key, StandardCharsets.UTF_8).strip());
      report.trust("the ledger's key is the one that the log names, " + own);
      return own;
    } catch (NoteRefused e) {
      throw new Unreadable("the ledger's key is none: " + e.getMessage());
    }
  }

  private JwkSet receipts() {
    if (keys.receipts().isPresent()) {
      return keys.receipts().get();
    }
    byte[] set =
        files.keys().orElseThrow(() -> new Unreadable("there are no receipt keys: give --jwks"));
    try {
      JwkSet own = JwkSet.parse(new String(set, StandardCharsets.UTF_8));
      report.trust("the receipt keys are those that are published beside the log");
      return own;
    } catch (JsonRefused e) {
      throw new Unreadable("the receipt keys are none: " + e.getMessage());
    }
  }

  private void verify(byte[] entry, long index, JwkSet receipts, String origin) throws Misfit {
    String name = "leaf " + index;
    try {
      OpenedReceipt receipt =
          VerifiedReceipt.verify(new String(entry, StandardCharsets.US_ASCII), List.of(), receipts)
              .receipt();
      Misfit.unlessEqual(name + ": iss", origin, receipt.issuer());
      report.count("receipts", 1);
    } catch (JwsRefused e) {
      throw new Misfit(
          name, "a receipt signed by a trusted key", "one that is refused: " + e.getMessage());
    }
  }

  private List<byte[]> bundle(long index, long size) throws Misfit {
    int width = (int) Math.min(TilePath.FULL, size - index * TilePath.FULL);
    BundleId id = new BundleId(index, width);
    Optional<byte[]> content = files.read(id.path(), MAX_BUNDLE);
    try {
      if (content.isPresent()) {
        return EntryBundle.decode(content.get(), width);
      }
      // A log may drop a partial bundle once it is full (c2sp.org/tlog-tiles, "Partial Tiles").
      BundleId full = new BundleId(index, TilePath.FULL);
      content = files.read(full.path(), MAX_BUNDLE);
      return EntryBundle.decode(
              content.orElseThrow(() -> new Misfit(id.path(), "a bundle of entries", "none")),
              TilePath.FULL)
          .subList(0, width);
    } catch (TileRefused e) {
      throw new Misfit(id.path(), width + " entries", String.valueOf(e.getMessage()));
    }
  }

  private byte[] tile(TileId id) throws Misfit {
    Optional<byte[]> content = files.read(id.path(), MAX_TILE);
    if (content.isPresent()) {
      return content.get();
    }
    byte[] full =
        files
            .read(new TileId(id.level(), id.index(), TilePath.FULL).path(), MAX_TILE)
            .orElseThrow(() -> new Misfit(id.path(), "a tile", "none"));
    return Arrays.copyOf(full, Math.min(full.length, id.width() * NodeHash.BYTES));
  }
}
