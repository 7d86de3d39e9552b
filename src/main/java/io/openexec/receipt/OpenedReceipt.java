package io.openexec.receipt;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What a receipt says, opened with disclosures (RFC 9901, section 7.1). Who says so is not proven:
 * for that there is {@link VerifiedReceipt}.
 *
 * <p>Disclosed values are taken as they stand. A receipt conceals whole claims at its top and
 * nothing inside of them, so what looks like a digest within a value is a part of that value.
 */
public final class OpenedReceipt {
  private static final String DIGESTS = "_sd";
  private static final String ALGORITHM = "_sd_alg";
  private static final Set<String> CLEAR = Set.of("iss", "status", "ver", "registry");
  private static final long END_OF_9999 = 253_402_300_799L;

  private final JsonNode claims;
  private final UUID id;
  private final Optional<UUID> prev;
  private final Map<String, JsonValue> opened;
  private final int concealed;

  private OpenedReceipt(JsonNode claims, Map<String, JsonValue> opened) throws JwsRefused {
    this.claims = claims;
    this.id = uuid("jti");
    this.prev = claims.has("prev") ? Optional.of(uuid("prev")) : Optional.empty();
    this.opened = Collections.unmodifiableMap(opened);
    this.concealed = claims.path(DIGESTS).size() - opened.size();
  }

  /**
   * Reads a receipt without verifying its signature.
   *
   * @param evidence the JWT alone
   * @throws JwsRefused as {@link VerifiedReceipt#verify} does, but for the signature
   */
  public static OpenedReceipt unverified(String evidence, List<String> disclosures)
      throws JwsRefused {
    return open(
        Jws.parse(evidence, Receipt.TYPE, Receipt.MAX_LENGTH).unverifiedClaims(), disclosures);
  }

  static OpenedReceipt open(JsonNode claims, List<String> disclosures) throws JwsRefused {
    checkClear(claims);
    return new OpenedReceipt(claims, opened(claims, digests(claims), disclosures));
  }

  private static void checkClear(JsonNode claims) throws JwsRefused {
    for (Map.Entry<String, JsonNode> claim : claims.properties()) {
      String name = claim.getKey();
      if (!name.equals(DIGESTS) && (claim.getValue().isContainerNode() || name.equals("..."))) {
        throw new JwsRefused("a claim in the clear is neither a string nor a number");
      }
      if ((CLEAR.contains(name) || name.equals("reason")) && !claim.getValue().isTextual()) {
        throw new JwsRefused("its " + name + " is not a string");
      }
    }
    for (String name : CLEAR) {
      if (!claims.has(name)) {
        throw new JwsRefused("it has no " + name);
      }
    }
    JsonNode issued = claims.path("iat");
    if (!issued.isIntegralNumber()
        || !issued.canConvertToLong()
        || issued.longValue() < 0
        || issued.longValue() > END_OF_9999) {
      throw new JwsRefused("its iat is not a number of seconds since 1970");
    }
    if (!"sha-256".equals(claims.path(ALGORITHM).textValue())) {
      throw new JwsRefused("its _sd_alg is not sha-256");
    }
  }

  private static Set<String> digests(JsonNode claims) throws JwsRefused {
    if (!claims.path(DIGESTS).isArray()) {
      throw new JwsRefused("its _sd is not an array");
    }
    Set<String> digests = new HashSet<>();
    for (JsonNode digest : claims.path(DIGESTS)) {
      if (!digest.isTextual()) {
        throw new JwsRefused("a digest of it is not a string");
      }
      // RFC 9901, section 7.1, step 4.
      if (!digests.add(digest.textValue())) {
        throw new JwsRefused("it has a digest twice");
      }
    }
    return digests;
  }

  private static Map<String, JsonValue> opened(
      JsonNode claims, Set<String> digests, List<String> disclosures) throws JwsRefused {
    Map<String, JsonValue> opened = new HashMap<>();
    for (String text : disclosures) {
      Disclosure disclosure = new Disclosure(text);
      // Each opens one, so there is none left for a disclosure that comes again.
      if (!digests.remove(disclosure.digest())) {
        throw new JwsRefused("a disclosure opens no digest of it, or comes twice");
      }
      Disclosure.Opened claim = disclosure.opened();
      if (claims.has(claim.name()) || opened.put(claim.name(), claim.value()) != null) {
        throw new JwsRefused("it says two things of the claim " + shown(claim.name()));
      }
    }
    return opened;
  }

  private static String shown(String name) {
    return name.matches("[a-z_]{1,64}") ? name : "of another name";
  }

  /** Takes an id in its one spelling. */
  private UUID uuid(String claim) throws JwsRefused {
    String text = claims.path(claim).asText();
    try {
      UUID uuid = UUID.fromString(text);
      if (uuid.toString().equals(text) && Uuid7.isOne(uuid)) {
        return uuid;
      }
    } catch (IllegalArgumentException e) {
      // Refused below.
    }
    throw new JwsRefused("its " + claim + " is not a lower-case UUID of version 7");
  }

  /** Returns its id, {@code jti}. */
  public UUID id() {
    return id;
  }

  /** Returns the ledger's origin, {@code iss}. */
  public String issuer() {
    return claims.path("iss").textValue();
  }

  /** Returns when it was issued, to the second, by the issuer's clock. */
  public Instant issuedAt() {
    return Instant.ofEpochSecond(claims.path("iat").longValue());
  }

  /** Returns what became of the attempt: a state, or one of a denial and the like. */
  public String status() {
    return claims.path("status").textValue();
  }

  /** Returns the reason's code, if there is one. */
  public Optional<String> reason() {
    return Optional.ofNullable(claims.path("reason").textValue());
  }

  /** Returns the receipt that it supersedes. */
  public Optional<UUID> prev() {
    return prev;
  }

  /** Returns what was opened: names of claims, and their values. */
  public Map<String, JsonValue> opened() {
    return opened;
  }

  /** Returns how many claims it has that were not opened. */
  public int concealed() {
    return concealed;
  }

  /** Returns the id. */
  @Override
  public String toString() {
    return id.toString();
  }
}
