package io.openexec.receipt;

import io.openexec.signature.Ed25519Provider;
import io.openexec.signature.SigningKey;
import io.openexec.signature.VerificationKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
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
  private final SigningKey key;
  private final Jws.Signer signer;
  private final String head;
  private final String tail;
  private final SecureRandom random = Ed25519Provider.fastest().random();

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
    this.head = "{\"iss\":" + CanonicalJson.quoted(issuer.origin) + ",\"jti\":\"";
    StringBuilder constant = new StringBuilder();
    member(constant, "ver", issuer.version);
    member(constant, "registry", issuer.registry.hex());
    member(constant, "_sd_alg", "sha-256");
    this.tail = member(constant, "_sd").append('[').toString();
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
    List<String> disclosures = new ArrayList<>(claims.concealed.size());
    String[] digests = conceal(claims, unused, disclosures);
    StringBuilder payload = new StringBuilder(1_024);
    payload.append(head).append(id).append("\",\"iat\":").append(now.getEpochSecond());
    member(payload, "status", claims.status);
    if (claims.reason != null) {
      member(payload, "reason", claims.reason);
    }
    if (claims.prev != null) {
      member(payload, "prev", claims.prev.toString());
    }
    claims.counts.forEach((name, count) -> member(payload, name).append(count));
    payload.append(tail);
    for (int i = 0; i < digests.length; i++) {
      payload.append(i == 0 ? "\"" : ",\"").append(digests[i]).append('"');
    }
    payload.append("]}");
    return new Receipt(
        id,
        claims.prev,
        signer.sign(payload.toString().getBytes(StandardCharsets.UTF_8)),
        disclosures);
  }

  /**
   * Adds the disclosures to a list.
   *
   * @return their digests, in an order that tells nothing (RFC 9901, section 4.2.4.1): their own
   */
  private static String[] conceal(Claims claims, ByteBuffer random, List<String> to) {
    byte[] salt = new byte[Disclosure.SALT_BYTES];
    String[] digests = new String[claims.concealed.size()];
    claims.concealed.forEach(
        (name, value) -> {
          random.get(salt);
          Disclosure disclosure = Disclosure.of(salt, name, value);
          digests[to.size()] = disclosure.digest();
          to.add(disclosure.text());
        });
    Arrays.sort(digests);
    return digests;
  }

  private static void member(StringBuilder json, String name, String value) {
    member(json, name).append(CanonicalJson.quoted(value));
  }

  private static StringBuilder member(StringBuilder json, String name) {
    return json.append(',').append(CanonicalJson.quoted(name)).append(':');
  }
}
