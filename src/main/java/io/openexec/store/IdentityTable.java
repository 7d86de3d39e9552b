package io.openexec.store;

import io.openexec.execution.Evidence;
import io.openexec.signature.VerificationKey;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/** Whose log a database holds, and by which keys its receipts are verified. */
final class IdentityTable {
  // RFC 6962, section 2.1: the hash of an empty list is SHA-256 of nothing.
  private static final String EMPTY_ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

  private static final String FIND = "SELECT origin, public_key FROM ledger";

  private static final String ESTABLISH =
      """
      INSERT INTO ledger (id, origin, public_key, tree_size, root) VALUES (1, ?, ?, 0, ?)
      ON CONFLICT DO NOTHING
      """;

  private static final String ADD_KEY =
      """
      INSERT INTO receipt_keys (kid, public_key, first_used_at) VALUES (?, ?, ?)
      ON CONFLICT DO NOTHING
      """;

  private static final String KEYS =
      "SELECT public_key FROM receipt_keys ORDER BY first_used_at DESC, kid";

  private final Connection connection;

  IdentityTable(Connection connection) {
    this.connection = connection;
  }

  /**
   * Asks who signs, holds that against the record, and puts on record what is new.
   *
   * @return what issues the receipts
   * @throws IOException if the keys cannot be had, or are not those of this database
   */
  static Evidence establish(DataSource database, Signatories signatories, Clock clock)
      throws IOException, SQLException {
    try (Connection connection = database.getConnection()) {
      IdentityTable table = new IdentityTable(connection);
      Signatory signatory = signatories.signatory(table.find());
      table.establish(signatory.log());
      // Another process may have been first.
      check(table.find().orElseThrow(), signatory.log());
      table.addReceiptKey(signatory.receipts().verificationKey(), clock.millis());
      return new Evidence(signatory.receipts(), clock);
    }
  }

  private static void check(LogIdentity onRecord, LogIdentity ours) throws IOException {
    if (!onRecord.origin().equals(ours.origin())) {
      throw new IOException(
          "its ledger is of the origin "
              + onRecord.origin()
              + " and not "
              + ours.origin()
              + "; set OPENEXEC_ORIGIN to that, or unset it");
    }
    if (!onRecord.key().equals(ours.key())) {
      throw new IOException(
          "its ledger was begun with another key ("
              + onRecord.key().thumbprint()
              + "); set OPENEXEC_LEDGER_KEY to the file of that one: a log does not change its key");
    }
  }

  Optional<LogIdentity> find() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(FIND);
        ResultSet row = select.executeQuery()) {
      return row.next()
          ? Optional.of(new LogIdentity(row.getString(1), key(row.getString(2))))
          : Optional.empty();
    }
  }

  private void establish(LogIdentity log) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(ESTABLISH)) {
      insert.setString(1, log.origin());
      insert.setString(2, text(log.key()));
      insert.setString(3, EMPTY_ROOT);
      insert.executeUpdate();
    }
  }

  private void addReceiptKey(VerificationKey key, long now) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(ADD_KEY)) {
      insert.setString(1, key.thumbprint());
      insert.setString(2, text(key));
      insert.setLong(3, now);
      insert.executeUpdate();
    }
  }

  /** Returns the keys that receipts were ever signed with, the newest first. */
  List<VerificationKey> receiptKeys() throws SQLException {
    List<VerificationKey> keys = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(KEYS);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        keys.add(key(row.getString(1)));
      }
    }
    return keys;
  }

  private static String text(VerificationKey key) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(key.raw());
  }

  private static VerificationKey key(String text) throws SQLException {
    try {
      return VerificationKey.ofRaw(Base64.getUrlDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      throw new SQLException("a public key on record is none", e);
    }
  }
}
