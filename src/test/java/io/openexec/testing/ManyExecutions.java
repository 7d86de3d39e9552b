package io.openexec.testing;

import io.openexec.execution.Evidence;
import io.openexec.execution.Outcome;
import io.openexec.execution.RecordedRequest;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.Receipt;
import io.openexec.receipt.ReceiptHash;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

/**
 * A record with any number of executions, written faster than a service would: of demo mode, under
 * {@link Keys}, with their receipts, leaves, tiles and a checkpoint.
 */
public final class ManyExecutions {
  private static final int BATCH = 1_000;
  private static final String TENANT = "";
  private static final String ACTION = "echo";

  private ManyExecutions() {}

  /**
   * Fills the database of a service that has executed nothing yet.
   *
   * @param length of a text in each payload
   */
  public static void write(TestDatabase database, int count, int length) {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      write(connection, count, "x".repeat(length));
    } catch (SQLException | JsonRefused e) {
      throw new IllegalStateException(e);
    }
    Forger forger = new Forger(database);
    forger.rebuildTree();
    forger.execute("INSERT INTO checkpoints VALUES (" + count + ", '', 0)");
    forger.resignCheckpoints(Keys.LEDGER);
  }

  private static void write(Connection connection, int count, String text)
      throws SQLException, JsonRefused {
    Evidence evidence = Keys.evidence();
    try (PreparedStatement executions =
            connection.prepareStatement(
                "INSERT INTO executions (id, tenant, nonce, action, action_hash, payload, state,"
                    + " result, receipt, receipt_id, owner, attempt, created_at, changed_at)"
                    + " VALUES (?, ?, ?, ?, ?, ?, 'succeeded', ?, ?, ?, 'o', 1, ?, 0)");
        PreparedStatement receipts =
            connection.prepareStatement(
                "INSERT INTO receipts (jti, execution_id, evidence, disclosures)"
                    + " VALUES (?, ?, ?, ?)");
        PreparedStatement leaves =
            connection.prepareStatement("INSERT INTO leaves (leaf_index, jti) VALUES (?, ?)")) {
      for (int n = 0; n < count; n++) {
        String payload = "{\"n\":" + n + ",\"text\":\"" + text + "\"}";
        JsonValue result = JsonValue.parse("{\"echo\": " + payload + "}");
        UUID id = ExecutionId.of(TENANT, "n" + n);
        String nonce = CanonicalJson.quoted("n" + n);
        RecordedRequest request =
            new RecordedRequest(id, TENANT, nonce, ACTION, payload, null, evidence.now());
        Receipt receipt = evidence.of(request, Outcome.succeeded(result), null);
        add(
            executions,
            id.toString(),
            TENANT,
            nonce,
            ACTION,
            Approver.hash(ACTION, payload),
            payload,
            result.spaced(),
            ReceiptHash.ofText(id.toString(), result.spaced()).hex(),
            receipt.id().toString(),
            request.admittedAt().toEpochMilli());
        add(
            receipts,
            receipt.id().toString(),
            id.toString(),
            receipt.evidence(),
            receipt.disclosuresJson());
        add(leaves, (long) n, receipt.id().toString());
        if (n % BATCH == BATCH - 1 || n == count - 1) {
          executions.executeBatch();
          receipts.executeBatch();
          leaves.executeBatch();
          connection.commit();
        }
      }
    }
  }

  private static void add(PreparedStatement insert, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      insert.setObject(i + 1, values[i]);
    }
    insert.addBatch();
  }
}
