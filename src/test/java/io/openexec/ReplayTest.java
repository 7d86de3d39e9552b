package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A nonce that was used is answered from the record, and nothing else is. */
class ReplayTest {
  private static final String PAYLOAD = "{\"id\":7,\"secret\":\"hidden\"}";
  private final Approver approver = new Approver();
  @TempDir Path directory;

  private TestService.Setup setup() {
    return new TestService.Setup(directory)
        .clawshield(approver)
        .tracing("trace", "")
        .tracing(
            "broken",
            "?refuse=java.lang.IllegalStateException",
            "definiteErrors: {java.lang.IllegalStateException: out_of_stock}");
  }

  private static void assertSame(Reply replay, Reply first) {
    assertThat(replay.status()).as(replay.text()).isEqualTo(first.status());
    assertThat(replay.text()).isEqualTo(first.text());
    assertThat(replay.replayed()).isTrue();
    assertThat(first.replayed()).isFalse();
  }

  @Test
  void afterARestartAfterTheActionLeftTheAllowListAndAfterExpiry() {
    ObjectNode approval = approver.approve("trace", PAYLOAD);
    ObjectNode failing = approver.approve("broken", PAYLOAD);
    Reply first;
    Reply failed;
    TestService.Setup setup = setup();
    try (TestService service = setup.start()) {
      first = service.requests().execute("trace", PAYLOAD, "n", approval);
      assertThat(first.status()).isEqualTo(200);
      failed = service.requests().execute("broken", PAYLOAD, "f", failing);
      assertThat(failed.status()).isEqualTo(500);
      assertSame(service.requests().execute("trace", PAYLOAD, "n", approval), first);
    }
    try (TestService restarted = setup.start()) {
      assertSame(restarted.requests().execute("trace", PAYLOAD, "n", approval), first);
      assertSame(restarted.requests().execute("broken", PAYLOAD, "f", failing), failed);
    }
    setup.with("OPENEXEC_ALLOWED_ACTIONS", "echo");
    try (TestService restricted = setup.start()) {
      assertSame(restricted.requests().execute("trace", PAYLOAD, "n", approval), first);
      assertThat(
              restricted
                  .requests()
                  .execute("trace", PAYLOAD, "new", approver.approve("trace", PAYLOAD))
                  .detail())
          .startsWith("Action 'trace' is not in the execution allow-list");
    }
    setup.at(Clock.fixed(Instant.now().plusSeconds(86_400), ZoneOffset.UTC));
    try (TestService tomorrow = setup.start()) {
      assertSame(tomorrow.requests().execute("trace", PAYLOAD, "n", approval), first);
      assertSame(tomorrow.requests().execute("broken", PAYLOAD, "f", failing), failed);
    }
    setup.with("OPENEXEC_ROUTES", TestService.ROUTES.toString());
    try (TestService without = setup.start()) {
      assertSame(without.requests().execute("trace", PAYLOAD, "n", approval), first);
    }
    assertThat(setup.traced()).containsExactly("7");
  }

  @Test
  void withAnotherValidApprovalWhichStaysUnused() {
    try (TestService service = setup().start()) {
      Reply first =
          service.requests().execute("echo", PAYLOAD, "n", approver.approve("echo", PAYLOAD));
      ObjectNode other = approver.approve("echo", PAYLOAD);
      assertSame(service.requests().execute("echo", PAYLOAD, "n", other), first);
      Reply later = service.requests().execute("echo", PAYLOAD, "n2", other);
      assertThat(later.status()).isEqualTo(200);
      assertThat(later.replayed()).isFalse();
    }
  }

  @Test
  void aDifferentRequestUnderTheSameNonceLearnsNothing() {
    TestService.Setup setup = setup();
    try (TestService service = setup.start()) {
      Reply first =
          service.requests().execute("trace", PAYLOAD, "n", approver.approve("trace", PAYLOAD));
      for (Reply refused :
          List.of(
              service
                  .requests()
                  .execute("trace", "{\"id\":8}", "n", approver.approve("trace", "{\"id\":8}")),
              service.requests().execute("echo", PAYLOAD, "n", approver.approve("echo", PAYLOAD)),
              service.requests().execute("nope", PAYLOAD, "n", approver.approve("nope", PAYLOAD)),
              service
                  .requests()
                  .execute("add", "{\"a\":\"\"}", "n", approver.approve("add", "{\"a\":\"\"}")))) {
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.code()).isEqualTo("nonce_reused");
        assertThat(refused.replayed()).isFalse();
        assertThat(refused.text())
            .doesNotContain(first.id())
            .doesNotContain(first.receipt())
            .doesNotContain("hidden")
            .doesNotContain("trace");
      }
      assertThat(setup.traced()).hasSize(1);
    }
  }

  @Test
  void withoutAValidApprovalThereIsNoReplayEither() {
    try (TestService service = setup().start()) {
      ObjectNode approval = approver.approve("echo", PAYLOAD);
      assertThat(service.requests().execute("echo", PAYLOAD, "n", approval).status())
          .isEqualTo(200);
      assertThat(service.requests().execute("echo", PAYLOAD, "n").status()).isEqualTo(403);
      Reply forged =
          service.requests().execute("echo", PAYLOAD, "n", new Approver().approve("echo", PAYLOAD));
      assertThat(forged.status()).isEqualTo(403);
      assertThat(forged.text()).doesNotContain("hidden");
    }
  }

  @Test
  void aRefusedRequestUsesUpNeitherItsNonceNorItsApproval() throws Exception {
    TestService.Setup setup = setup().with("OPENEXEC_ALLOWED_ACTIONS", "echo,trace");
    ObjectNode used = approver.approve("trace", PAYLOAD);
    ObjectNode approval = approver.approve("trace", PAYLOAD);
    ObjectNode adding = approver.approve("add", "{}");
    ObjectNode future = approver.approve("trace", PAYLOAD, Instant.now().plusSeconds(3_600), 300);
    try (TestService service = setup.start()) {
      var to = service.requests();
      assertThat(to.execute("trace", PAYLOAD, "first", used).status()).isEqualTo(200);
      // Each of these is refused for a reason of its own, under nonce n.
      assertThat(to.execute("trace", PAYLOAD, "n").code()).isEqualTo("approval_missing");
      assertThat(to.execute("trace", PAYLOAD, "n", used).code()).isEqualTo("approval_used");
      assertThat(to.execute("trace", "{}", "n", approval).code()).isEqualTo("action_hash_mismatch");
      assertThat(to.execute("trace", PAYLOAD, "n", future).code())
          .isEqualTo("approval_not_yet_valid");
      assertThat(to.execute("add", "{}", "n", adding).code()).isEqualTo("action_not_allowed");
      ObjectNode unknown = approver.approve("nope", PAYLOAD);
      assertThat(to.execute("nope", PAYLOAD, "n", unknown).code()).isEqualTo("action_not_allowed");
      String huge = "{\"id\":\"" + "x".repeat(2 << 20) + "\"}";
      assertThat(to.execute("trace", huge, "n", approval).status()).isEqualTo(413);
      assertThat(
              to.send(
                      to.to("/execute")
                          .POST(
                              java.net.http.HttpRequest.BodyPublishers.ofString(
                                  io.openexec.testing.Requests.body(
                                      "trace", PAYLOAD, "n", approval)))
                          .build())
                  .status())
          .isEqualTo(415);
      assertThat(to.execute("trace", PAYLOAD, "first", approval).replayed()).isTrue();
      assertThat(to.execute("echo", PAYLOAD, "first", approver.approve("echo", PAYLOAD)).code())
          .isEqualTo("nonce_reused");
      assertThat(to.execute("trace", PAYLOAD, "n", approval).status()).isEqualTo(200);
    }
    assertThat(setup.traced()).hasSize(2);
    setup.without("OPENEXEC_ALLOWED_ACTIONS");
    setup.with("OPENEXEC_ROUTES", TestService.ROUTES.toString());
    ObjectNode misfit = approver.approve("add", "{\"a\":\"\"}");
    ObjectNode stranger = approver.approve("trace", PAYLOAD);
    try (TestService without = setup.start()) {
      var to = without.requests();
      assertThat(to.execute("add", "{\"a\":\"\"}", "n4", misfit).code())
          .isEqualTo("payload_refused");
      assertThat(to.execute("trace", PAYLOAD, "n4", stranger).code()).isEqualTo("unknown_action");
    }
    setup.with("OPENEXEC_ROUTES", setup.ownRoutes().toString());
    try (TestService with = setup.start()) {
      assertThat(with.requests().execute("trace", PAYLOAD, "n4", stranger).status()).isEqualTo(200);
    }
    setup.at(Clock.offset(Clock.systemUTC(), java.time.Duration.ofHours(1)));
    try (TestService later = setup.start()) {
      assertThat(later.requests().execute("trace", PAYLOAD, "n3", future).status()).isEqualTo(200);
    }
    Files.delete(setup.trace());
  }
}
