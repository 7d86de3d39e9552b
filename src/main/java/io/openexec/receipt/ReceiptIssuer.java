package io.openexec.receipt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.signature.SigningKey;
import io.openexec.signature.VerificationKey;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes receipts: SD-JWTs (RFC 9901) that say in the clear what became of an attempt, and
 * everything about the attempt itself as salted digests only. An unsalted digest of a small value
 * can be looked up in a dictionary, so there is none. Any number of threads may ask it at once.
 */
public final class ReceiptIssuer {
  private static final JsonMapper MAPPER = new JsonMapper();

  private final SigningKey key;
  private final Jws.Signer signer;
  private final Issuer issuer;
  private final SecureRandom random = new SecureRandom();

  /**
   * Who issues, as every receipt says.
   *
   * @param origin the ledger's origin, {@code iss}
   * @param version the version of OpenExec, {@code ver}
   * @param registry the hash over the routes and actions in force, {@code registry}
   */
  public record Issuer(String origin, String version, Hash registry) {}

  /**
   * What a receipt says.
   *
   * @param status in the clear
   * @param reason a code, in the clear, if there is one
   * @param prev the receipt that it supersedes
   * @param counts numbers in the clear
   * @param concealed what is there only as digests: names, and their values as JSON
   */
  public record Claims(
      String status,
      @Nullable String reason,
      @Nullable UUID prev,
      Map<String, Long> counts,
      Map<String, String> concealed) {}

  /** Issues under that key. */
  public ReceiptIssuer(SigningKey key, Issuer issuer) {
    this.key = key;
    this.signer = new Jws.Signer(Receipt.TYPE, key);
    this.issuer = issuer;
  }

  /** Returns the key by which its receipts are verified. */
  public VerificationKey verificationKey() {
    return key.verificationKey();
  }

  /**
   * Issues a receipt.
   *
   * @param now becomes its {@code iat}, in whole seconds, and a part of its id
   */
  public Receipt issue(Claims claims, Instant now) {
    byte[] bytes = new byte[Uuid7.RANDOM_BYTES + claims.concealed.size() * Disclosure.SALT_BYTES];
    random.nextBytes(bytes);
    ByteBuffer unused = ByteBuffer.wrap(bytes);
    UUID id = Uuid7.of(now.toEpochMilli(), unused);
    List<Disclosure> disclosures = disclosures(claims, unused);
    ObjectNode payload = JsonNodeFactory.instance.objectNode();
    payload.put("iss", issuer.origin);
    payload.put("jti", id.toString());
    payload.put("iat", now.getEpochSecond());
    payload.put("status", claims.status);
    if (claims.reason != null) {
      payload.put("reason", claims.reason);
    }
    if (claims.prev != null) {
      payload.put("prev", claims.prev.toString());
    }
    claims.counts.forEach(payload::put);
    payload.put("ver", issuer.version);
    payload.put("registry", issuer.registry.hex());
    payload.put("_sd_alg", "sha-256");
    payload.set("_sd", digests(disclosures));
    return new Receipt(
        id, claims.prev, sign(payload), disclosures.stream().map(Disclosure::text).toList());
  }

  private static List<Disclosure> disclosures(Claims claims, ByteBuffer random) {
    List<Disclosure> disclosures = new ArrayList<>(claims.concealed.size());
    byte[] salt = new byte[Disclosure.SALT_BYTES];
    claims.concealed.forEach(
        (name, value) -> {
          random.get(salt);
          disclosures.add(Disclosure.of(salt, name, value));
        });
    return disclosures;
  }

  /** In the order of the digests, which tells nothing (RFC 9901, section 4.2.4.1). */
  private static ArrayNode digests(List<Disclosure> disclosures) {
    ArrayNode digests = JsonNodeFactory.instance.arrayNode(disclosures.size());
    disclosures.stream().map(Disclosure::digest).sorted().forEach(digests::add);
    return digests;
  }

  private String sign(ObjectNode payload) {
    try {
      return signer.sign(MAPPER.writeValueAsBytes(payload));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
  }
}
