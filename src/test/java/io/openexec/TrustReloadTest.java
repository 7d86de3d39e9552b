package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.openexec.boundary.Refusal;
import io.openexec.signature.VerificationKey;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is trusted changes while the service runs. */
class TrustReloadTest {
  // And another one, in which a machine may stall.
  private static final long A_SECOND = 2_000;
  private static final String NOTHING_REVOKED = "{\"revoked\":[]}";
  private static final TokenApprover ALICE = new TokenApprover("alice-1", "alice", "tenant-001");
  private static final TokenApprover BOB = new TokenApprover("bob-1", "bob", "tenant-001");

  @TempDir Path directory;
  private final Approver artifacts = new Approver();
  private TestService.Setup setup;
  private TestService service;

  @BeforeEach
  void start() {
    setup = new TestService.Setup(directory).clawshield(artifacts).trusting(ALICE);
    service = setup.start();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private Reply send(String nonce, String token) {
    return service.requests().executeByTokens("echo", "{}", nonce, TextNode.valueOf(token));
  }

  private Reply fresh(TokenApprover approver) {
    return send(UUID.randomUUID().toString(), approver.approve("echo", "{}"));
  }

  private Reply artifact(ObjectNode artifact) {
    return service.requests().execute("echo", "{}", UUID.randomUUID().toString(), artifact);
  }

  private int ready() {
    return service.requests().get("/ready").status();
  }

  private static String trust(TokenApprover... approvers) {
    return TokenApprover.jwks(approvers).toString();
  }

  @Test
  void aKeyThatIsAddedVerifiesWithinASecondAndARemovedOneNothingAnyMore() {
    String token = ALICE.approve("echo", "{}");
    assertThat(send("n", token).status()).isEqualTo(200);
    assertThat(fresh(BOB).code()).isEqualTo("key_unknown");
    setup.writeTrust(trust(BOB));
    Eventually.within(A_SECOND, () -> fresh(BOB).status() == 200);
    assertThat(fresh(ALICE).code()).isEqualTo("key_unknown");
    assertThat(send("n", token).code()).as("a replay").isEqualTo("key_unknown");
    assertThat(send("n", BOB.approve("echo", "{}")).replayed()).isTrue();
  }

  @Test
  void aRevokedKeyVerifiesNothingAnyMoreReplaysIncluded() {
    String token = ALICE.approve("echo", "{}");
    assertThat(send("n", token).status()).isEqualTo(200);
    setup.writeTrust(TokenApprover.jwks(ALICE.jwk().put("revoked", true)).toString());
    Eventually.within(A_SECOND, () -> send("n", token).code().equals("key_revoked"));
    setup.writeTrust(trust(ALICE));
    Eventually.within(A_SECOND, () -> send("n", token).replayed());
    setup.writeRevocations("{\"revoked\":[\"alice-1\"]}");
    Eventually.within(A_SECOND, () -> send("n", token).code().equals("key_revoked"));
  }

  @Test
  void aKeyInPemIsRevokedByItsThumbprint() throws Exception {
    assertThat(artifact(artifacts.approve("echo", "{}")).status()).isEqualTo(200);
    byte[] spki =
        Base64.getMimeDecoder().decode(artifacts.pem().replaceAll("-----[A-Z ]+-----", ""));
    String thumbprint = VerificationKey.ofSpki(spki).thumbprint();
    setup.writeRevocations("{\"revoked\":[\"" + thumbprint + "\"]}");
    Eventually.within(
        A_SECOND,
        () -> artifact(artifacts.approve("echo", "{}")).code().equals("signature_invalid"));
  }

  @Test
  void aRevokedApprovalOfEitherKindBecomesNoNewExecution() {
    ObjectNode claims = ALICE.claims("echo", "{}");
    String token = ALICE.sign(claims);
    String done = ALICE.approve("echo", "{}");
    ObjectNode artifact = artifacts.approve("echo", "{}");
    assertThat(send("n", token).status()).isEqualTo(200);
    setup.writeRevocations(
        "{\"revoked\":[" + claims.get("jti") + "," + artifact.get("approval_id") + "]}");
    Eventually.within(A_SECOND, () -> send("m", token).code().equals("approval_revoked"));
    assertThat(artifact(artifact).code()).isEqualTo("approval_revoked");
    assertThat(send("n", token).replayed()).as("what was executed is answered still").isTrue();
    assertThat(send("m", done).status()).isEqualTo(200);
    setup.writeRevocations(NOTHING_REVOKED);
    Eventually.within(A_SECOND, () -> artifact(artifact).status() == 200);
  }

  @Test
  void anEditInPlaceOfTheSameLengthAtTheSameTimeIsSeen() throws Exception {
    Path file = directory.resolve("trust.json");
    FileTime time = Files.getLastModifiedTime(file);
    String content = Files.readString(file);
    Files.writeString(file, content.replace("\"alice-1\"", "\"alice-2\""));
    Files.setLastModifiedTime(file, time);
    Eventually.within(A_SECOND, () -> fresh(ALICE).code().equals("key_unknown"));
    assertThat(fresh(ALICE.as("alice-2", "alice", "tenant-001")).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "missing",
        "folder",
        "huge",
        "",
        "{",
        "[]",
        "{\"keys\":{}}",
        "{\"keys\":[1]}",
        "{\"keys\":[],\"keys\":[]}"
      })
  void withAnUnusableTrustFileNoTokenIsTakenAndTheServiceIsNotReady(String content)
      throws Exception {
    String token = ALICE.approve("echo", "{}");
    assertThat(send("n", token).status()).isEqualTo(200);
    spoil("trust.json", content);
    Eventually.within(A_SECOND, () -> send("n", token).status() == 503);
    assertThat(send("n", token).code()).isEqualTo("trust_unavailable");
    assertThat(fresh(ALICE).status()).isEqualTo(503);
    Reply ready = service.requests().get("/ready");
    assertThat(ready.status()).isEqualTo(503);
    assertThat(ready.detail()).contains("OPENEXEC_TRUST cannot be ").doesNotContain("tmp");
    assertThat(artifact(artifacts.approve("echo", "{}")).status())
        .as("an artifact needs none of it")
        .isEqualTo(200);

    restore("trust.json", trust(ALICE));
    Eventually.within(A_SECOND, () -> send("n", token).replayed());
    Eventually.within(A_SECOND, () -> ready() == 200);
    assertThat(fresh(ALICE).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"missing", "folder", "{}", "{\"revoked\":[1]}", "{\"revoked\":[],\"x\":1}"})
  void withAnUnusableRevocationListNoApprovalIsTaken(String content) throws Exception {
    String token = ALICE.approve("echo", "{}");
    ObjectNode artifact = artifacts.approve("echo", "{}");
    assertThat(send("n", token).status()).isEqualTo(200);
    spoil("revocations.json", content);
    Eventually.within(A_SECOND, () -> send("n", token).status() == 503);
    assertThat(artifact(artifact).code()).isEqualTo("trust_unavailable");
    assertThat(service.requests().get("/ready").detail()).contains("OPENEXEC_REVOCATIONS cannot");

    restore("revocations.json", NOTHING_REVOKED);
    Eventually.within(A_SECOND, () -> send("n", token).replayed());
    assertThat(artifact(artifact).status()).as("nothing was used up").isEqualTo(200);
    assertThat(ready()).isEqualTo(200);
  }

  private void spoil(String name, String content) throws Exception {
    Path file = directory.resolve(name);
    switch (content) {
      case "missing" -> Files.delete(file);
      case "folder" -> {
        Files.delete(file);
        Files.createDirectory(file);
      }
      case "huge" -> Files.writeString(file, " ".repeat(WatchedFile.MAX_LENGTH + 1));
      default -> Files.writeString(file, content);
    }
  }

  private void restore(String name, String content) throws Exception {
    Path file = directory.resolve(name);
    if (Files.isDirectory(file)) {
      Files.delete(file);
    }
    Files.writeString(file, content);
  }

  @Test
  void whatNobodyHasLookedAtForASecondCountsAsUnreadable() throws Exception {
    AtomicLong nanos = new AtomicLong();
    Path file = Files.writeString(directory.resolve("file"), "1");
    WatchedFile<String> watched =
        new WatchedFile<>(
            "VARIABLE", file, bytes -> new String(bytes, StandardCharsets.UTF_8), nanos::get);
    nanos.addAndGet(1_000_000_000L);
    assertThat(watched.get()).isEqualTo("1");
    nanos.incrementAndGet();
    assertThatThrownBy(watched::get).isInstanceOf(Refusal.class);
    assertThat(watched.problem()).isPresent();
    watched.look();
    assertThat(watched.get()).isEqualTo("1");
    assertThat(watched.problem()).isEmpty();
  }

  @Test
  void whileALookTakesLongTheOldContentCountsForNoMoreThanASecond() throws Exception {
    AtomicLong nanos = new AtomicLong();
    Path file = Files.writeString(directory.resolve("file"), "1");
    List<WatchedFile<String>> looking = new ArrayList<>();
    List<String> seen = new ArrayList<>();
    WatchedFile<String> watched =
        new WatchedFile<>(
            "VARIABLE",
            file,
            bytes -> {
              for (WatchedFile<String> itself : looking) {
                nanos.addAndGet(1_000_000_000L);
                seen.add(itself.get());
                nanos.incrementAndGet();
                assertThatThrownBy(itself::get).isInstanceOf(Refusal.class);
              }
              return new String(bytes, StandardCharsets.UTF_8);
            },
            nanos::get);
    looking.add(watched);
    Files.writeString(file, "2");
    watched.look();
    assertThat(seen).containsExactly("1");
    assertThatThrownBy(watched::get)
        .as("the look itself is too long ago")
        .isInstanceOf(Refusal.class);
    watched.look();
    assertThat(watched.get()).isEqualTo("2");
  }
}
