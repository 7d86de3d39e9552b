package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.ReceiptHash;
import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import io.openexec.testing.Vectors;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Approvals in clawshield mode, through the real server. */
class ApprovalsTest {
  @TempDir static Path directory;
  private static final Approver APPROVER = new Approver();
  private static TestService service;
  private static Requests requests;

  @BeforeAll
  static void start() {
    service = new TestService.Setup(directory).clawshield(APPROVER).start();
    requests = service.requests();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static Reply echo(String nonce, JsonNode artifact) {
    return requests.execute("echo", "{\"n\":1}", nonce, artifact);
  }

  private static ObjectNode approval() {
    return APPROVER.approve("echo", "{\"n\":1}");
  }

  @Test
  void everyApprovalVectorHasItsVerdict(@TempDir Path other) {
    JsonNode vectors = Vectors.approvals();
    Clock judgedAt = Clock.fixed(Instant.parse(vectors.path("judged_at").asText()), ZoneOffset.UTC);
    Map<String, String> details =
        Map.of(
            "expired", "Approval artifact expired",
            "Invalid expires_at", "Invalid expires_at timestamp",
            "Missing expires_at", "Missing expires_at in approval artifact",
            "rejected", "Invalid approval_id in approval artifact");
    try (TestService judge =
        new TestService.Setup(other)
            .at(judgedAt)
            .with("OPENEXEC_MODE", "clawshield")
            .with(
                "CLAWSHIELD_PUBLIC_KEY",
                vectors.path("public_key_pem").asText().replace("\n", "\\n"))
            .with("CLAWSHIELD_TENANT_ID", vectors.path("tenant_id").asText())
            .start()) {
      assertThat(vectors.path("cases")).hasSize(16);
      for (JsonNode vector : vectors.path("cases")) {
        String name = vector.path("name").asText();
        String verdict = vector.path("verdict").asText();
        Reply reply = judge.requests().execute(vector.path("request").toString());
        if (verdict.equals("accepted")) {
          assertThat(reply.status()).as(name).isEqualTo(200);
        } else {
          assertThat(reply.status()).as(name).isEqualTo(403);
          assertThat(reply.detail()).as(name).startsWith(details.getOrDefault(verdict, verdict));
        }
      }
    }
  }

  @Test
  void everyCanonicalVectorIsAcceptedAndItsReceiptVerifies() {
    int n = 0;
    for (Vectors.Canonical v : Vectors.canonical()) {
      Instant now = Instant.now().minusSeconds(1);
      ObjectNode artifact =
          APPROVER.sign(
              UUID.randomUUID().toString(),
              Approver.TENANT,
              v.actionHash(),
              now.toString(),
              now.plusSeconds(60).toString());
      Reply reply = requests.execute("echo", v.payloadText(), "vector-" + n++, artifact);
      assertThat(reply.status()).as(v.payloadText() + reply.text()).isEqualTo(200);
      assertThat(reply.receipt()).isEqualTo(ReceiptHash.ofText(reply.id(), v.resultJson()).hex());
      assertThat(reply.text()).contains("\"result\":" + v.resultJson() + ",");
      assertThat(verify(reply.id(), v.resultJson(), reply.receipt()))
          .isEqualTo("{\"valid\":true,\"recorded\":true}");
      assertThat(verify(v.execId(), v.resultJson(), v.receipt()))
          .isEqualTo("{\"valid\":true,\"recorded\":false}");
    }
  }

  private static String verify(String id, String result, String receipt) {
    ObjectNode body = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
    body.put("exec_id", id).put("result", result).put("receipt", receipt);
    return requests.post("/receipts/verify", body.toString()).text();
  }

  @Test
  void theFirstReasonWins() {
    // Each artifact is wrong in one respect more, earlier in the order.
    ObjectNode bad = approval();
    bad.put("tenant_id", "another");
    assertRefused(bad, 403, "Invalid signature");
    ObjectNode otherTenant =
        APPROVER.sign(
            UUID.randomUUID().toString(),
            "another",
            bad.path("action_hash").asText(),
            bad.path("issued_at").asText(),
            bad.path("expires_at").asText());
    assertRefused(otherTenant, 403, "Tenant mismatch");
    bad.put("issued_at", "yesterday");
    assertRefused(bad, 403, "Invalid issued_at");
    bad.put("tenant_id", "");
    assertRefused(bad, 403, "Invalid tenant_id");
    bad.put("approval_id", "1");
    assertRefused(bad, 403, "Invalid approval_id");
    bad.put("expires_at", "tomorrow");
    assertRefused(bad, 403, "Invalid expires_at timestamp");
    bad.put("expires_at", "");
    assertRefused(bad, 403, "Missing expires_at in approval artifact");
    bad.put("action_hash", "0".repeat(64));
    assertRefused(bad, 403, "Action hash mismatch");
    bad.remove("expires_at");
    assertRefused(bad, 422, "Missing expires_at in approval artifact");
  }

  @Test
  void missingAndNonStringMembersAre422() {
    for (String member :
        List.of(
            "approval_id", "tenant_id", "action_hash", "issued_at", "expires_at", "signature")) {
      ObjectNode without = approval();
      without.remove(member);
      assertRefused(without, 422, "");
      for (JsonNode value :
          List.of(without.numberNode(1), without.nullNode(), without.arrayNode())) {
        ObjectNode wrong = approval();
        wrong.set(member, value);
        assertRefused(
            wrong,
            422,
            value.isNull() && member.equals("expires_at")
                ? "Missing expires_at in approval artifact"
                : "approval_artifact." + member + " must be a string");
      }
    }
  }

  private static void assertRefused(ObjectNode artifact, int status, String detail) {
    Reply reply = echo("refused", artifact);
    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    assertThat(reply.detail()).startsWith(detail);
  }

  @Test
  void withoutAKeyOrATenantNothingVerifies(@TempDir Path other) {
    TestService.Setup keyless = new TestService.Setup(other).with("OPENEXEC_MODE", "clawshield");
    try (TestService deaf = keyless.start()) {
      assertThat(deaf.requests().execute("echo", "{\"n\":1}", "x", approval()).detail())
          .startsWith("CLAWSHIELD_PUBLIC_KEY not configured");
    }
    keyless.with("CLAWSHIELD_PUBLIC_KEY", APPROVER.pem());
    try (TestService tenantless = keyless.start()) {
      assertThat(tenantless.requests().execute("echo", "{\"n\":1}", "x", approval()).detail())
          .startsWith("Tenant mismatch");
    }
  }

  @Test
  void everyKeyOfARotationVerifies(@TempDir Path other) {
    Approver next = new Approver();
    try (TestService both =
        new TestService.Setup(other)
            .clawshield(APPROVER)
            .with("CLAWSHIELD_PUBLIC_KEY", APPROVER.pem() + next.pem())
            .start()) {
      assertThat(both.requests().execute("echo", "{\"n\":1}", "old", approval()).status())
          .isEqualTo(200);
      assertThat(
              both.requests()
                  .execute("echo", "{\"n\":1}", "new", next.approve("echo", "{\"n\":1}"))
                  .status())
          .isEqualTo(200);
    }
    try (TestService rotated =
        new TestService.Setup(other)
            .clawshield(APPROVER)
            .with("CLAWSHIELD_PUBLIC_KEY", next.pem())
            .start()) {
      assertThat(rotated.requests().execute("echo", "{\"n\":1}", "old", approval()).detail())
          .as("a removed key verifies nothing, replays included")
          .startsWith("Invalid signature");
    }
  }

  @Test
  void anApprovalDatedAheadIsNotYetValid() {
    ObjectNode soon = APPROVER.approve("echo", "{\"n\":1}", Instant.now().plusSeconds(50), 300);
    assertThat(echo("ahead-50", soon).status()).isEqualTo(200);
    ObjectNode later = APPROVER.approve("echo", "{\"n\":1}", Instant.now().plusSeconds(90), 300);
    Reply reply = echo("ahead-90", later);
    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.detail()).startsWith("Approval artifact not yet valid");
  }

  @Test
  void exactlySixtySecondsAheadAreAllowed(@TempDir Path other) {
    Instant now = Instant.parse("2026-03-01T12:00:00Z");
    TestService.Setup setup = new TestService.Setup(other).clawshield(APPROVER);
    setup.at(Clock.fixed(now.minusNanos(1), ZoneOffset.UTC));
    ObjectNode ahead = APPROVER.approve("echo", "{}", now.plusSeconds(60), 300);
    try (TestService early = setup.start()) {
      assertThat(early.requests().execute("echo", "{}", "n", ahead).detail())
          .startsWith("Approval artifact not yet valid");
    }
    setup.at(Clock.fixed(now, ZoneOffset.UTC));
    try (TestService just = setup.start()) {
      assertThat(just.requests().execute("echo", "{}", "n", ahead).status()).isEqualTo(200);
    }
  }

  @Test
  void expiryHasNoLeeway(@TempDir Path other) {
    Instant expiry = Instant.parse("2026-03-01T12:05:00Z");
    ObjectNode artifact = APPROVER.approve("echo", "{}", expiry.minusSeconds(300), 300);
    TestService.Setup setup = new TestService.Setup(other).clawshield(APPROVER);
    setup.at(Clock.fixed(expiry.plusNanos(1), ZoneOffset.UTC));
    try (TestService after = setup.start()) {
      assertThat(after.requests().execute("echo", "{}", "edge", artifact).detail())
          .startsWith("Approval artifact expired");
    }
    setup.at(Clock.fixed(expiry, ZoneOffset.UTC));
    try (TestService at = setup.start()) {
      assertThat(at.requests().execute("echo", "{}", "edge", artifact).status()).isEqualTo(200);
    }
  }

  @Test
  void anApprovalIsGoodForOneExecution() {
    ObjectNode artifact = approval();
    Reply first = echo("single-1", artifact);
    assertThat(first.status()).isEqualTo(200);
    assertThat(first.id()).isEqualTo(ExecutionId.of(Approver.TENANT, "single-1").toString());
    Reply second = echo("single-2", artifact);
    assertThat(second.status()).isEqualTo(403);
    assertThat(second.detail()).startsWith("Approval already used");
    assertThat(second.text()).doesNotContain(first.id());
    assertThat(echo("single-1", artifact).replayed()).isTrue();
    assertThat(echo("single-2", approval()).status())
        .as("the nonce was not used up")
        .isEqualTo(200);
  }

  @Test
  void oneApprovalThrownAtManyNoncesAtOnceRunsOnce(@TempDir Path other) throws Exception {
    TestService.Setup setup =
        new TestService.Setup(other).clawshield(APPROVER).tracing("trace", "");
    try (TestService tracing = setup.start()) {
      for (String action : List.of("trace", "echo")) {
        ObjectNode artifact = APPROVER.approve(action, "{\"id\":1}");
        List<CompletableFuture<Reply>> replies =
            IntStream.range(0, 40)
                .mapToObj(
                    i ->
                        tracing
                            .requests()
                            .executeAsync(
                                Requests.body(action, "{\"id\":1}", action + i, artifact)))
                .toList();
        int executed = 0;
        for (CompletableFuture<Reply> reply : replies) {
          assertThat(reply.get().status()).isIn(200, 403);
          executed += reply.get().status() == 200 ? 1 : 0;
        }
        assertThat(executed).as(action).isEqualTo(1);
      }
      assertThat(setup.traced()).containsExactly("1");
    }
  }

  @Test
  void aSignatureHasOneSpelling() {
    ObjectNode artifact = approval();
    String signature = artifact.path("signature").asText();
    byte[] bytes = Base64.getDecoder().decode(signature);
    char last = signature.charAt(85);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int bits = 1; bits < 16; bits++) {
      String trailing =
          signature.substring(0, 85) + alphabet.charAt(alphabet.indexOf(last) + bits) + "==";
      assertThat(Base64.getDecoder().decode(trailing)).as("decodes to the same").isEqualTo(bytes);
      assertInvalid(artifact, trailing);
    }
    assertInvalid(artifact, signature.substring(0, 86));
    assertInvalid(artifact, signature + "=");
    assertInvalid(artifact, " " + signature);
    assertInvalid(artifact, signature + "\\n");
    assertInvalid(artifact, Base64.getUrlEncoder().encodeToString(bytes).replace('+', '-') + "-");
    assertInvalid(artifact, "");
    assertThat(echo("one-spelling", artifact).status()).isEqualTo(200);
  }

  private static void assertInvalid(ObjectNode artifact, String signature) {
    Reply reply = echo("one-spelling", artifact.deepCopy().put("signature", signature));
    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.detail()).startsWith("Invalid signature");
  }

  @Test
  void inDemoModeAnApprovalThatIsSentMustHoldButForItsSignature(@TempDir Path other) {
    try (TestService demo = new TestService.Setup(other).start()) {
      ObjectNode artifact = approval().put("signature", "unchecked");
      Requests to = demo.requests();
      assertThat(to.execute("echo", "{\"n\":2}", "d1", artifact).detail())
          .startsWith("Action hash mismatch");
      assertThat(to.execute("echo", "{\"n\":1}", "d1", artifact).status()).isEqualTo(200);
      assertThat(to.execute("echo", "{\"n\":1}", "d2", artifact).detail())
          .startsWith("Approval already used");
      ObjectNode expired =
          APPROVER.approve("echo", "{\"n\":1}", Instant.now().minusSeconds(600), 300);
      assertThat(to.execute("echo", "{\"n\":1}", "d3", expired).detail())
          .startsWith("Approval artifact expired");
    }
  }
}
