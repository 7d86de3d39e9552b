package io.openexec.store;

import io.openexec.execution.StoreUnavailable;
import io.openexec.ledger.BundleId;
import io.openexec.ledger.ConsistencyProof;
import io.openexec.ledger.InclusionProof;
import io.openexec.ledger.TileHashes;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TilePath;
import io.openexec.ledger.TiledTree;
import io.openexec.ledger.TilesDamaged;
import io.openexec.receipt.Receipt;
import io.openexec.signature.VerificationKey;
import io.openexec.store.LedgerTable.Published;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Reads receipts and the log, as far as it is published: what no stored checkpoint covers is not
 * there yet.
 */
public final class LedgerReader implements AutoCloseable {
  private static final int MOST_COUNTED = 1_000_000;

  private final Readers readers;

  LedgerReader(Readers readers) {
    this.readers = readers;
  }

  /**
   * Says that a receipt is in the log.
   *
   * @param proof its place, and the hashes from there to the root
   * @param checkpoint the signed note of the tree that has this root
   */
  public record Inclusion(InclusionProof proof, String checkpoint) {}

  /**
   * A receipt with what is known about it.
   *
   * @param inclusion empty until it is in a published checkpoint
   * @param history what it superseded, the oldest first
   * @param conflicts what contradicts it, or the one that superseded it; the oldest first
   */
  public record Proven(
      Receipt receipt,
      Optional<Inclusion> inclusion,
      List<Receipt> history,
      List<Receipt> conflicts) {}

  /**
   * How far the log is.
   *
   * @param waiting how many receipts are not in it yet; a million stands for more
   * @param size how many its latest checkpoint covers
   * @param signed when that was signed, by the database's clock
   */
  public record Standing(long waiting, long size, Instant signed) {}

  /** Returns how far the log is; empty before its first checkpoint. */
  public Optional<Standing> standing() throws StoreUnavailable {
    return read(table -> table.ledger().standing(MOST_COUNTED));
  }

  /** Returns the latest checkpoint that was published, a signed note. */
  public Optional<String> checkpoint() throws StoreUnavailable {
    return read(table -> table.ledger().latest().map(Published::note));
  }

  /** Returns a tile's content, if the log has published that much. */
  public Optional<byte[]> tile(TileId id) throws StoreUnavailable {
    return read(
        table ->
            isPublished(id, table)
                ? table
                    .ledger()
                    .tile(id.level(), id.index())
                    .filter(hashes -> hashes.width() >= id.width())
                    .map(hashes -> hashes.first(id.width()).bytes())
                : Optional.empty());
  }

  /** Returns the data of the leaves in a bundle, if the log has published that much. */
  public Optional<List<byte[]>> entries(BundleId id) throws StoreUnavailable {
    return read(
        table ->
            isPublished(id.tile(), table)
                ? Optional.of(table.ledger().entries(id.index() * TilePath.FULL, id.width()))
                    .filter(entries -> entries.size() == id.width())
                : Optional.empty());
  }

  private static boolean isPublished(TileId id, ExecutionTable table) throws SQLException {
    long leaves = table.ledger().latest().map(Published::size).orElse(0L);
    return id.index() * TilePath.FULL + id.width() <= leaves >> (8 * id.level());
  }

  /**
   * Finds a receipt.
   *
   * @param id the receipt's own, or an execution's, which stands for its latest one
   */
  public Optional<Proven> receipt(UUID id) throws StoreUnavailable {
    return read(
        table -> {
          Optional<Receipt> found = table.receipts().find(id);
          if (found.isEmpty()) {
            found = table.receipts().latest(id);
          }
          return found.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  new Proven(
                      found.get(),
                      inclusion(found.get().id(), table.ledger()),
                      table.receipts().history(found.get()),
                      table.receipts().conflicts(found.get())));
        });
  }

  static Optional<Inclusion> inclusion(UUID receipt, LedgerTable ledger) throws SQLException {
    OptionalLong index = ledger.index(receipt);
    Optional<Published> latest = ledger.latest();
    if (index.isEmpty() || latest.isEmpty() || index.getAsLong() >= latest.get().size()) {
      return Optional.empty();
    }
    try {
      TiledTree tree = new TiledTree(id -> tile(id, ledger), latest.get().size());
      return Optional.of(new Inclusion(tree.inclusion(index.getAsLong()), latest.get().note()));
    } catch (Unreadable e) {
      throw e.cause;
    } catch (TilesDamaged e) {
      throw new SQLException("the tiles on record are damaged", e);
    }
  }

  /** Proves, from the tiles, that a tree of one size begins with all the leaves of another one. */
  static ConsistencyProof consistency(long oldSize, long newSize, LedgerTable ledger)
      throws SQLException {
    try {
      return new TiledTree(id -> tile(id, ledger), newSize).consistency(oldSize);
    } catch (Unreadable e) {
      throw e.cause;
    } catch (TilesDamaged e) {
      throw new SQLException("the tiles on record are damaged", e);
    }
  }

  private static Optional<TileHashes> tile(TileId id, LedgerTable ledger) {
    try {
      return ledger.tile(id.level(), id.index());
    } catch (SQLException e) {
      throw new Unreadable(e);
    }
  }

  /** Carries a failure through what knows no SQL. */
  private static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final SQLException cause;

    Unreadable(SQLException cause) {
      super(cause);
      this.cause = cause;
    }
  }

  /** Returns the keys that receipts were ever signed with, the latest first. */
  public List<VerificationKey> receiptKeys() throws StoreUnavailable {
    return read(table -> table.identity().receiptKeys());
  }

  /** Returns whose log it is. */
  public LogIdentity identity() throws StoreUnavailable {
    return read(
        table ->
            table
                .identity()
                .find()
                .orElseThrow(() -> new SQLException("the ledger's row is gone")));
  }

  private <T> T read(Write.Statements<T> statements) throws StoreUnavailable {
    return readers.readOrFail(statements);
  }

  @Override
  public void close() {
    readers.close();
  }
}
