package io.openexec.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import com.authlete.sd.Disclosure;
import com.authlete.sd.SDJWT;
import com.authlete.sd.SDObjectDecoder;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.openexec.receipt.ReceiptIssuer.Claims;
import io.openexec.receipt.ReceiptIssuer.Issuer;
import io.openexec.signature.SigningKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EdDsaKeyUtil;
import org.junit.jupiter.api.Test;

class ReceiptIssuerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.ofEpochMilli(1_790_000_000_123L);

  private final SigningKey key = SigningKey.generate();
  private final ReceiptIssuer issuer =
      new ReceiptIssuer(key, new Issuer("example.com/log", "1.2.3", Hash.ofUtf8("routes")));

  private static Claims claims(Map<String, String> concealed) {
    return new Claims("succeeded", null, null, Map.of(), concealed);
  }

  private static Map<String, String> concealed() {
    Map<String, String> concealed = new LinkedHashMap<>();
    concealed.put("action", "\"pay\"");
    concealed.put("payload", "{\"amount\":1e+16,\"to\":\"\\u00e9\"}");
    concealed.put("approvals", "[\"a\",{\"b\":1}]");
    return concealed;
  }

  /** The payload, verified by a library that did not make it. */
  private JsonNode verified(Receipt receipt) throws Exception {
    JsonWebSignature jws = new JsonWebSignature();
    jws.setCompactSerialization(receipt.evidence());
    jws.setKey(new EdDsaKeyUtil().publicKey(key.verificationKey().raw(), EdDsaKeyUtil.ED25519));
    assertThat(jws.verifySignature()).isTrue();
    assertThat(jws.getHeader("typ")).isEqualTo("openexec-receipt+jwt");
    assertThat(jws.getKeyIdHeaderValue()).isEqualTo(key.verificationKey().thumbprint());
    return JSON.readTree(jws.getPayload());
  }

  @Test
  void whatIsInTheClearIsWhatTheDesignSaysAndNothingElse() throws Exception {
    UUID prev = UUID.randomUUID();
    Receipt receipt =
        issuer.issue(
            new Claims("failed", "late_outcome", prev, Map.of("dropped", 7L), concealed()), NOW);
    JsonNode payload = verified(receipt);
    assertThat(payload.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "iss",
            "jti",
            "iat",
            "status",
            "reason",
            "prev",
            "dropped",
            "ver",
            "registry",
            "_sd_alg",
            "_sd");
    assertThat(payload.path("iss").asText()).isEqualTo("example.com/log");
    assertThat(payload.path("iat").asLong()).isEqualTo(NOW.getEpochSecond());
    assertThat(payload.path("jti").asText()).isEqualTo(receipt.id().toString());
    assertThat(payload.path("prev").asText()).isEqualTo(prev.toString());
    assertThat(receipt.prev()).isEqualTo(prev);
    assertThat(payload.path("registry").asText()).isEqualTo(Hash.ofUtf8("routes").hex());
    assertThat(verified(issuer.issue(claims(Map.of()), NOW)).has("reason")).isFalse();
  }

  @Test
  void anotherLibraryOpensItWithTheDisclosures() throws Exception {
    Receipt receipt = issuer.issue(claims(concealed()), NOW);
    SDJWT sdJwt =
        SDJWT.parse(receipt.evidence() + "~" + String.join("~", receipt.disclosures()) + "~");
    Map<String, Object> payload =
        JSON.convertValue(verified(receipt), new TypeReference<Map<String, Object>>() {});
    Map<String, Object> opened = new SDObjectDecoder().decode(payload, sdJwt.getDisclosures());
    assertThat(opened)
        .containsEntry("action", "pay")
        .containsEntry("payload", Map.of("amount", 1e16, "to", "é"))
        .containsKey("approvals");
    List<Disclosure> one = List.of(Disclosure.parse(receipt.disclosures().get(0)));
    assertThat(new SDObjectDecoder().decode(payload, one))
        .containsEntry("action", "pay")
        .doesNotContainKeys("payload", "approvals");
  }

  @Test
  void aValueIsInTheDisclosureByteForByte() throws Exception {
    for (String text : issuer.issue(claims(concealed()), NOW).disclosures()) {
      String json = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
      String name = JSON.readTree(json).get(1).asText();
      assertThat(json).endsWith(",\"" + name + "\"," + concealed().get(name) + "]");
    }
  }

  @Test
  void theSameSaidTwiceHasNothingInCommon() throws Exception {
    Set<String> digests = new HashSet<>();
    Set<String> ids = new HashSet<>();
    List<String> orders = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Receipt receipt = issuer.issue(claims(concealed()), NOW);
      JsonNode all = verified(receipt).path("_sd");
      List<String> inOrder = new ArrayList<>();
      all.forEach(digest -> inOrder.add(digest.asText()));
      assertThat(inOrder).isSorted();
      orders.add(
          ""
              + inOrder.indexOf(
                  new io.openexec.receipt.Disclosure(receipt.disclosures().get(0)).digest()));
      digests.addAll(inOrder);
      ids.add(receipt.id().toString());
      assertThat(receipt.id()).matches(Uuid7::isOne);
      assertThat(receipt.id().getMostSignificantBits() >>> 16).isEqualTo(NOW.toEpochMilli());
    }
    assertThat(digests).hasSize(300);
    assertThat(ids).hasSize(100);
    assertThat(new HashSet<>(orders)).as("the place of a digest tells nothing").hasSize(3);
  }
}
