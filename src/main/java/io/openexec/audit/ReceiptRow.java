package io.openexec.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JwkSet;
import io.openexec.receipt.JwsRefused;
import io.openexec.receipt.OpenedReceipt;
import io.openexec.receipt.StrictJson;
import io.openexec.receipt.VerifiedReceipt;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A receipt as it is on record.
 *
 * @param jti its id
 * @param execution whose it is; null where it is of none
 * @param prev the receipt that it supersedes
 * @param evidence the JWT
 * @param disclosures a JSON array; null where they were not kept
 */
record ReceiptRow(
    String jti,
    @Nullable String execution,
    @Nullable String prev,
    String evidence,
    @Nullable String disclosures) {
  /** What {@link #of} reads, of a table that goes by the name of r. */
  static final String COLUMNS = "r.jti, r.execution_id, r.prev, r.evidence, r.disclosures";

  static final String CONFLICT = "conflict";

  // Their disclosures are bounded each by a payload or a result, of which there are a few.
  private static final int MAX_DISCLOSURES = 1 << 26;
  private static final Set<String> OF_NO_EXECUTION = Set.of("denied", "denials_dropped");
  private static final Set<String> OF_AN_EXECUTION =
      Set.of("succeeded", "failed", "unknown", CONFLICT);

  /**
   * Reads a row.
   *
   * @param first the column of the jti
   * @return null if an outer join found none
   */
  static @Nullable ReceiptRow of(ResultSet row, int first) throws SQLException {
    String jti = row.getString(first);
    String evidence = row.getString(first + 3);
    return jti == null
        ? null
        : new ReceiptRow(
            jti,
            row.getString(first + 1),
            row.getString(first + 2),
            evidence == null ? "" : evidence,
            row.getString(first + 4));
  }

  String name() {
    return "receipt " + Misfit.shown(jti);
  }

  /**
   * Verifies the signature, opens it, and holds what it says against the row.
   *
   * @return what it says
   */
  OpenedReceipt verify(JwkSet keys, String origin) throws Misfit {
    OpenedReceipt receipt;
    try {
      receipt = VerifiedReceipt.verify(evidence, opening(), keys).receipt();
    } catch (JwsRefused e) {
      throw new Misfit(
          name(), "a receipt signed by a trusted key", "one that is refused: " + e.getMessage());
    }
    Misfit.unlessEqual(name() + ": iss", origin, receipt.issuer());
    Misfit.unlessEqual(name() + ": jti", jti, receipt.id().toString());
    Misfit.unlessEqual(name() + ": prev", prev, receipt.prev().map(Object::toString).orElse(null));
    checkKind(receipt);
    return receipt;
  }

  private void checkKind(OpenedReceipt receipt) throws Misfit {
    boolean known =
        (execution == null ? OF_NO_EXECUTION : OF_AN_EXECUTION).contains(receipt.status());
    if (!known || (execution == null && prev != null)) {
      throw new Misfit(
          name(),
          execution == null ? "a denial, as the row is of no execution" : "a receipt of an outcome",
          "status " + Misfit.shown(receipt.status()));
    }
    // A denial's may be too long to be kept.
    if (execution != null || disclosures != null) {
      Misfit.unlessEqual(name() + ": digests that no disclosure opens", 0, receipt.concealed());
    }
  }

  /** Returns what it says, for a receipt that was verified in this audit already. */
  OpenedReceipt open() throws Misfit {
    try {
      return OpenedReceipt.unverified(evidence, opening());
    } catch (JwsRefused e) {
      throw new Misfit(name(), "a receipt", "one that is refused: " + e.getMessage());
    }
  }

  private List<String> opening() throws Misfit {
    if (disclosures == null) {
      return List.of();
    }
    JsonNode array = array(disclosures);
    List<String> list = new ArrayList<>(array.size());
    for (JsonNode one : array) {
      if (!one.isTextual()) {
        throw notAnArray("an element that is none");
      }
      list.add(one.textValue());
    }
    return list;
  }

  private JsonNode array(String text) throws Misfit {
    try {
      JsonNode array = StrictJson.parseEnclosing(text, MAX_DISCLOSURES);
      if (array.isArray()) {
        return array;
      }
    } catch (JsonRefused e) {
      throw notAnArray("text that is refused: " + e.getMessage());
    }
    throw notAnArray("other JSON");
  }

  private Misfit notAnArray(String found) {
    return new Misfit(name() + ": its disclosures", "a JSON array of strings", found);
  }
}
