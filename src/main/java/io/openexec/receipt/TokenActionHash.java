package io.openexec.receipt;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigInteger;
import java.util.HexFormat;
import org.erdtman.jcs.JsonCanonicalizer;

/** The hash that an approval token names: of one action with one payload, for one tenant. */
public final class TokenActionHash {
  /** Up to here every integer is a double of its own (RFC 7493, section 2.2). */
  private static final BigInteger MAX_EXACT = BigInteger.TWO.pow(53);

  private TokenActionHash() {}

  /**
   * Returns the SHA-256 over the canonical form (RFC 8785, JCS) of {@code {"action": action,
   * "payload": payload, "tenant_id": tenant}}. JCS has one kind of number, the double: {@code 1}
   * and {@code 1.0} are the same to it.
   *
   * @throws JsonRefused if the payload has an integer beyond 2^53, which JCS would round
   */
  public static Hash of(String tenant, String action, JsonValue payload) throws JsonRefused {
    if (!payload.read(TokenActionHash::isExact)) {
      throw new JsonRefused("an integer beyond 2^53, which RFC 8785 cannot represent exactly");
    }
    String json =
        "{\"action\":"
            + CanonicalJson.quoted(action)
            + ",\"payload\":"
            + payload.compact()
            + ",\"tenant_id\":"
            + CanonicalJson.quoted(tenant)
            + "}";
    try {
      byte[] canonical = new JsonCanonicalizer(json).getEncodedUTF8();
      return new Hash(HexFormat.of().formatHex(Hash.sha256().digest(canonical)));
    } catch (IOException e) {
      throw new IllegalStateException("JSON that was written here can be read", e);
    }
  }

  private static boolean isExact(JsonNode node) {
    if (node.isIntegralNumber()) {
      return node.bigIntegerValue().abs().compareTo(MAX_EXACT) <= 0;
    }
    for (JsonNode child : node) {
      if (!isExact(child)) {
        return false;
      }
    }
    return true;
  }
}
