package io.openexec.receipt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.openexec.signature.SigningKey;
import io.openexec.signature.VerificationKey;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwsTest {
  private static final String TYPE = "test+jwt";
  private static final int MAX = 10_000;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();

  private final SigningKey key = SigningKey.generate();
  private final VerificationKey publicKey = key.verificationKey();
  private final String token = new Jws.Signer(TYPE, key).sign(bytes("{\"a\":1}"));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A token with that header, signed properly. */
  private String signed(String header, String payload) {
    String input =
        BASE64_URL.encodeToString(bytes(header)) + "." + BASE64_URL.encodeToString(bytes(payload));
    return input + "." + BASE64_URL.encodeToString(key.sign(bytes(input)));
  }

  private String header(String more) {
    return "{\"alg\":\"EdDSA\",\"typ\":\"" + TYPE + "\",\"kid\":\"k\"" + more + "}";
  }

  private void assertRefused(String compact, String why) {
    assertThatThrownBy(() -> Jws.parse(compact, TYPE, MAX).verify(publicKey))
        .isInstanceOf(JwsRefused.class)
        .hasMessageContaining(why);
  }

  @Test
  void whatWasSignedVerifiesAndTellsItsKey() throws Exception {
    Jws parsed = Jws.parse(token, TYPE, MAX);
    assertThat(parsed.keyId()).isEqualTo(publicKey.thumbprint());
    assertThat(parsed.verify(publicKey)).isEqualTo(JSON.readTree("{\"a\":1}"));
    assertThat(parsed).hasToString(token);
  }

  @Test
  void anotherLibraryVerifiesIt() throws Exception {
    JsonWebSignature jws = new JsonWebSignature();
    jws.setCompactSerialization(token);
    jws.setKey(
        PublicJsonWebKey.Factory.newPublicJwk(
                Map.of(
                    "kty",
                    "OKP",
                    "crv",
                    "Ed25519",
                    "x",
                    BASE64_URL.encodeToString(publicKey.raw())))
            .getPublicKey());
    assertThat(jws.verifySignature()).isTrue();
    assertThat(jws.getPayload()).isEqualTo("{\"a\":1}");
    assertThat(jws.getHeader("typ")).isEqualTo(TYPE);
  }

  @Test
  void everyBitOfItCounts() throws Exception {
    byte[] ascii = bytes(token);
    for (int i = 0; i < ascii.length * 7; i++) {
      byte[] flipped = ascii.clone();
      flipped[i / 7] ^= (byte) (1 << (i % 7));
      String text = new String(flipped, StandardCharsets.US_ASCII);
      assertThatThrownBy(() -> Jws.parse(text, TYPE, MAX).verify(publicKey))
          .isInstanceOf(JwsRefused.class);
    }
  }

  @Test
  void anotherKeyOrTypeRefuses() {
    assertThatThrownBy(
            () -> Jws.parse(token, TYPE, MAX).verify(SigningKey.generate().verificationKey()))
        .hasMessageContaining("signature does not verify");
    assertThatThrownBy(() -> Jws.parse(token, "other+jwt", MAX)).hasMessageContaining("typ");
    assertThatThrownBy(() -> Jws.parse(token, TYPE, token.length() - 1))
        .hasMessageContaining("longer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"crit\":[\"exp\"],\"exp\":1",
        ",\"b64\":false,\"crit\":[\"b64\"]",
        ",\"b64\":true",
        ",\"jwk\":{\"kty\":\"OKP\"}",
        ",\"jku\":\"https://example.com\"",
        ",\"x5u\":\"https://example.com\"",
        ",\"x5c\":[]"
      })
  void aHeaderThatBringsAKeyAlongOrChangesWhatIsSignedRefuses(String member) {
    assertRefused(signed(header(member), "{}"), "never taken");
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "HS256", "ES256", "eddsa", "Ed25519", ""})
  void anyOtherAlgorithmRefuses(String alg) {
    String header = header("").replace("EdDSA", alg);
    assertRefused(signed(header, "{}"), "alg");
    assertRefused(
        BASE64_URL.encodeToString(bytes(header))
            + "."
            + BASE64_URL.encodeToString(bytes("{}"))
            + ".",
        "alg");
  }

  @Test
  void thePublicKeyAsAnHmacSecretRefuses() throws Exception {
    String input =
        BASE64_URL.encodeToString(bytes(header("").replace("EdDSA", "HS256")))
            + "."
            + BASE64_URL.encodeToString(bytes("{}"));
    for (byte[] secret : new byte[][] {publicKey.raw(), publicKey.spki()}) {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      assertRefused(input + "." + BASE64_URL.encodeToString(mac.doFinal(bytes(input))), "alg");
    }
  }

  @Test
  void whatIsReadTwoWaysRefuses() {
    assertRefused(signed(header(",\"kid\":\"other\""), "{}"), "header is not strict JSON");
    assertRefused(signed(header(",\"\\u006bid\":\"other\""), "{}"), "header is not strict JSON");
    assertRefused(signed(header(""), "{\"a\":1,\"a\":2}"), "payload is not strict JSON");
    assertRefused(signed(header(""), "{\"a\":1,\"\\u0061\":2}"), "payload is not strict JSON");
    assertRefused(signed(header(""), "{} {}"), "payload is not strict JSON");
    assertRefused(signed(header(""), "[]"), "not a JSON object");
    assertRefused(token + "=", "base64url");
    assertRefused(token.replaceFirst("\\.", "=."), "base64url");
    assertRefused(" " + token, "base64url");
    assertRefused(token + "~", "base64url");
    assertRefused(token + ".", "three parts");
    assertRefused(token.substring(0, token.lastIndexOf('.')), "three parts");
  }

  @Test
  void aHeaderWithoutAKeyIdRefuses() {
    assertRefused(signed("{\"alg\":\"EdDSA\",\"typ\":\"test+jwt\"}", "{}"), "kid");
    assertRefused(signed("{\"alg\":\"EdDSA\",\"typ\":\"test+jwt\",\"kid\":7}", "{}"), "kid");
    assertRefused(
        signed(
            "{\"alg\":\"EdDSA\",\"typ\":\"test+jwt\",\"kid\":\"" + "k".repeat(256) + "\"}", "{}"),
        "kid");
  }
}
