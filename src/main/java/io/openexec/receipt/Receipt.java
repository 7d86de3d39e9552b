package io.openexec.receipt;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A signed receipt. It is never changed: a state that changes adds another one.
 *
 * @param id its {@code jti}, a UUID of version 7
 * @param prev the receipt that this one supersedes
 * @param evidence an SD-JWT's issuer-signed JWT (RFC 9901, section 4), in compact form: nothing
 *     that a request or a result said can be told from it
 * @param disclosures what opens it. {@code evidence~d1~d2~…~} is an SD-JWT, with whichever of them
 *     its holder wants to show
 */
public record Receipt(UUID id, @Nullable UUID prev, String evidence, List<String> disclosures) {
  /** The {@code typ} of the JWT. */
  public static final String TYPE = "openexec-receipt+jwt";

  /** The most characters of {@code evidence}. */
  public static final int MAX_LENGTH = 8_192;

  /** Keeps its own list. */
  public Receipt {
    disclosures = List.copyOf(disclosures);
  }

  /**
   * Returns the disclosures as a JSON array. They are base64url: nothing in them needs an escape.
   */
  public String disclosuresJson() {
    return disclosures.isEmpty() ? "[]" : "[\"" + String.join("\",\"", disclosures) + "\"]";
  }
}
