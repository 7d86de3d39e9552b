package io.openexec.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.StrictJson;
import io.openexec.signature.VerificationKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The keys under which approvals are believed: of artifacts, and of tokens. */
public final class ApproverKeys {
  private static final int SIGNATURE_BYTES = 64;
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]*)-----END PUBLIC KEY-----\\s*");

  private final List<VerificationKey> artifacts;
  private final Map<String, Issuer> tokens;

  /**
   * Who gives tokens.
   *
   * @param key verifies them
   * @param tenant for whom alone
   * @param issuer in whose name alone
   * @param notBefore from when on; null if always
   * @param expiresAt until when; null if for ever
   * @param revokedAt until when, since it was revoked; null if it was not, or nobody says when
   */
  record Issuer(
      VerificationKey key,
      String tenant,
      String issuer,
      @Nullable Instant notBefore,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt) {

    /** Checks that it verified anything at the time of an admission. */
    void checkAt(AdmittedAt admitted, String where) throws Misfit {
      if (notBefore != null) {
        admitted.checkBegin(where + ": nbf", notBefore);
      }
      if (expiresAt != null) {
        admitted.checkEnd(where + ": exp", expiresAt);
      }
      if (revokedAt != null) {
        admitted.checkEnd(where + ": revoked", revokedAt);
      }
    }
  }

  private ApproverKeys(List<VerificationKey> artifacts, Map<String, Issuer> tokens) {
    this.artifacts = List.copyOf(artifacts);
    this.tokens = Map.copyOf(tokens);
  }

  /**
   * Parses the keys.
   *
   * @param pem of artifacts: one or several blocks (RFC 7468, section 13); or nothing
   * @param trust of tokens: a JWK set (RFC 7517, section 5) whose keys name their {@code tenant_id}
   *     and {@code iss}. What has to be in the time of a key ({@code nbf}, {@code exp}, {@code
   *     revoked} with a date) is the execution: keys that expired or were revoked since verify what
   *     they signed
   * @throws IllegalArgumentException saying what is wrong
   */
  public static ApproverKeys parse(Optional<String> pem, Optional<String> trust) {
    return new ApproverKeys(
        pem.map(ApproverKeys::blocks).orElse(List.of()),
        trust.map(ApproverKeys::issuers).orElse(Map.of()));
  }

  private static List<VerificationKey> blocks(String pem) {
    List<VerificationKey> keys = new ArrayList<>();
    Matcher block = PEM.matcher(pem);
    int end = 0;
    while (block.find() && block.start() == end) {
      end = block.end();
      keys.add(VerificationKey.ofSpki(Base64.getMimeDecoder().decode(block.group(1))));
    }
    if (keys.isEmpty() || end != block.regionEnd()) {
      throw new IllegalArgumentException(
          "it is not one or several PEM blocks of the kind -----BEGIN PUBLIC KEY-----");
    }
    return keys;
  }

  private static Map<String, Issuer> issuers(String trust) {
    Map<String, Issuer> issuers = new HashMap<>();
    try {
      for (JsonNode jwk : StrictJson.parse(trust).path("keys")) {
        Issuer issuer =
            new Issuer(
                VerificationKey.ofRaw(Base64.getUrlDecoder().decode(text(jwk, "x"))),
                text(jwk, "tenant_id"),
                text(jwk, "iss"),
                date(jwk, "nbf"),
                date(jwk, "exp"),
                jwk.path("revoked").isBoolean() ? null : date(jwk, "revoked"));
        if (issuers.put(text(jwk, "kid"), issuer) != null) {
          throw new IllegalArgumentException("two keys have one kid");
        }
      }
    } catch (JsonRefused e) {
      throw new IllegalArgumentException("it is not strict JSON: " + e.getMessage(), e);
    }
    if (issuers.isEmpty()) {
      throw new IllegalArgumentException("it is not {\"keys\": [...]} with a key at least");
    }
    return issuers;
  }

  private static String text(JsonNode jwk, String member) {
    String text = jwk.path(member).textValue();
    if (text == null || text.isEmpty()) {
      throw new IllegalArgumentException("a key has no " + member);
    }
    return text;
  }

  private static @Nullable Instant date(JsonNode jwk, String member) {
    return jwk.has(member)
        ? Instants.ofNumber(jwk.path(member))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "a key has " + member + ", and it is not a number of seconds since 1970"))
        : null;
  }

  /** Returns whether any of the keys made a signature. */
  boolean signed(byte[] message, byte[] signature) {
    return signature.length == SIGNATURE_BYTES
        && artifacts.stream().anyMatch(key -> key.verifies(message, signature));
  }

  /** Returns whose key that is. */
  Optional<Issuer> issuer(String keyId) {
    return Optional.ofNullable(tokens.get(keyId));
  }
}
