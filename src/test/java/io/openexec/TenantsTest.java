package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several tenants in one service: none learns of another, nor uses up what is another's. */
class TenantsTest {
  private static final TokenApprover ANNA = new TokenApprover("a-1", "anna", "tenant-a");
  private static final TokenApprover BERT = new TokenApprover("b-1", "bert", "tenant-b");
  private static final TokenApprover CLEO = new TokenApprover("c-1", "cleo", "tenant-c");

  @TempDir Path directory;
  private final Approver artifacts = new Approver();
  private TestService service;

  @BeforeEach
  void start() throws Exception {
    Files.writeString(
        directory.resolve("tenants.json"),
        "{\"tenant-a\":{\"allowed_actions\":[\"echo\",\"later\"]},\"tenant-b\":{},"
            + "\"tenant-001\":{\"allowed_actions\":[]}}");
    service =
        new TestService.Setup(directory)
            .clawshield(artifacts)
            .trusting(ANNA, BERT, CLEO)
            .with("OPENEXEC_ALLOWED_ACTIONS", "echo,add")
            .with("OPENEXEC_TENANTS", "tenants.json")
            .tracing("later", "")
            .start();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private Reply send(TokenApprover approver, String action, String payload, String nonce) {
    return service
        .requests()
        .executeByTokens(
            action, payload, nonce, TextNode.valueOf(approver.approve(action, payload)));
  }

  @Test
  void aNonceIsOneOfEachTenant() {
    Reply anna = send(ANNA, "echo", "{\"secret\":1}", "n");
    Reply bert = send(BERT, "echo", "{\"secret\":2}", "n");
    assertThat(anna.status()).isEqualTo(200);
    assertThat(bert.status()).as("no reuse of anybody's nonce").isEqualTo(200);
    assertThat(bert.replayed()).isFalse();
    assertThat(bert.id()).isNotEqualTo(anna.id());
    assertThat(send(BERT, "echo", "{\"secret\":1}", "n").code()).isEqualTo("nonce_reused");
    assertThat(send(ANNA, "echo", "{\"secret\":1}", "n").replayed()).isTrue();
  }

  @Test
  void anApprovalsIdIsOneOfEachTenant() {
    String jti = UUID.randomUUID().toString();
    for (TokenApprover approver : new TokenApprover[] {ANNA, BERT}) {
      ObjectNode claims = approver.claims("echo", "{}").put("jti", jti);
      TextNode token = TextNode.valueOf(approver.sign(claims));
      assertThat(service.requests().executeByTokens("echo", "{}", "x", token).status())
          .isEqualTo(200);
      assertThat(service.requests().executeByTokens("echo", "{}", "y", token).code())
          .isEqualTo("approval_used");
    }
  }

  @Test
  void eachTenantMayWhatItsOwnListAndThatOfAllHave() {
    assertThat(send(ANNA, "echo", "{}", "1").status()).isEqualTo(200);
    assertThat(send(BERT, "echo", "{}", "2").status()).isEqualTo(200);
    assertThat(send(BERT, "add", "{}", "3").status()).isEqualTo(200);
    Reply own = send(ANNA, "add", "{}", "4");
    Reply all = send(ANNA, "later", "{}", "5");
    Reply nobodys = send(ANNA, "nothing", "{}", "6");
    for (Reply refused : new Reply[] {own, all, nobodys}) {
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.code()).isEqualTo("action_not_allowed");
    }
    assertThat(own.detail())
        .as("whether others may have it does not show")
        .isEqualTo(nobodys.detail().replace("nothing", "add"))
        .isEqualTo(all.detail().replace("later", "add"));
  }

  @Test
  void aTenantThatIsNotListedMayNothing() {
    Reply reply = send(CLEO, "echo", "{}", "1");
    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.code()).isEqualTo("tenant_mismatch");
  }

  @Test
  void theTenantOfArtifactsHasAListAsWell() {
    Reply reply = service.requests().execute("echo", "{}", "1", artifacts.approve("echo", "{}"));
    assertThat(reply.code()).isEqualTo("action_not_allowed");
  }

  private TestService withTenants(String tenants, String allowed) throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    Files.writeString(other.resolve("tenants.json"), tenants);
    return new TestService.Setup(other)
        .trusting(ANNA, BERT)
        .with("OPENEXEC_ALLOWED_ACTIONS", allowed)
        .with("OPENEXEC_TENANTS", "tenants.json")
        .tracing("later", "")
        .tracing("nobodys", "")
        .start();
  }

  private static List<String> listed(TestService of) {
    return of.requests().get("/actions").json().findValuesAsText("name");
  }

  @Test
  void whatNoTenantMayIsNotListed() throws Exception {
    assertThat(listed(service)).as("tenant-b may what all may").containsExactly("add", "echo");
    try (TestService narrowed =
        withTenants(
            "{\"tenant-a\":{\"allowed_actions\":[\"echo\",\"add\"]},"
                + "\"tenant-b\":{\"allowed_actions\":[\"later\",\"gone\"]}}",
            "echo,later,nobodys")) {
      assertThat(listed(narrowed)).containsExactly("echo", "later");
      assertThat(narrowed.requests().get("/ready").status()).isEqualTo(200);
    }
  }

  @Test
  void itIsNotReadyIfNoTenantMayAnything() throws Exception {
    try (TestService nothing =
        withTenants("{\"tenant-a\":{\"allowed_actions\":[\"gone\",\"add\"]}}", "echo,gone")) {
      assertThat(listed(nothing)).isEmpty();
      Reply ready = nothing.requests().get("/ready");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.text()).contains("no registered action is allowed", "OPENEXEC_TENANTS");
    }
  }
}
