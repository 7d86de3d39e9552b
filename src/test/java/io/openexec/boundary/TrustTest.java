package io.openexec.boundary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.testing.TokenApprover;
import java.time.Instant;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustTest {
  private static final TokenApprover ALICE = new TokenApprover("alice-1", "alice", "secret-tenant");

  private static Trust parse(ObjectNode... jwks) {
    return Trust.parse(TokenApprover.jwks(jwks).toString().getBytes(UTF_8));
  }

  private static Arguments refused(String reason, Consumer<ObjectNode> change) {
    ObjectNode jwk = ALICE.jwk();
    change.accept(jwk);
    return Arguments.of(reason, jwk);
  }

  private static Consumer<ObjectNode> point(String hex) {
    return jwk -> jwk.put("x", TokenApprover.base64Url(HexFormat.of().parseHex(hex)));
  }

  static Stream<Arguments> refusedKeys() {
    return Stream.of(
        refused("private key", jwk -> jwk.put("d", jwk.get("x").textValue())),
        refused("is not an OKP key", jwk -> jwk.put("kty", "EC")),
        refused("is not an OKP key", jwk -> jwk.put("kty", "oct").put("k", "c2VjcmV0").remove("k")),
        refused("is not one of", jwk -> jwk.put("kty", "oct").put("k", "c2VjcmV0")),
        refused("is not an OKP key", jwk -> jwk.put("crv", "X25519")),
        refused("is not an OKP key", jwk -> jwk.put("crv", "Ed448")),
        refused("alg", jwk -> jwk.put("alg", "HS256")),
        refused("alg", jwk -> jwk.putNull("alg")),
        refused("use", jwk -> jwk.put("use", "enc")),
        refused("key_ops", jwk -> jwk.putArray("key_ops").add("sign")),
        refused("key_ops", jwk -> jwk.putArray("key_ops").add("verify").add("sign")),
        refused("is not one of", jwk -> jwk.put("revoke", true)),
        refused("no kid", jwk -> jwk.remove("kid")),
        refused("no kid", jwk -> jwk.put("kid", "")),
        refused("no tenant_id", jwk -> jwk.remove("tenant_id")),
        refused("no tenant_id", jwk -> jwk.put("tenant_id", "")),
        refused("no tenant_id", jwk -> jwk.put("tenant_id", "t".repeat(256))),
        refused("no iss", jwk -> jwk.remove("iss")),
        refused("no iss", jwk -> jwk.put("iss", 1)),
        refused("nbf", jwk -> jwk.put("nbf", "2026-01-01")),
        refused("exp", jwk -> jwk.putNull("exp")),
        refused("revoked", jwk -> jwk.put("revoked", "yes")),
        refused("revoked", jwk -> jwk.putNull("revoked")),
        refused("x", jwk -> jwk.remove("x")),
        refused("base64url", jwk -> jwk.put("x", jwk.get("x").textValue() + "=")),
        refused("31 bytes", point("00".repeat(31))),
        refused("full order", point("01" + "00".repeat(31))),
        refused("full order", point("00".repeat(31) + "80")),
        refused("full order", point("ee" + "ff".repeat(30) + "7f")));
  }

  @ParameterizedTest
  @MethodSource("refusedKeys")
  void oneBadKeyRefusesTheWholeFileAndIsNamedByItsPlaceAlone(String reason, ObjectNode jwk) {
    ObjectNode good = new TokenApprover("bob-1", "bob", "t").jwk();
    assertThatThrownBy(() -> parse(good, jwk))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("key 2 ")
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("alice", "secret-tenant");
  }

  @Test
  void neitherAKidNorAKeyIsThereTwice() {
    ObjectNode alice = ALICE.jwk();
    assertThatThrownBy(() -> parse(alice, new TokenApprover("alice-1", "bob", "t").jwk()))
        .hasMessageContaining("kid that another one has");
    assertThatThrownBy(() -> parse(alice, ALICE.as("bob-1", "bob", "secret-tenant").jwk()))
        .as("else its holder could approve in two names")
        .hasMessageContaining("is there twice");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[],\"more\":1}", "{\"keys\":[]} x"})
  void whatIsNoKeySetIsRefused(String text) {
    assertThatThrownBy(() -> Trust.parse(text.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void timesCountFromTheirInstantOn() {
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");
    long seconds = noon.getEpochSecond();
    TrustedKey key =
        parse(ALICE.jwk().put("nbf", seconds).put("exp", seconds + 2).put("revoked", seconds + 1.5))
            .find("alice-1")
            .orElseThrow();
    assertThat(key.isInTimeAt(noon.minusNanos(1))).isFalse();
    assertThat(key.isInTimeAt(noon)).isTrue();
    assertThat(key.isInTimeAt(noon.plusSeconds(2).minusNanos(1))).isTrue();
    assertThat(key.isInTimeAt(noon.plusSeconds(2))).isFalse();
    assertThat(key.isRevokedAt(noon.plusMillis(1_499))).isFalse();
    assertThat(key.isRevokedAt(noon.plusMillis(1_500))).isTrue();
  }
}
