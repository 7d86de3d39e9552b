package io.openexec.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.audit.Claims.OutcomeRow;
import io.openexec.receipt.ActionHash;
import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.JsonValue;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * An execution as it is on record.
 *
 * @param id its id
 * @param tenant whose it is
 * @param nonce a JSON string
 * @param action the action's name
 * @param actionHash what approved it
 * @param payload JSON, in the canonical form without spaces
 * @param outcome what came of it, or {@code running}
 * @param receiptId the jti of its latest receipt
 * @param approvals a JSON array; null where there was none
 * @param createdAt when it was admitted, in milliseconds since 1970
 */
record ExecutionRow(
    String id,
    String tenant,
    String nonce,
    String action,
    String actionHash,
    String payload,
    OutcomeRow outcome,
    @Nullable String receiptId,
    @Nullable String approvals,
    long createdAt) {
  /** What {@link #of} reads, of a table that goes by the name of e. */
  static final String COLUMNS =
      "e.id, e.tenant, e.nonce, e.action, e.action_hash, e.payload, e.state, e.reason, e.result,"
          + " e.receipt, e.receipt_id, e.approvals, e.created_at";

  /** How many columns that are. */
  static final int WIDTH = 13;

  private static final String RUNNING = "running";

  static ExecutionRow of(ResultSet row) throws SQLException {
    return new ExecutionRow(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        new OutcomeRow(row.getString(7), row.getString(8), row.getString(9), row.getString(10)),
        row.getString(11),
        row.getString(12),
        row.getLong(13));
  }

  String name() {
    return "execution " + Misfit.shown(id);
  }

  boolean isRunning() {
    return outcome.state().equals(RUNNING);
  }

  /** Recomputes what the row says of itself: its id, and the hashes. */
  void check() throws Misfit {
    JsonValue nonceValue = Claims.json(name() + ": nonce", nonce);
    boolean text = nonceValue.read(JsonNode::isTextual);
    if (!text || !nonceValue.compact().equals(nonce)) {
      throw new Misfit(name() + ": nonce", "a JSON string in ASCII", Misfit.shown(nonce));
    }
    Misfit.unlessEqual(
        name() + ": id, by its tenant and nonce",
        ExecutionId.of(tenant, plainNonce()).toString(),
        id);
    JsonValue value = Claims.json(name() + ": payload", payload);
    Misfit.unlessEqual(name() + ": payload in canonical form", value.compact(), payload);
    Misfit.unlessEqual(name() + ": action hash", ActionHash.of(action, value).hex(), actionHash);
    if (isRunning()) {
      checkRunning();
    } else {
      checkEnded();
    }
  }

  private void checkRunning() throws Misfit {
    Misfit.unlessEqual(name() + ", which runs: receipt", null, receiptId);
    Misfit.unlessEqual(name() + ", which runs: receipt hash", null, outcome.receipt());
    Misfit.unlessEqual(name() + ", which runs: result", null, outcome.result());
    Misfit.unlessEqual(name() + ", which runs: reason", null, outcome.reason());
  }

  private void checkEnded() throws Misfit {
    String result = outcome.result();
    if (outcome.state().equals("succeeded") != (result != null)) {
      throw new Misfit(
          name(), "a result if it succeeded, and only then", "state " + outcome.state());
    }
    if (result != null) {
      Misfit.unlessEqual(
          name() + ": result in canonical form",
          Claims.json(name() + ": result", result).spaced(),
          result);
    }
    outcome.checkHash(name(), id);
  }

  /** Returns the nonce itself. */
  String plainNonce() throws Misfit {
    return Claims.json(name() + ": nonce", nonce).read(JsonNode::asText);
  }

  /** Returns the payload's value. */
  JsonValue payloadValue() throws Misfit {
    return Claims.json(name() + ": payload", payload);
  }
}
