package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.openexec.signature.KeyFile;
import io.openexec.signature.VerificationKey;
import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EdDsaKeyUtil;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an approver approves is executed; what is not approved is not. */
class ApproveCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REQUEST =
      "{\"action\":\"echo\",\"payload\":{\"to\":\"caf\u00e9\",\"amount\":12.50,\"n\":1e16},"
          + "\"nonce\":\"n1\",\"approval_artifact\":null}";

  @TempDir Path directory;
  private Terminal terminal;
  private String key;

  @BeforeEach
  void makeAKey() {
    terminal = new Terminal(directory);
    key = directory.resolve("approver.pem").toString();
    assertThat(terminal.run("keygen", key)).isZero();
  }

  private VerificationKey publicKey() throws Exception {
    return KeyFile.read(Path.of(key)).verificationKey();
  }

  private JsonNode approved(String request, String... more) throws Exception {
    String[] args = new String[more.length + 5];
    System.arraycopy(
        new String[] {"approve", "--key", key, "--tenant", Approver.TENANT}, 0, args, 0, 5);
    System.arraycopy(more, 0, args, 5, more.length);
    assertThat(terminal.runWith(request, args)).as(terminal.err()).isZero();
    assertThat(terminal.out().strip()).isPrintable().isASCII();
    return JSON.readTree(terminal.out());
  }

  @Test
  void theServiceExecutesWhatWasApprovedAndNothingElse() throws Exception {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .with("OPENEXEC_MODE", "clawshield")
            .with("CLAWSHIELD_TENANT_ID", Approver.TENANT)
            .with("CLAWSHIELD_PUBLIC_KEY", Approver.pem(publicKey().spki()));
    try (TestService service = setup.start()) {
      JsonNode request = approved(REQUEST);
      Reply reply = service.requests().execute(terminal.out());
      assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      assertThat(reply.json().path("result").path("echo").path("to").asText())
          .isEqualTo("caf\u00e9");
      assertThat(request.path("approval_artifact").path("tenant_id").asText())
          .isEqualTo(Approver.TENANT);

      approved(REQUEST.replace("n1", "n2"));
      assertThat(service.requests().execute(terminal.out().replace("12.5", "125.0")).status())
          .isEqualTo(403);
      // One that came with the request does not come out again.
      approved(terminal.out());
      assertThat(service.requests().execute(terminal.out()).status()).isEqualTo(200);
    }
  }

  @Test
  void anArtifactAloneLastsAsLongAsItIsTold() throws Exception {
    JsonNode artifact = approved(REQUEST, "--only", "--ttl", "60");
    assertThat(artifact.fieldNames())
        .toIterable()
        .containsExactly(
            "approval_id", "tenant_id", "action_hash", "issued_at", "expires_at", "signature");
    assertThat(Instant.parse(artifact.path("expires_at").asText()))
        .isEqualTo(Instant.parse(artifact.path("issued_at").asText()).plusSeconds(60));
  }

  private String trusted(String file, String issuer) {
    assertThat(
            terminal.run(
                "keygen", "--public", file, "--trust", "--tenant=tenant-001", "--iss=" + issuer))
        .isZero();
    return terminal.out();
  }

  @Test
  void theServiceTakesTokensFromThoseItTrustsAsKeygenShowsThem() throws Exception {
    String second = directory.resolve("bob.pem").toString();
    assertThat(terminal.run("keygen", second)).isZero();
    Path trust = directory.resolve("trust.json");
    Files.writeString(
        trust, "{\"keys\":[" + trusted(key, "alice") + "," + trusted(second, "bob") + "]}");
    TestService.Setup setup =
        new TestService.Setup(directory)
            .with("OPENEXEC_MODE", "clawshield")
            .with("OPENEXEC_TRUST", trust.toString())
            .with("OPENEXEC_AUDIENCE", "openexec.example")
            .tracing("trace", "", "approvals: 2");
    String[] limits = {"--aud=openexec.example", "--nonce-bound", "--scope=echo", "--scope=trace"};
    try (TestService service = setup.start()) {
      approved(REQUEST, all(limits, "--token", "--iss=alice"));
      Reply reply = service.requests().execute(terminal.out());
      assertThat(reply.status()).as(reply.text()).isEqualTo(200);

      String traced =
          REQUEST.replace("echo", "trace").replace("n1", "n2").replace("{\"to", "{\"id\":7,\"to");
      approved(traced, all(limits, "--token", "--iss=alice"));
      assertThat(service.requests().execute(terminal.out()).status()).isEqualTo(403);
      approved(traced, all(limits, "--token", "--iss=alice", "--key=" + second, "--iss=bob"));
      assertThat(service.requests().execute(terminal.out().replace("n2", "n3")).status())
          .as("bound to the nonce")
          .isEqualTo(403);
      assertThat(service.requests().execute(terminal.out()).status()).isEqualTo(200);
    }
  }

  private static String[] all(String[] some, String... more) {
    return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
  }

  private JsonNode claims(String token) throws Exception {
    JsonWebSignature jws = new JsonWebSignature();
    jws.setCompactSerialization(token);
    jws.setKey(new EdDsaKeyUtil().publicKey(publicKey().raw(), EdDsaKeyUtil.ED25519));
    assertThat(jws.verifySignature()).isTrue();
    assertThat(jws.getAlgorithmHeaderValue()).isEqualTo("EdDSA");
    assertThat(jws.getHeader("typ")).isEqualTo("openexec-approval+jwt");
    assertThat(jws.getKeyIdHeaderValue()).isEqualTo(publicKey().thumbprint());
    return JSON.readTree(jws.getPayload());
  }

  @Test
  void aTokenVerifiesWithAnotherLibraryAndSaysWhatItIsFor() throws Exception {
    JsonNode request = approved(REQUEST, "--token", "--iss", "alice");
    JsonNode claims = claims(request.path("approval_token").asText());
    assertThat(request.has("approval_artifact")).isFalse();
    assertThat(claims.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "iss", "jti", "iat", "exp", "tenant_id", "action", "action_hash");
    assertThat(claims.path("exp").asLong()).isEqualTo(claims.path("iat").asLong() + 300);
    String canonical =
        "{\"action\":\"echo\",\"payload\":{\"amount\":12.5,\"n\":10000000000000000,"
            + "\"to\":\"caf\u00e9\"},\"tenant_id\":\"tenant-001\"}";
    assertThat(claims.path("action_hash").asText())
        .isEqualTo(
            HexFormat.of()
                .formatHex(
                    MessageDigest.getInstance("SHA-256")
                        .digest(canonical.getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void aTokenIsLimitedAsItIsTold() throws Exception {
    String[] options = {
      "--token",
      "--iss=alice",
      "--aud=openexec.example",
      "--nonce-bound",
      "--scope=echo",
      "--scope=add",
      "--nbf=2026-03-01T12:00:00Z"
    };
    JsonNode claims = claims(approved(REQUEST, options).path("approval_token").asText());
    assertThat(claims.path("aud").asText()).isEqualTo("openexec.example");
    assertThat(claims.path("nonce").asText()).isEqualTo("n1");
    assertThat(claims.path("scope").asText()).isEqualTo("echo add");
    assertThat(claims.path("nbf").asLong())
        .isEqualTo(Instant.parse("2026-03-01T12:00:00Z").getEpochSecond());
  }

  @Test
  void severalApproveTogether() throws Exception {
    String second = directory.resolve("bob.pem").toString();
    assertThat(terminal.run("keygen", second)).isZero();
    JsonNode tokens =
        approved(REQUEST, "--token", "--iss", "alice", "--key", second, "--iss", "bob")
            .path("approval_token");
    assertThat(tokens).hasSize(2);
    assertThat(claims(tokens.get(0).asText()).path("iss").asText()).isEqualTo("alice");
    assertThat(tokens.get(1).asText()).isNotEqualTo(tokens.get(0).asText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ttl 0",
        "--ttl 99999999999",
        "--iss alice",
        "--nonce-bound",
        "--scope echo",
        "--key KEY",
        "--token",
        "--token --iss a --iss b",
        "--token --iss a --key KEY --iss a",
        "--token --iss a --scope add",
        "--token --iss a --nbf tomorrow",
      })
  void whatWouldNotHoldIsNotSigned(String options) {
    String all = "approve --key " + key + " --tenant t " + options.replace("KEY", key);
    assertThat(terminal.runWith(REQUEST, all.split(" "))).isEqualTo(2);
    assertThat(terminal.out()).isEmpty();
    assertThat(terminal.err()).doesNotContain("\tat ");
  }

  @Test
  void unreadableIs2AndOneLine() {
    List<String> requests =
        List.of("", "{}", "[]", "{\"action\":\"a\",\"action\":\"b\"}", " ".repeat(2 << 20));
    for (String request : requests) {
      assertThat(terminal.runWith(request, "approve", "--key", key, "--tenant", "t")).isEqualTo(2);
      assertThat(terminal.err()).hasLineCount(1).startsWith("approve: ");
      assertThat(terminal.out()).isEmpty();
    }
    assertThat(terminal.runWith(REQUEST, "approve", "--key", key + "x", "--tenant", "t"))
        .isEqualTo(2);
    assertThat(terminal.err()).hasLineCount(1).contains("is not a file");
    String longNonce = REQUEST.replace("n1", "\ud83d\ude00".repeat(1_000));
    assertThat(
            terminal.runWith(
                longNonce,
                "approve",
                "--key=" + key,
                "--tenant=t",
                "--token",
                "--iss=i",
                "--nonce-bound"))
        .isEqualTo(2);
    assertThat(terminal.err()).hasLineCount(1).contains("8192");
    String huge = "{\"action\":\"a\",\"payload\":{\"n\":9007199254740993},\"nonce\":\"n\"}";
    assertThat(
            terminal.runWith(
                huge, "approve", "--key", key, "--tenant", "t", "--token", "--iss", "i"))
        .isEqualTo(2);
    assertThat(terminal.err()).hasLineCount(1).contains("beyond 2^53");
  }

  @Test
  void everyCommandSaysHowItIsUsed() {
    for (String command : List.of("serve", "keygen", "approve", "settle", "export", "verify")) {
      assertThat(terminal.run(command, "--help")).isZero();
      assertThat(terminal.out()).contains("Exit codes:");
    }
    assertThat(terminal.run("--help")).isZero();
    assertThat(terminal.out()).contains("serve", "keygen", "approve", "settle", "export", "verify");
    assertThat(terminal.run("no-such-command")).isEqualTo(2);
  }
}
