package io.openexec;

import io.openexec.receipt.Hash;
import io.openexec.receipt.ReceiptIssuer;
import io.openexec.receipt.ReceiptIssuer.Issuer;
import io.openexec.signature.KeyFile;
import io.openexec.signature.SigningKey;
import io.openexec.signature.VerificationKey;
import io.openexec.store.DatabaseUrl;
import io.openexec.store.LogIdentity;
import io.openexec.store.Signatories;
import io.openexec.store.Signatory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The service's own keys: one for receipts, another one for the ledger. They are made beside a new
 * SQLite database, and have to be given with PostgreSQL. A key that is missing later is never
 * replaced by itself: somebody has to want that.
 */
final class KeyFiles implements Signatories {
  private static final int THUMBPRINT = 16;

  private final Configuration.Evidence configuration;
  private final DatabaseUrl database;
  private final Hash registry;
  private @Nullable SigningKey ledger;
  private @Nullable String origin;

  KeyFiles(Configuration.Evidence configuration, DatabaseUrl database, Hash registry) {
    this.configuration = configuration;
    this.database = database;
    this.registry = registry;
  }

  @Override
  public Signatory signatory(Optional<LogIdentity> onRecord) throws IOException {
    boolean isNew = onRecord.isEmpty();
    SigningKey forReceipts =
        key(Configuration.RECEIPT_KEY, configuration.receiptKey(), "receipt-key", isNew);
    SigningKey forLedger =
        key(Configuration.LEDGER_KEY, configuration.ledgerKey(), "ledger-key", isNew);
    if (forReceipts.verificationKey().equals(forLedger.verificationKey())) {
      throw new IOException(
          "receipts and ledger have the same key; set "
              + Configuration.RECEIPT_KEY
              + " and "
              + Configuration.LEDGER_KEY
              + " to different ones");
    }
    ledger = forLedger;
    VerificationKey log = forLedger.verificationKey();
    String name =
        configuration
            .origin()
            .or(() -> onRecord.map(LogIdentity::origin))
            .orElseGet(() -> "openexec/" + log.thumbprint().substring(0, THUMBPRINT));
    origin = name;
    return new Signatory(
        new ReceiptIssuer(forReceipts, new Issuer(name, Status.VERSION, registry)),
        new LogIdentity(name, log));
  }

  /** Returns the key of the ledger. The database has to be open. */
  SigningKey ledger() {
    return Objects.requireNonNull(ledger);
  }

  /** Returns the ledger's name. The database has to be open. */
  String origin() {
    return Objects.requireNonNull(origin);
  }

  private SigningKey key(String variable, Optional<Path> given, String suffix, boolean mayBeMade)
      throws IOException {
    if (given.isPresent()) {
      return read(variable, given.get());
    }
    if (!(database instanceof DatabaseUrl.Sqlite sqlite)) {
      throw new IOException(
          variable
              + " is not set; with PostgreSQL the keys have to be given: make one by"
              + " 'openexec keygen FILE', and give the same to every instance");
    }
    Path file = sqlite.file().resolveSibling(sqlite.file().getFileName() + "." + suffix + ".pem");
    if (Files.exists(file)) {
      return read(variable, file);
    }
    if (!mayBeMade) {
      throw new IOException(
          file + " is gone; bring it back, or set " + variable + " to the key's file");
    }
    return KeyFile.make(file);
  }

  private static SigningKey read(String variable, Path file) throws IOException {
    try {
      return KeyFile.read(file);
    } catch (IOException e) {
      throw new IOException(variable + " cannot be used: " + e.getMessage(), e);
    }
  }
}
