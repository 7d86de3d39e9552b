package io.openexec.testing;

import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Evidence;
import io.openexec.execution.Execution;
import io.openexec.execution.Outcome;
import io.openexec.receipt.Hash;
import io.openexec.receipt.ReceiptIssuer;
import io.openexec.receipt.ReceiptIssuer.Issuer;
import io.openexec.signature.KeyFile;
import io.openexec.signature.SigningKey;
import io.openexec.signature.VerificationKey;
import io.openexec.store.LogIdentity;
import io.openexec.store.Signatories;
import io.openexec.store.Signatory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;

/** The keys of every database that a test opens by itself. */
public final class Keys {
  public static final String ORIGIN = "example.com/test";
  public static final SigningKey RECEIPTS = SigningKey.generate();
  public static final SigningKey LEDGER = SigningKey.generate();

  private Keys() {}

  public static Signatories signatories() {
    return onRecord -> signatory(ORIGIN, RECEIPTS, LEDGER.verificationKey());
  }

  /** The variables that name the files of the same keys, which are written to a folder. */
  public static Map<String, String> files(Path directory) {
    return Map.of(
        "OPENEXEC_RECEIPT_KEY", write(directory.resolve("receipt-key.pem"), RECEIPTS),
        "OPENEXEC_LEDGER_KEY", write(directory.resolve("ledger-key.pem"), LEDGER),
        "OPENEXEC_ORIGIN", ORIGIN);
  }

  private static String write(Path file, SigningKey key) {
    try {
      Files.deleteIfExists(file);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      return Files.writeString(file, key.pem()).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The keys that a service made beside its SQLite file. */
  public static Signatories beside(Path database) {
    return onRecord ->
        signatory(
            onRecord.orElseThrow().origin(),
            KeyFile.read(Path.of(database + ".receipt-key.pem")),
            KeyFile.read(Path.of(database + ".ledger-key.pem")).verificationKey());
  }

  private static Signatory signatory(String origin, SigningKey receipts, VerificationKey ledger) {
    return new Signatory(
        new ReceiptIssuer(receipts, new Issuer(origin, "test", Hash.ofUtf8("no routes"))),
        new LogIdentity(origin, ledger));
  }

  /** Issues receipts that no database has to know. */
  public static Evidence evidence() {
    return new Evidence(
        new ReceiptIssuer(RECEIPTS, new Issuer(ORIGIN, "test", Hash.ofUtf8("no routes"))),
        Clock.systemUTC());
  }

  /** What a request becomes that was admitted now. */
  public static Execution ended(VerifiedRequest request, Outcome outcome) {
    return evidence().ended(request, Instant.now(), outcome);
  }
}
