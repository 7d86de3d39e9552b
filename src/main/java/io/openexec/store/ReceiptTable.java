package io.openexec.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.execution.Evidence;
import io.openexec.execution.Execution;
import io.openexec.ledger.Hashing;
import io.openexec.ledger.NodeHash;
import io.openexec.receipt.JwsRefused;
import io.openexec.receipt.OpenedReceipt;
import io.openexec.receipt.Receipt;
import io.openexec.receipt.Uuid7;
import io.openexec.store.Insertion.Column;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The receipts, on one connection. Their rows are added and never changed. */
final class ReceiptTable {
  /** What {@link #receipt} reads. */
  static final String COLUMNS =
      "receipts.jti, receipts.prev, receipts.evidence, receipts.disclosures";

  private static final JsonMapper MAPPER = new JsonMapper();

  private static final Insertion INSERT =
      new Insertion(
          "receipts",
          1,
          Column.text("jti"),
          Column.text("execution_id"),
          Column.text("prev"),
          Column.text("evidence"),
          Column.text("disclosures"));

  private static final Insertion ENQUEUE =
      new Insertion("unsequenced", 1, Column.text("jti"), Column.bytes("leaf_hash"));

  private static final String FIND = "SELECT " + COLUMNS + " FROM receipts WHERE jti = ?";

  private static final String LATEST =
      "SELECT "
          + COLUMNS
          + " FROM executions JOIN receipts ON receipts.jti = executions.receipt_id"
          + " WHERE executions.id = ?";

  private static final String CONFLICTS_AT =
      """
      SELECT outcome_history.changed_at FROM receipts
      JOIN outcome_history ON outcome_history.execution_id = receipts.execution_id
      WHERE receipts.jti = ? AND outcome_history.kind = 'conflict' ORDER BY outcome_history.seq
      """;

  private static final String OF_THE_SAME =
      "SELECT "
          + COLUMNS
          + " FROM receipts WHERE jti >= ? AND jti < ? AND prev IS NULL"
          + " AND execution_id = (SELECT execution_id FROM receipts WHERE jti = ?) ORDER BY jti";

  private final PreparedStatements statements;
  private final Dialect dialect;

  ReceiptTable(PreparedStatements statements, Dialect dialect) {
    this.statements = statements;
    this.dialect = dialect;
  }

  /** A receipt to be: made by whoever asks for it, so that the one writer has less to do. */
  static final class NewReceipt {
    private final String id;
    private final @Nullable Object[] row;
    private final @Nullable Object[] queued;

    /**
     * Makes one.
     *
     * @param execution whose
     * @param disclosures whether its disclosures are kept
     */
    NewReceipt(Receipt receipt, @Nullable UUID execution, boolean disclosures) {
      this.id = receipt.id().toString();
      this.row =
          new @Nullable Object[] {
            id,
            text(execution),
            text(receipt.prev()),
            receipt.evidence(),
            disclosures ? receipt.disclosuresJson() : null
          };
      this.queued = new @Nullable Object[] {id, leafHash(receipt).bytes()};
    }

    static NewReceipt of(Receipt receipt, UUID execution) {
      return new NewReceipt(receipt, execution, true);
    }

    /** Returns the receipt of an execution, if it has ended. */
    static @Nullable NewReceipt of(Execution execution) {
      return execution.evidence() == null ? null : of(execution.evidence(), execution.id());
    }
  }

  /** Adds receipts, and puts them in the queue for the log. */
  void insert(List<NewReceipt> receipts) throws SQLException {
    if (receipts.isEmpty()) {
      return;
    }
    // In the order of their ids, which is that of time, so that each goes to the end of an index.
    List<NewReceipt> sorted = new ArrayList<>(receipts);
    sorted.sort(Comparator.comparing(receipt -> receipt.id));
    INSERT.insertAll(sorted.stream().map(receipt -> receipt.row).toList(), statements, dialect);
    ENQUEUE.insertAll(sorted.stream().map(receipt -> receipt.queued).toList(), statements, dialect);
  }

  private static NodeHash leafHash(Receipt receipt) {
    return Hashing.leaf(receipt.evidence().getBytes(StandardCharsets.US_ASCII));
  }

  private static @Nullable String text(@Nullable UUID id) {
    return id == null ? null : id.toString();
  }

  /** Finds a receipt by its id. */
  Optional<Receipt> find(UUID id) throws SQLException {
    return find(FIND, id);
  }

  /** Finds the receipt of what is on record of an execution. */
  Optional<Receipt> latest(UUID execution) throws SQLException {
    return find(LATEST, execution);
  }

  /** Returns what a receipt superseded, directly or not, the oldest first. */
  List<Receipt> history(Receipt receipt) throws SQLException {
    List<Receipt> earlier = new ArrayList<>();
    for (UUID prev = receipt.prev(); prev != null; ) {
      Receipt found =
          find(prev).orElseThrow(() -> new SQLException("a superseded receipt is gone"));
      earlier.add(found);
      prev = found.prev();
    }
    Collections.reverse(earlier);
    return earlier;
  }

  /**
   * Returns the other receipts that contradict what is on record of the same execution, in order.
   */
  List<Receipt> conflicts(Receipt receipt) throws SQLException {
    SortedSet<Long> times = new TreeSet<>();
    PreparedStatement at = statements.get(CONFLICTS_AT);
    at.setString(1, receipt.id().toString());
    try (ResultSet row = at.executeQuery()) {
      while (row.next()) {
        times.add(row.getLong(1));
      }
    }
    List<Receipt> conflicts = new ArrayList<>();
    for (long time : times) {
      PreparedStatement select = statements.get(OF_THE_SAME);
      select.setString(1, Uuid7.first(time).toString());
      select.setString(2, Uuid7.first(time + 1).toString());
      select.setString(3, receipt.id().toString());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Receipt found = receipt(row);
          if (found != null && !found.id().equals(receipt.id()) && isConflict(found)) {
            conflicts.add(found);
          }
        }
      }
    }
    return conflicts;
  }

  /** The first receipt of an execution may be of the same millisecond. */
  private static boolean isConflict(Receipt receipt) throws SQLException {
    try {
      return OpenedReceipt.unverified(receipt.evidence(), List.of())
          .status()
          .equals(Evidence.CONFLICT);
    } catch (JwsRefused e) {
      throw new SQLException("a receipt on record is none", e);
    }
  }

  private Optional<Receipt> find(String sql, UUID id) throws SQLException {
    PreparedStatement select = statements.get(sql);
    select.setString(1, id.toString());
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.ofNullable(receipt(row)) : Optional.empty();
    }
  }

  /** Returns the receipt of a row; null if an outer join found none. */
  static @Nullable Receipt receipt(ResultSet row) throws SQLException {
    String id = row.getString("jti");
    if (id == null) {
      return null;
    }
    String prev = row.getString("prev");
    String disclosures = row.getString("disclosures");
    return new Receipt(
        UUID.fromString(id),
        prev == null ? null : UUID.fromString(prev),
        row.getString("evidence"),
        disclosures == null ? List.of() : list(disclosures));
  }

  private static List<String> list(String array) throws SQLException {
    try {
      return MAPPER.readValue(array, new TypeReference<List<String>>() {});
    } catch (JsonProcessingException e) {
      throw new SQLException("the disclosures on record are not a JSON array", e);
    }
  }
}
