package io.openexec.receipt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.receipt.ReceiptIssuer.Claims;
import io.openexec.receipt.ReceiptIssuer.Issuer;
import io.openexec.signature.SigningKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerifiedReceiptTest {
  private static final Instant NOW = Instant.ofEpochMilli(1_790_000_000_123L);
  private static final byte[] SALT = new byte[Disclosure.SALT_BYTES];
  private static final String CLEAR =
      "{\"iss\":\"example.com/log\",\"jti\":\"0199f4a4-1234-7abc-8def-0123456789ab\","
          + "\"iat\":1790000000,\"status\":\"failed\",\"reason\":\"rolled_back\",\"ver\":\"1\","
          + "\"registry\":\"x\",\"_sd_alg\":\"sha-256\",\"_sd\":[]}";

  private final SigningKey key = SigningKey.generate();
  private final JwkSet keys = JwkSet.of(List.of(key.verificationKey()));
  private final ReceiptIssuer issuer =
      new ReceiptIssuer(key, new Issuer("example.com/log", "1.2.3", Hash.ofUtf8("routes")));

  private Receipt receipt() {
    Map<String, String> concealed = new LinkedHashMap<>();
    concealed.put("action", "\"pay\"");
    concealed.put("payload", "{\"_sd\": [\"no digest\"], \"amount\": 1.50}");
    concealed.put("nonce", "\"n1\"");
    return issuer.issue(new Claims("succeeded", null, null, Map.of(), concealed), NOW);
  }

  private String signed(String claims) {
    return new Jws.Signer(Receipt.TYPE, key).sign(claims.getBytes(StandardCharsets.UTF_8));
  }

  private void assertRefused(String evidence, List<String> disclosures, String why) {
    assertThatThrownBy(() -> VerifiedReceipt.verify(evidence, disclosures, keys))
        .isInstanceOf(JwsRefused.class)
        .hasMessageContaining(why);
  }

  /** A receipt of a key that is trusted, whose only digest is that of this disclosure. */
  private void assertOpensNothing(String disclosure, String why) {
    String digest = new Disclosure(disclosure).digest();
    assertRefused(signed(CLEAR.replace("[]", "[\"" + digest + "\"]")), List.of(disclosure), why);
  }

  private static String encoded(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void opensAsMuchAsItIsGiven() throws Exception {
    Receipt receipt = receipt();
    OpenedReceipt all =
        VerifiedReceipt.verify(receipt.evidence(), receipt.disclosures(), keys).receipt();
    assertThat(all.id()).isEqualTo(receipt.id());
    assertThat(all.issuer()).isEqualTo("example.com/log");
    assertThat(all.issuedAt()).isEqualTo(Instant.ofEpochSecond(NOW.getEpochSecond()));
    assertThat(all.status()).isEqualTo("succeeded");
    assertThat(all.reason()).isEmpty();
    assertThat(all.prev()).isEmpty();
    assertThat(all.opened())
        .containsEntry("action", JsonValue.parse("\"pay\""))
        .containsEntry("payload", JsonValue.parse("{\"amount\":1.5,\"_sd\":[\"no digest\"]}"))
        .hasSize(3);
    assertThat(all.concealed()).isZero();

    OpenedReceipt one =
        VerifiedReceipt.verify(receipt.evidence(), receipt.disclosures().subList(2, 3), keys)
            .receipt();
    assertThat(one.opened()).containsOnlyKeys("nonce");
    assertThat(one.concealed()).isEqualTo(2);
  }

  @Test
  void onlyATrustedKeyAndItsOwnBytesVerify() {
    Receipt receipt = receipt();
    assertThatThrownBy(
            () -> VerifiedReceipt.verify(receipt.evidence(), List.of(), JwkSet.of(List.of())))
        .hasMessageContaining("none of the trusted keys");
    String evidence = receipt.evidence();
    char other = evidence.charAt(evidence.length() - 10) == 'A' ? 'B' : 'A';
    assertRefused(
        evidence.substring(0, evidence.length() - 10)
            + other
            + evidence.substring(evidence.length() - 9),
        List.of(),
        "signature does not verify");
  }

  @Test
  void anApprovalIsNoReceipt() {
    String approval =
        new Jws.Signer("openexec-approval+jwt", key).sign(CLEAR.getBytes(StandardCharsets.UTF_8));
    assertRefused(approval, List.of(), "typ");
  }

  @Test
  void whatIsLongerThanAReceiptIsNotLookedAt() {
    String padded = CLEAR.replace("\"ver\":\"1\"", "\"ver\":\"" + "1".repeat(7_000) + "\"");
    assertRefused(signed(padded), List.of(), "longer than 8192");
  }

  @Test
  void aDisclosureOpensOneDigestOnce() {
    Receipt receipt = receipt();
    List<String> twice = new ArrayList<>(receipt.disclosures());
    twice.add(twice.get(0));
    assertRefused(receipt.evidence(), twice, "opens no digest of it, or comes twice");
    assertRefused(receipt.evidence(), receipt().disclosures(), "opens no digest");
    assertRefused(
        receipt.evidence(), List.of(receipt.disclosures().get(0) + "="), "opens no digest");
    assertRefused(
        receipt.evidence(), List.of(Disclosure.of(SALT, "action", "1").text()), "opens no digest");
  }

  @Test
  void nothingIsSaidTwice() {
    assertOpensNothing(Disclosure.of(SALT, "status", "\"succeeded\"").text(), "two things");
    String first = Disclosure.of(SALT, "action", "\"a\"").text();
    String second = Disclosure.of(SALT, "action", "\"b\"").text();
    String digests = new Disclosure(first).digest() + "\",\"" + new Disclosure(second).digest();
    assertRefused(
        signed(CLEAR.replace("[]", "[\"" + digests + "\"]")),
        List.of(first, second),
        "two things of the claim action");
    String digest = new Disclosure(first).digest();
    assertRefused(
        signed(CLEAR.replace("[]", "[\"" + digest + "\",\"" + digest + "\"]")),
        List.of(first),
        "a digest twice");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"salt\",\"_sd\",[]]|name _sd",
        "[\"salt\",\"...\",1]|name ...",
        "[\"salt\",1]|not an array of salt",
        "[\"salt\",\"a\",1,2]|not an array of salt",
        "[1,\"a\",1]|not an array of salt",
        "[\"salt\",1,1]|not an array of salt",
        "{\"0\":\"salt\"}|not an array of salt",
        "[\"salt\",\"a\",{\"b\":1,\"b\":2}]|not strict JSON",
        "[\"salt\",\"a\",1] 2|not strict JSON",
        "[\"salt\",\"a\",|not strict JSON",
      })
  void aDisclosureHasOneForm(String json, String why) {
    assertOpensNothing(encoded(json), why);
  }

  @Test
  void aDisclosureHasOneSpelling() {
    assertOpensNothing(encoded("[\"s\",\"a\",1]") + "=", "base64url");
    assertOpensNothing("a+b/", "base64url");
    assertOpensNothing(
        Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[] {'"', (byte) 0xff, '"'}),
        "UTF-8");
  }

  @Test
  void theLargestPayloadOpens() throws Exception {
    String deep = "[".repeat(StrictJson.MAX_DEPTH) + "]".repeat(StrictJson.MAX_DEPTH);
    String large = "\"" + "\\u00e9".repeat(StrictJson.MAX_LENGTH / 2 - 20) + "\"";
    Map<String, String> concealed = Map.of("result", deep, "payload", large);
    Receipt receipt = issuer.issue(new Claims("succeeded", null, null, Map.of(), concealed), NOW);
    assertThat(
            VerifiedReceipt.verify(receipt.evidence(), receipt.disclosures(), keys)
                .receipt()
                .opened())
        .hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"sha-256\"|\"sha-512\"|_sd_alg",
        "\"_sd_alg\":\"sha-256\",||_sd_alg",
        "[]|{}|_sd",
        "[]|[1]|a digest of it",
        "1790000000|\"now\"|iat",
        "1790000000|-1|iat",
        "1790000000|1e9|iat",
        "7abc|4abc|jti",
        "-8def-|-8DEF-|jti",
        "\"ver\":\"1\"|\"ver\":{}|neither a string",
        "\"ver\":\"1\"|\"ver\":1|its ver",
        "\"ver\":\"1\",||no ver",
        "\"rolled_back\"|7|its reason",
        "\"failed\"|[\"failed\"]|neither a string",
        "\"registry\"|\"...\"|neither a string",
        "\"ver\"|\"prev\":\"x\",\"ver\"|prev",
      })
  void theClaimsHaveTheFormOfAReceipt(String part, String instead, String why) throws Exception {
    assertThat(VerifiedReceipt.verify(signed(CLEAR), List.of(), keys).receipt().reason())
        .contains("rolled_back");
    assertThat(CLEAR).contains(part);
    assertRefused(signed(CLEAR.replace(part, instead == null ? "" : instead)), List.of(), why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "{\"keys\":{}}",
        "{\"keys\":[1]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}]}",
        // The identity, under which anything verifies.
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
            + "\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
      })
  void keysAreUsableOnesOrNone(String json) {
    assertThatThrownBy(() -> JwkSet.parse(json)).isInstanceOf(JsonRefused.class);
  }

  @Test
  void aKeyGoesByItsThumbprintOnly() throws Exception {
    String json = keys.json().toString();
    String kid = key.verificationKey().thumbprint();
    assertThat(JwkSet.parse(json).key(kid)).contains(key.verificationKey());
    assertThat(JwkSet.parse(json.replace("\"kid\":\"" + kid + "\",", "")).key(kid)).isPresent();
    assertThatThrownBy(() -> JwkSet.parse(json.replace("\"kid\":\"" + kid, "\"kid\":\"other")))
        .hasMessageContaining("not its thumbprint");
    assertThatThrownBy(() -> JwkSet.parse(json.replace("\"kty\"", "\"d\":\"\",\"kty\"")))
        .hasMessageContaining("not a public one");
  }
}
