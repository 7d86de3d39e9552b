package io.openexec;

import static io.openexec.testing.TokenApprover.all;
import static io.openexec.testing.TokenApprover.base64Url;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Approval tokens, through the real server. */
class ApprovalTokensTest {
  private static final String TENANT = "tenant-001";
  private static final String PAYLOAD = "{\"id\":1}";
  private static final TokenApprover ALICE = new TokenApprover("alice-1", "alice", TENANT);
  private static final TokenApprover BOB = new TokenApprover("bob-1", "bob", TENANT);
  private static final TokenApprover CAROL = new TokenApprover("carol-1", "carol", TENANT);
  private static final TokenApprover CAROL_2 = new TokenApprover("carol-2", "carol", TENANT);
  private static final TokenApprover OTHER = new TokenApprover("o-1", "oscar", "tenant-002");
  private static final TokenApprover REVOKED = new TokenApprover("r-1", "rita", TENANT);
  private static final TokenApprover OVER = new TokenApprover("x-1", "xaver", TENANT);
  private static final TokenApprover EARLY = new TokenApprover("e-1", "erna", TENANT);
  private static final TokenApprover STRANGER = new TokenApprover("s-1", "alice", TENANT);
  private static final Approver ARTIFACTS = new Approver();

  @TempDir static Path directory;
  private static TestService.Setup setup;
  private static TestService service;
  private static Requests requests;

  @BeforeAll
  static void start() {
    setup = new TestService.Setup(directory).clawshield(ARTIFACTS).trusting();
    setup.writeTrust(
        TokenApprover.jwks(
                ALICE.jwk().put("alg", "EdDSA").put("use", "sig").put("revoked", false),
                BOB.jwk()
                    .put("nbf", now() - 10)
                    .put("exp", now() + 3_600)
                    .put("revoked", now() + 3_600),
                CAROL.jwk(),
                CAROL_2.jwk(),
                OTHER.jwk(),
                REVOKED.jwk().put("revoked", true),
                OVER.jwk().put("exp", now() - 10),
                EARLY.jwk().put("nbf", now() + 3_600))
            .toString());
    service =
        setup
            .with("OPENEXEC_AUDIENCE", "warehouse")
            .tracing("three", "", "approvals: 3")
            .tracing("two", "", "approvals: 2")
            .start();
    requests = service.requests();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static long now() {
    return Instant.now().getEpochSecond();
  }

  private static String nonce() {
    return UUID.randomUUID().toString();
  }

  private static Reply echo(String nonce, JsonNode tokens) {
    return requests.executeByTokens("echo", PAYLOAD, nonce, tokens);
  }

  private static Reply echo(String nonce, String token) {
    return echo(nonce, TextNode.valueOf(token));
  }

  @Test
  void aTokenIsGoodForOneExecution() {
    String token = ALICE.approve("echo", PAYLOAD);
    String nonce = nonce();
    Reply first = echo(nonce, token);
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    assertThat(first.json().path("result").toString()).isEqualTo("{\"echo\":{\"id\":1}}");
    Reply again = echo(nonce, all(token));
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.header("Idempotent-Replayed")).contains("true");
    assertThat(echo(nonce(), token).code()).isEqualTo("approval_used");
    assertThat(echo(nonce, BOB.approve("echo", PAYLOAD)).status()).as("a replay").isEqualTo(200);
  }

  @Test
  void everythingThatMayBeSaidIsHonoured() {
    String nonce = nonce();
    ObjectNode claims = ALICE.claims("echo", PAYLOAD);
    claims.put("nbf", now() - 1).put("exp", now() + 60.5);
    claims.put("nonce", nonce).put("scope", "add echo").putArray("aud").add("x").add("warehouse");
    claims.put("unknown", "says nothing").putObject("constraints");
    assertThat(echo(nonce, ALICE.sign(claims)).status()).isEqualTo(200);
  }

  private static Arguments bad(String code, String detail, String token) {
    return Arguments.of(code, detail, token);
  }

  private static Arguments badForm(String detail, String token) {
    return bad("approval_ill_formed", "Invalid approval token: " + detail, token);
  }

  private static String with(TokenApprover approver, Consumer<ObjectNode> change) {
    ObjectNode claims = approver.claims("echo", PAYLOAD);
    change.accept(claims);
    return approver.sign(claims);
  }

  private static String without(String claim) {
    return with(ALICE, claims -> claims.remove(claim));
  }

  private static String headed(Consumer<ObjectNode> change) {
    ObjectNode header = ALICE.header();
    change.accept(header);
    return ALICE.sign(header, ALICE.claims("echo", PAYLOAD).toString());
  }

  private static String hmac(byte[] secret) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    String input =
        TokenApprover.signingInput(
            ALICE.header().put("alg", "HS256"), ALICE.claims("echo", PAYLOAD).toString());
    return input + "." + base64Url(mac.doFinal(input.getBytes(StandardCharsets.US_ASCII)));
  }

  private static String flipped(String token) {
    int at = token.length() - 10;
    return token.substring(0, at) + (token.charAt(at) == 'A' ? 'B' : 'A') + token.substring(at + 1);
  }

  static Stream<Arguments> badTokens() throws Exception {
    String good = ALICE.approve("echo", PAYLOAD);
    String unsigned =
        TokenApprover.signingInput(
            ALICE.header().put("alg", "none"), ALICE.claims("echo", PAYLOAD).toString());
    return Stream.of(
        badForm("its alg is not EdDSA", unsigned + "."),
        badForm("its alg is not EdDSA", headed(header -> header.put("alg", "none"))),
        badForm("its alg is not EdDSA", headed(header -> header.put("alg", "Ed448"))),
        badForm("its alg is not EdDSA", hmac(ALICE.rawPublicKey())),
        badForm("its alg is not EdDSA", hmac(ARTIFACTS.pem().getBytes(StandardCharsets.US_ASCII))),
        badForm("its typ", headed(header -> header.put("typ", "openexec-receipt+jwt"))),
        badForm("its typ", headed(header -> header.put("typ", "JWT"))),
        badForm("its typ", headed(header -> header.remove("typ"))),
        badForm("its header has no kid", headed(header -> header.remove("kid"))),
        badForm(
            "its header has the member jwk", headed(header -> header.set("jwk", STRANGER.jwk()))),
        badForm(
            "its header has the member jku", headed(header -> header.put("jku", "https://x/y"))),
        badForm("its header has the member x5c", headed(header -> header.putArray("x5c"))),
        badForm("its header has the member x5u", headed(header -> header.put("x5u", "x"))),
        badForm("its header has the member b64", headed(header -> header.put("b64", false))),
        badForm("its header has the member crit", headed(header -> header.putArray("crit"))),
        badForm("it is not three parts", "rubbish"),
        badForm("it is not three parts", ""),
        badForm("it is not three parts", good + ".x"),
        badForm("its signature is not base64url", good + "~"),
        badForm("it is longer than 8192", with(ALICE, c -> c.put("x", "y".repeat(8_192)))),
        badForm("it is longer than 8192", "x".repeat(100_000)),
        badForm("its signature is not base64url", good + "="),
        badForm(
            "its payload is not strict JSON: a duplicate member name",
            ALICE.sign(
                ALICE.header(),
                ALICE
                    .claims("echo", PAYLOAD)
                    .toString()
                    .replaceFirst("\\{", "{\"\\\\u0061ction\":\"add\","))),
        badForm("its payload is not a JSON object", ALICE.sign(ALICE.header(), "[]")),
        bad("key_unknown", "Unknown key", STRANGER.approve("echo", PAYLOAD)),
        bad(
            "signature_invalid",
            "Invalid signature",
            STRANGER.as("alice-1", "alice", TENANT).approve("echo", PAYLOAD)),
        bad("signature_invalid", "Invalid signature", flipped(good)),
        bad("key_revoked", "Key revoked", REVOKED.approve("echo", PAYLOAD)),
        bad("key_out_of_time", "Key not valid now", OVER.approve("echo", PAYLOAD)),
        bad("key_out_of_time", "Key not valid now", EARLY.approve("echo", PAYLOAD)),
        badForm("it has no iss", without("iss")),
        badForm("it has no jti", without("jti")),
        badForm("it has no iat", without("iat")),
        badForm("it has no exp", without("exp")),
        badForm("it has no tenant_id", without("tenant_id")),
        badForm("it has no action", without("action")),
        badForm("it has no action_hash", without("action_hash")),
        badForm("its jti", with(ALICE, c -> c.put("jti", "1"))),
        badForm(
            "its jti",
            with(ALICE, c -> c.put("jti", c.get("jti").textValue().replaceAll("[0-9]", "A")))),
        badForm("its exp", with(ALICE, c -> c.put("exp", "tomorrow"))),
        badForm("its exp", with(ALICE, c -> c.put("exp", 1e300))),
        badForm("its exp", with(ALICE, c -> c.put("exp", -1))),
        badForm("its nbf", with(ALICE, c -> c.putNull("nbf"))),
        badForm("its tenant_id", with(ALICE, c -> c.put("tenant_id", ""))),
        badForm("its action_hash", with(ALICE, c -> c.put("action_hash", "A".repeat(64)))),
        badForm("its aud", with(ALICE, c -> c.putArray("aud").add(1))),
        badForm("its nonce", with(ALICE, c -> c.put("nonce", 1))),
        badForm("its scope", with(ALICE, c -> c.putArray("scope").add("echo"))),
        badForm("its constraints", with(ALICE, c -> c.put("constraints", "none"))),
        bad("issuer_mismatch", "Issuer mismatch", with(ALICE, c -> c.put("iss", "bob"))),
        bad(
            "tenant_mismatch",
            "Tenant mismatch",
            with(ALICE, c -> c.put("tenant_id", "tenant-002"))),
        bad(
            "tenant_mismatch",
            "Tenant mismatch",
            ALICE.as("alice-1", "alice", "tenant-002").approve("echo", PAYLOAD)),
        bad("audience_mismatch", "Audience mismatch", with(ALICE, c -> c.put("aud", "other"))),
        bad("audience_mismatch", "Audience mismatch", with(ALICE, c -> c.putArray("aud"))),
        bad("action_mismatch", "Action mismatch", with(ALICE, c -> c.put("action", "add"))),
        bad("action_mismatch", "Action mismatch", ALICE.approve("add", PAYLOAD)),
        bad("action_hash_mismatch", "Action hash mismatch", ALICE.approve("echo", "{\"n\":2}")),
        bad(
            "action_hash_mismatch",
            "Action hash mismatch",
            with(ALICE, c -> c.put("action_hash", TokenApprover.hash("t2", "echo", PAYLOAD)))),
        bad(
            "action_hash_mismatch",
            "Action hash mismatch",
            with(ALICE, c -> c.put("action_hash", Approver.hash("echo", PAYLOAD)))),
        bad("nonce_mismatch", "Nonce mismatch", with(ALICE, c -> c.put("nonce", "another"))),
        bad("scope_mismatch", "Scope mismatch", with(ALICE, c -> c.put("scope", "add echoes"))),
        bad("scope_mismatch", "Scope mismatch", with(ALICE, c -> c.put("scope", ""))),
        bad(
            "constraint_unknown",
            "Unknown constraint",
            with(ALICE, c -> c.putObject("constraints").put("max_amount", 100))),
        bad(
            "approval_expired",
            "Approval token expired",
            with(ALICE, c -> c.put("exp", now() - 1))),
        bad(
            "approval_not_yet_valid",
            "Approval token not yet valid",
            with(ALICE, c -> c.put("nbf", now() + 30))),
        bad(
            "approval_not_yet_valid",
            "Approval token not yet valid",
            with(ALICE, c -> c.put("iat", now() + 120))));
  }

  @ParameterizedTest
  @MethodSource("badTokens")
  void eachBadTokenIsRefusedWithItsReason(String code, String detail, String token) {
    Reply reply = echo(nonce(), token);
    assertThat(reply.status()).as(reply.text()).isEqualTo(403);
    assertThat(reply.detail()).startsWith(detail);
    assertThat(reply.code()).isEqualTo(code);
    // Also beside a good one, which it leaves unused.
    String good = BOB.approve("echo", PAYLOAD);
    assertThat(echo(nonce(), all(good, token)).code()).isEqualTo(code);
    assertThat(echo(nonce(), all(token, good)).code()).isEqualTo(code);
    assertThat(echo(nonce(), good).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "{}",
        "true",
        "[]",
        "[1]",
        "[null]",
        "[\"x\",[]]",
        "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]"
      })
  void whatIsNoTokenAtAllIs422(String member) throws Exception {
    Reply reply =
        requests.execute(
            "{\"action\":\"echo\",\"payload\":{},\"nonce\":\"x\",\"approval_token\":"
                + member
                + "}");
    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.detail()).startsWith("approval_token must ");
  }

  @Test
  void sixteenTokensAreTheMost() {
    String[] tokens = new String[17];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = ALICE.approve("echo", PAYLOAD);
    }
    assertThat(echo(nonce(), all(tokens)).status()).isEqualTo(422);
    assertThat(echo(nonce(), all(Arrays.copyOf(tokens, 16))).code()).isEqualTo("issuer_repeated");
  }

  @Test
  void tokenAndArtifactTogetherAre422() {
    String nonce = nonce();
    ObjectNode artifact = ARTIFACTS.approve("echo", PAYLOAD);
    String token = ALICE.approve("echo", PAYLOAD);
    Reply both =
        requests.execute(
            Requests.tokenBody("echo", PAYLOAD, nonce, TextNode.valueOf(token))
                .replaceFirst("\\{", "{\"approval_artifact\":" + artifact + ","));
    assertThat(both.status()).isEqualTo(422);
    assertThat(both.detail()).contains("exclude each other");
    for (String forms :
        List.of(
            "\"approval_artifact\":{},\"approval_token\":\"\"",
            "\"approval_artifact\":1,\"approval_token\":\"" + token + "\"",
            "\"approval_artifact\":" + artifact + ",\"approval_token\":[]")) {
      Reply whateverTheirForm =
          requests.execute("{\"action\":\"echo\",\"nonce\":\"x\"," + forms + "}");
      assertThat(whateverTheirForm.status()).isEqualTo(422);
      assertThat(whateverTheirForm.detail()).as(forms).contains("exclude each other");
    }
    assertThat(requests.execute("echo", PAYLOAD, nonce, artifact).status()).isEqualTo(200);
    assertThat(echo(nonce(), token).status()).isEqualTo(200);
  }

  @Test
  void artifactsAndTokensShareOneUniqueness() {
    ObjectNode artifact = ARTIFACTS.approve("echo", PAYLOAD);
    assertThat(requests.execute("echo", PAYLOAD, nonce(), artifact).status()).isEqualTo(200);
    String id = artifact.get("approval_id").textValue();
    assertThat(echo(nonce(), with(ALICE, c -> c.put("jti", id))).code()).isEqualTo("approval_used");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":9007199254740993}|403",
        "{\"a\":[{\"b\":-9007199254740993}]}|403",
        "{\"a\":100000000000000000000}|403",
        "{\"a\":9007199254740992}|200",
        "{\"a\":1e300,\"b\":0.1,\"c\":5e-324,\"d\":-1.5}|200",
        "{\"\\ud83d\\ude00\":\"\\u00fc\\u0000\\\"\",\"\\uffff\":null}|200",
      })
  void whatJcsWouldRoundCannotBeApprovedByAToken(String payload, int status) {
    Reply reply =
        requests.executeByTokens(
            "echo", payload, nonce(), TextNode.valueOf(ALICE.approve("echo", payload)));
    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    if (status == 403) {
      assertThat(reply.code()).isEqualTo("payload_not_representable");
      assertThat(reply.detail()).startsWith("The payload has an integer beyond 2^53");
    }
  }

  @Test
  void oneNumberInTwoSpellingsIsOneApprovalAndWhatRunsIsTheRequests() {
    String token = ALICE.approve("echo", "{\"a\":1}");
    String nonce = nonce();
    Reply reply = requests.executeByTokens("echo", "{\"a\":1.0}", nonce, TextNode.valueOf(token));
    assertThat(reply.json().path("result").toString()).isEqualTo("{\"echo\":{\"a\":1.0}}");
    // It is used up by that, and as a request the other spelling is another one.
    assertThat(
            requests.executeByTokens("echo", "{\"a\":1}", nonce(), TextNode.valueOf(token)).code())
        .isEqualTo("approval_used");
    assertThat(requests.executeByTokens("echo", "{\"a\":1}", nonce, TextNode.valueOf(token)).code())
        .isEqualTo("nonce_reused");
    // Another number is another payload, as near as it may be.
    assertThat(
            requests
                .executeByTokens(
                    "echo",
                    "{\"a\":1.0000000000000002}",
                    nonce(),
                    TextNode.valueOf(ALICE.approve("echo", "{\"a\":1}")))
                .code())
        .isEqualTo("action_hash_mismatch");
  }

  @Test
  void theEndOfATokenIsNotInItsTimeAndItsBeginningIs(@TempDir Path other) {
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");
    TestService.Setup fixed =
        new TestService.Setup(other).trusting(ALICE).at(Clock.fixed(noon, ZoneOffset.UTC));
    try (TestService at = fixed.start()) {
      for (double[] ofToken :
          new double[][] {
            // nbf, iat, exp, each in seconds from noon; the status
            {0, 0, 1, 200},
            {0, 60, 1, 200},
            {0, 0, 0, 403},
            {0, 0, 0.001, 200},
            {0.001, 0, 1, 403},
            {0, 60.001, 61, 403},
          }) {
        ObjectNode claims = ALICE.claims("echo", PAYLOAD, noon);
        claims.put("nbf", noon.getEpochSecond() + ofToken[0]);
        claims.put("iat", noon.getEpochSecond() + ofToken[1]);
        claims.put("exp", noon.getEpochSecond() + ofToken[2]);
        assertThat(
                at.requests()
                    .executeByTokens("echo", PAYLOAD, nonce(), TextNode.valueOf(ALICE.sign(claims)))
                    .status())
            .as(claims.toString())
            .isEqualTo((int) ofToken[3]);
      }
    }
  }

  @Test
  void threeDemandedAndOnlyThreeGoodOnesOfThreeIssuersRun() {
    String a = ALICE.approve("three", PAYLOAD);
    String b = BOB.approve("three", PAYLOAD);
    String c = CAROL.approve("three", PAYLOAD);
    String c2 = CAROL_2.approve("three", PAYLOAD);
    ObjectNode revokedClaims = CAROL.claims("three", PAYLOAD);
    String revoked = CAROL.sign(revokedClaims);
    revoke(revokedClaims.get("jti").textValue().toUpperCase(Locale.ROOT));
    String nonce = nonce();
    int before = setup.traced().size();
    assertRefused("approvals_insufficient", three(nonce, a));
    assertRefused("approvals_insufficient", three(nonce, a, b));
    assertRefused("approval_repeated", three(nonce, a, b, b));
    assertRefused("approval_repeated", three(nonce, a, a));
    assertRefused("approval_revoked", three(nonce, a, b, revoked));
    assertRefused("issuer_repeated", three(nonce, a, c, c2));
    assertRefused("issuer_repeated", three(nonce, a, b, c, c2));
    assertRefused(
        "approvals_insufficient",
        requests.execute("three", PAYLOAD, nonce, ARTIFACTS.approve("three", PAYLOAD)));
    assertThat(setup.traced()).hasSize(before);

    assertThat(three(nonce, c, a, b).status()).isEqualTo(200);
    assertThat(setup.traced()).hasSize(before + 1);
    assertThat(three(nonce, a).status()).as("for a replay one will do").isEqualTo(200);
    assertRefused("approval_used", three(nonce(), a, b, c));
    assertThat(
            three(nonce(), ALICE.approve("three", PAYLOAD), BOB.approve("three", PAYLOAD), c2)
                .status())
        .as("was never used")
        .isEqualTo(200);
  }

  /** Returns when it is seen, by a token that can run no more. */
  private static void revoke(String id) {
    ObjectNode probe = ALICE.claims("echo", PAYLOAD);
    String used = ALICE.sign(probe);
    assertThat(echo(nonce(), used).status()).isEqualTo(200);
    setup.writeRevocations("{\"revoked\":[\"" + id + "\"," + probe.get("jti") + "]}");
    Eventually.within(2_000, () -> echo(nonce(), used).code().equals("approval_revoked"));
  }

  private static Reply three(String nonce, String... tokens) {
    return requests.executeByTokens("three", PAYLOAD, nonce, all(tokens));
  }

  private static void assertRefused(String code, Reply reply) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(403);
    assertThat(reply.code()).isEqualTo(code);
  }

  @Test
  void allThatWerePresentedAreUsedUp() {
    String a = ALICE.approve("echo", PAYLOAD);
    String b = BOB.approve("echo", PAYLOAD);
    assertThat(echo(nonce(), all(a, b)).status()).isEqualTo(200);
    assertThat(echo(nonce(), a).code()).isEqualTo("approval_used");
    assertThat(echo(nonce(), b).code()).isEqualTo("approval_used");
  }

  @Test
  void aUsedOneAmongThemLeavesTheOthersUnused() {
    String used = ALICE.approve("two", PAYLOAD);
    String b = BOB.approve("two", PAYLOAD);
    String c = CAROL.approve("two", PAYLOAD);
    assertThat(requests.executeByTokens("two", PAYLOAD, nonce(), all(used, b)).status())
        .isEqualTo(200);
    assertRefused("approval_used", requests.executeByTokens("two", PAYLOAD, nonce(), all(used, c)));
    assertThat(
            requests
                .executeByTokens("two", PAYLOAD, nonce(), all(c, ALICE.approve("two", PAYLOAD)))
                .status())
        .isEqualTo(200);
  }

  @Test
  void threeTokensThrownAtManyNoncesAtOnceRunOnce() {
    String[] tokens = {
      ALICE.approve("three", PAYLOAD),
      BOB.approve("three", PAYLOAD),
      CAROL.approve("three", PAYLOAD)
    };
    int before = setup.traced().size();
    List<CompletableFuture<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      replies.add(
          requests.executeAsync(
              Requests.tokenBody(
                  "three",
                  PAYLOAD,
                  nonce(),
                  all(tokens[i % 3], tokens[(i + 1) % 3], tokens[(i + 2) % 3]))));
    }
    assertThat(replies.stream().map(reply -> reply.join().status()))
        .containsOnlyOnce(200)
        .containsOnly(200, 403);
    assertThat(setup.traced()).hasSize(before + 1);
  }

  @Test
  void tokensOfSeveralTenantsDoNotGoTogether() {
    Reply reply =
        echo(nonce(), all(ALICE.approve("echo", PAYLOAD), OTHER.approve("echo", PAYLOAD)));
    assertRefused("tenant_mismatch", reply);
  }

  @Test
  void withoutATrustFileNoTokenIsTaken(@TempDir Path other) {
    try (TestService artifactsOnly = new TestService.Setup(other).clawshield(ARTIFACTS).start()) {
      Reply reply =
          artifactsOnly
              .requests()
              .executeByTokens(
                  "echo", PAYLOAD, nonce(), TextNode.valueOf(ALICE.approve("echo", PAYLOAD)));
      assertRefused("key_not_configured", reply);
      assertThat(reply.detail()).startsWith("OPENEXEC_TRUST not configured");
    }
  }

  @Test
  void demoModeChecksAllButKeyAndSignature(@TempDir Path other) {
    TestService.Setup demo = new TestService.Setup(other).tracing("two", "", "approvals: 2");
    try (TestService open = demo.start()) {
      Requests to = open.requests();
      String unsigned = flipped(STRANGER.approve("echo", PAYLOAD));
      TextNode token = TextNode.valueOf(unsigned);
      assertThat(to.executeByTokens("echo", PAYLOAD, "n1", token).status()).isEqualTo(200);
      assertRefused("approval_used", to.executeByTokens("echo", PAYLOAD, "n2", token));
      assertRefused("action_hash_mismatch", to.executeByTokens("echo", "{}", "n3", token));
      assertRefused(
          "audience_mismatch",
          to.executeByTokens(
              "echo",
              PAYLOAD,
              "n4",
              TextNode.valueOf(with(ALICE, claims -> claims.put("aud", "warehouse")))));
      assertRefused(
          "approval_expired",
          to.executeByTokens(
              "echo", PAYLOAD, "n5", TextNode.valueOf(with(ALICE, c -> c.put("exp", now() - 60)))));
      assertThat(to.execute("two", PAYLOAD, "n6").status()).isEqualTo(200);
      assertRefused(
          "approvals_insufficient",
          to.executeByTokens(
              "two", PAYLOAD, "n7", TextNode.valueOf(ALICE.approve("two", PAYLOAD))));
    }
  }
}
