package io.openexec.receipt;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.signature.VerificationKey;
import java.util.List;

/**
 * A receipt that a trusted key signed, opened with disclosures that are its own. Only {@link
 * #verify} makes one, so whoever is handed one need not check again.
 */
public final class VerifiedReceipt {
  private final OpenedReceipt receipt;
  private final VerificationKey key;

  private VerifiedReceipt(OpenedReceipt receipt, VerificationKey key) {
    this.receipt = receipt;
    this.key = key;
  }

  /**
   * Verifies a receipt.
   *
   * @param evidence the JWT alone, of at most {@link Receipt#MAX_LENGTH} characters
   * @param disclosures any of those that belong to it
   * @param keys those that are trusted
   * @throws JwsRefused if it is no receipt (an approval is none), no trusted key signed it, a
   *     disclosure comes twice, opens nothing in it or contradicts it, or it is not of the form
   *     that receipts have
   */
  public static VerifiedReceipt verify(String evidence, List<String> disclosures, JwkSet keys)
      throws JwsRefused {
    Jws jws = Jws.parse(evidence, Receipt.TYPE, Receipt.MAX_LENGTH);
    VerificationKey key =
        keys.key(jws.keyId())
            .orElseThrow(() -> new JwsRefused("its kid names none of the trusted keys"));
    JsonNode claims = jws.verify(key);
    return new VerifiedReceipt(OpenedReceipt.open(claims, disclosures), key);
  }

  /** Returns what it says. */
  public OpenedReceipt receipt() {
    return receipt;
  }

  /** Returns the key that signed it. */
  public VerificationKey key() {
    return key;
  }
}
