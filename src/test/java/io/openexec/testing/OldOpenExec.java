package io.openexec.testing;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.UUID;

/** A database as OpenExec 0.1.10 leaves it, made by the SQL that SQLAlchemy issues for it. */
public final class OldOpenExec implements AutoCloseable {
  private static final String CREATE =
      "CREATE TABLE IF NOT EXISTS execution_log (id VARCHAR PRIMARY KEY, action VARCHAR NOT NULL, payload TEXT,"
          + " result TEXT, nonce VARCHAR NOT NULL UNIQUE, approved BOOLEAN, timestamp DATETIME)";

  private final Connection connection;

  /** Makes it, or opens it. */
  public OldOpenExec(Path file) {
    try {
      connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try (Statement statement = connection.createStatement()) {
        statement.execute(CREATE);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** An execution as it was written there. */
  public record Old(String id, String action, String payload, String result, String nonce) {
    /** The receipt that 0.1.10 answered, which it did not store. */
    public String receipt() {
      try {
        return HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256")
                    .digest((id + ":" + result).getBytes(StandardCharsets.UTF_8)));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Writes what {@code echo} leaves; the payload as {@code json.dumps} writes it. */
  public Old echo(String payload, String nonce) {
    return write(
        new Old(
            UUID.randomUUID().toString(), "echo", payload, "{\"echo\": " + payload + "}", nonce));
  }

  public Old write(Old old) {
    insert(old.id, old.action, old.payload, old.result, old.nonce, 1);
    return old;
  }

  /** Writes a row that 0.1.10 would not. */
  public void insert(Object... idActionPayloadResultNonceApproved) {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO execution_log VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      for (int i = 0; i < 6; i++) {
        insert.setObject(i + 1, idActionPayloadResultNonceApproved[i]);
      }
      insert.setString(7, "2026-03-01 12:00:00.123456");
      insert.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  public void execute(String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
