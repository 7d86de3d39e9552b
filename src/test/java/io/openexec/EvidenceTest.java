package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.ledger.Hashing;
import io.openexec.ledger.InclusionProof;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.signature.KeyFile;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Opened;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the service hands out as evidence, checked by what did not make it. */
class EvidenceTest {
  private static final String UUID_7 = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-.*";

  @TempDir Path directory;
  private final Approver approver = new Approver();

  private static String jwks(TestService service) {
    return service.requests().get("/.well-known/jwks.json").text();
  }

  private static JsonNode receipt(TestService service, String id) {
    Reply reply = service.requests().get("/receipts/" + id);
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    return reply.json();
  }

  /** Waits for a proof, and verifies it. */
  private static JsonNode proven(TestService service, String id) throws Exception {
    long begin = System.nanoTime();
    JsonNode receipt = receipt(service, id);
    while (receipt.path("inclusion").isNull()) {
      assertThat(System.nanoTime() - begin)
          .as("a receipt is in a published checkpoint soon")
          .isLessThan(TimeUnit.SECONDS.toNanos(10));
      receipt = receipt(service, id);
    }
    JsonNode inclusion = receipt.path("inclusion");
    String key = service.requests().get("/ledger/key").text().strip();
    VerifiedCheckpoint checkpoint =
        VerifiedCheckpoint.open(
            inclusion.path("checkpoint").asText().getBytes(StandardCharsets.UTF_8),
            VerifierKey.parse(key),
            List.of());
    List<NodeHash> hashes = new ArrayList<>();
    inclusion.path("hashes").forEach(hash -> hashes.add(NodeHash.parseBase64(hash.asText())));
    assertThat(inclusion.path("tree_size").asLong()).isEqualTo(checkpoint.head().size());
    new InclusionProof(inclusion.path("index").asLong(), checkpoint.head().size(), hashes)
        .verify(
            Hashing.leaf(receipt.path("evidence").asText().getBytes(StandardCharsets.US_ASCII)),
            checkpoint.head().root());
    return receipt;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/receipts/../health",
        "/ledger/..",
        "/ledger/.",
        "/ledger/../execute",
        "/receipts/%2e%2e/health",
        "/ledger//key",
        "/ledger/./key",
        "/ledger/k%65y",
        "/receipts/"
      })
  void belowAPathThereIsNothingElse(String path) throws Exception {
    try (TestService service = new TestService.Setup(directory).start();
        Socket client = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      client
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(client.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 404");
    }
  }

  @Test
  void aLedgerThatWasRewrittenUnderItIsNotPublishedAndHealthSaysSo() throws Exception {
    TestService.Setup setup = new TestService.Setup(directory);
    try (TestService service = setup.start()) {
      proven(service, service.requests().execute("echo", "{}", "n").json().path("id").asText());
      assertThat(service.requests().get("/health").json().has("ledger")).isFalse();
      StoreRows.execute(setup.database(), "UPDATE ledger SET root = '" + "A".repeat(43) + "='");
      StoreRows.execute(setup.database(), "DELETE FROM checkpoints");
      Eventually.within(
          10_000,
          () -> service.requests().get("/health").json().path("ledger").asText().equals("stuck"));
      assertThat(StoreRows.of(setup.database(), "SELECT * FROM checkpoints")).isEmpty();
      assertThat(service.requests().execute("echo", "{}", "m").status())
          .as("what was approved is executed all the same")
          .isEqualTo(200);
    }
  }

  @Test
  void aLedgerThatIsHeldUpByACheckpointOfMoreThanThereIsSaysSo() throws Exception {
    TestService.Setup setup = new TestService.Setup(directory);
    try (TestService service = setup.start()) {
      proven(service, service.requests().execute("echo", "{}", "n").json().path("id").asText());
      StoreRows.execute(
          setup.database(), "INSERT INTO checkpoints SELECT 500, note, 0 FROM checkpoints LIMIT 1");
      Eventually.within(
          10_000,
          () -> service.requests().get("/health").json().path("ledger").asText().equals("stuck"));
      assertThat(service.requests().get("/metrics").text()).contains("\nopenexec_ledger_stuck 1");
    }
  }

  @Test
  void aSuccessHasAReceiptThatSaysWhatWasAskedApprovedAndDone() throws Exception {
    try (TestService service = new TestService.Setup(directory).clawshield(approver).start()) {
      var artifact = approver.approve("add", "{\"a\":1.5,\"b\":2.5}");
      String body = Requests.body("add", "{\"a\":1.5,\"b\":2.5}", "n-1", artifact);
      Reply reply = service.requests().execute(body);
      Opened opened = Opened.of(reply, jwks(service));
      assertThat(opened.status()).isEqualTo("succeeded");
      assertThat(opened.clear().fieldNames())
          .toIterable()
          .containsExactlyInAnyOrder(
              "iss", "jti", "iat", "status", "ver", "registry", "_sd_alg", "_sd");
      assertThat(opened.jti()).matches(UUID_7);
      assertThat(opened.claim("exec_id")).isEqualTo(reply.id());
      assertThat(opened.claim("tenant_id")).isEqualTo(Approver.TENANT);
      assertThat(opened.claim("action")).isEqualTo("add");
      assertThat(opened.claim("nonce")).isEqualTo("n-1");
      assertThat(opened.opened().path("payload")).hasToString("{\"a\":1.5,\"b\":2.5}");
      assertThat(opened.opened().path("result")).hasToString("{\"sum\":4.0}");
      assertThat(opened.opened().path("approvals")).containsExactly(artifact);
      assertThat(opened.claim("admitted_at"))
          .endsWith("Z")
          .isLessThanOrEqualTo(opened.claim("ended_at"));
      Reply replay = service.requests().execute(body);
      assertThat(replay.replayed()).isTrue();
      assertThat(replay.text()).isEqualTo(reply.text());

      for (String id : List.of(reply.id(), opened.jti())) {
        JsonNode receipt = proven(service, id);
        assertThat(receipt.path("id").asText()).isEqualTo(id);
        assertThat(receipt.path("evidence")).isEqualTo(reply.json().path("evidence"));
        assertThat(receipt.path("history")).isEmpty();
        assertThat(receipt.fieldNames())
            .toIterable()
            .containsExactly("id", "evidence", "inclusion", "history");
      }
    }
  }

  @Test
  void aReceiptIsInAPublishedCheckpointWithinASecond() throws Exception {
    try (TestService service = new TestService.Setup(directory).start()) {
      List<Long> nanos = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        String id = service.requests().execute("echo", "{}", "n" + i).id();
        long begin = System.nanoTime();
        proven(service, id);
        nanos.add(System.nanoTime() - begin);
      }
      // The middle one: a machine may stall now and then, whatever runs on it.
      assertThat(nanos.stream().sorted().toList().get(4)).isLessThan(TimeUnit.SECONDS.toNanos(1));
    }
  }

  @Test
  void failedAndUnknownOutcomesHaveReceiptsToo() {
    try (TestService service =
        new TestService.Setup(directory)
            .tracing(
                "fail",
                "?refuse=java.io.FileNotFoundException",
                "definiteErrors: {java.io.FileNotFoundException: no_io}")
            .tracing("lose", "?raise=java.io.IOException")
            .start()) {
      Reply failed = service.requests().execute("fail", "{\"id\":1}", "f");
      assertThat(failed.status()).as(failed.text()).isEqualTo(500);
      Opened receipt = Opened.of(failed, jwks(service));
      assertThat(receipt.status()).isEqualTo("failed");
      assertThat(receipt.clear().path("reason").asText()).isEqualTo("no_io");
      assertThat(receipt.opened().has("result")).isFalse();
      Reply unknown = service.requests().execute("lose", "{\"id\":1}", "u");
      assertThat(unknown.status()).isEqualTo(409);
      assertThat(Opened.of(unknown, jwks(service)).status()).isEqualTo("unknown");
    }
  }

  @Test
  void whatIsSettledHasAnotherReceiptAndTheFirstStays() throws Exception {
    TestService.Setup setup =
        new TestService.Setup(directory).tracing("lose", "?raise=java.io.IOException");
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      Reply unknown = requests.execute("lose", "{\"id\":1}", "u");
      Opened first = Opened.of(unknown, jwks(service));
      Terminal operator = new Terminal(directory, setup.environment());
      assertThat(
              operator.run(
                  "settle", unknown.id(), "--succeeded", "{\"paid\": true}", "--reason", "seen"))
          .as(operator.err())
          .isZero();
      Reply settled = requests.execute("lose", "{\"id\":1}", "u");
      assertThat(settled.status()).isEqualTo(200);
      Opened second = Opened.of(settled, jwks(service));
      assertThat(second.status()).isEqualTo("succeeded");
      assertThat(second.clear().path("reason").asText()).isEqualTo("seen");
      assertThat(second.clear().path("prev").asText()).isEqualTo(first.jti());
      assertThat(second.opened().path("result")).hasToString("{\"paid\":true}");
      assertThat(second.claim("admitted_at")).isEqualTo(first.claim("admitted_at"));
      JsonNode receipt = proven(service, unknown.id());
      assertThat(receipt.path("evidence")).isEqualTo(settled.json().path("evidence"));
      assertThat(receipt.path("history")).containsExactly(unknown.json().path("evidence"));
      assertThat(proven(service, first.jti()).path("evidence"))
          .as("the earlier one is where it was")
          .isEqualTo(unknown.json().path("evidence"));
    }
  }

  @Test
  void aDenialHasAnIdOfItsOwnAndAReceipt() throws Exception {
    try (TestService service =
        new TestService.Setup(directory)
            .clawshield(approver)
            .with("OPENEXEC_ALLOWED_ACTIONS", "echo")
            .start()) {
      Requests requests = service.requests();
      var artifact = approver.approve("echo", "{}");
      assertThat(requests.execute("echo", "{}", "n", artifact).status()).isEqualTo(200);
      List<Reply> verified =
          List.of(
              requests.execute("add", "{}", "m", approver.approve("add", "{}")),
              requests.execute("echo", "{\"x\":1}", "n", approver.approve("echo", "{\"x\":1}")),
              requests.execute("echo", "{}", "other", artifact));
      assertThat(verified).extracting(Reply::status).containsExactly(403, 422, 403);
      for (Reply denial : verified) {
        Opened receipt = Opened.of(denial, jwks(service));
        assertThat(receipt.status()).isEqualTo("denied");
        assertThat(receipt.clear().path("reason").asText()).isEqualTo(denial.code());
        assertThat(denial.id()).matches(UUID_7).isEqualTo(receipt.jti());
        assertThat(receipt.claim("tenant_id")).isEqualTo(Approver.TENANT);
        assertThat(receipt.opened().path("approvals")).hasSize(1);
        assertThat(proven(service, denial.id()).path("evidence"))
            .isEqualTo(denial.json().path("evidence"));
      }
      List<Reply> unverified =
          List.of(
              requests.execute("echo", "{}", "forged", new Approver().approve("echo", "{}")),
              requests.execute("echo", "{}", "none", null));
      assertThat(unverified).extracting(Reply::status).containsOnly(403);
      for (Reply denial : unverified) {
        Opened receipt = Opened.of(denial, jwks(service));
        assertThat(receipt.status()).isEqualTo("denied");
        assertThat(receipt.opened().has("tenant_id")).as("names no tenant").isFalse();
        assertThat(receipt.opened().has("approvals")).as("and no approval").isFalse();
        assertThat(receipt.claim("action")).isEqualTo("echo");
        proven(service, denial.id());
      }
      Reply unreadable = requests.execute("{\"action\":7}");
      assertThat(unreadable.status()).isEqualTo(422);
      assertThat(unreadable.json().has("evidence")).as("refused in step 1").isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/receipts/",
        "/receipts/x",
        "/receipts/5CA09451-DB84-8915-BC5D-3BC6DF465EFF",
        "/receipts/5ca09451-db84-8915-bc5d-3bc6df465eff",
        "/receipts/%35ca09451-db84-8915-bc5d-3bc6df465eff",
        "/receipts/5ca09451-db84-8915-bc5d-3bc6df465eff/x",
        "/receipts",
        "/receiptsx",
        "/ledger",
        "/ledger/",
        "/ledger/tile/0/000",
        "/ledger/tile/0/000.p/255",
        "/ledger/tile/0/000.p/0",
        "/ledger/tile/8/000",
        "/ledger/tile/entries/001.p/1",
        "/ledger/tile/0/../checkpoint",
        "/ledger/tile/0/%30%30%30.p/1",
        "/.well-known/",
        "/.well-known/jwks.json/"
      })
  void whatIsNotThereIsNotFound(String path) {
    try (TestService service = new TestService.Setup(directory).start()) {
      Reply reply = service.requests().get(path);
      assertThat(reply.status()).isEqualTo(404);
      assertThat(reply.header("Content-Type")).contains("application/problem+json");
      assertThat(reply.json().has("evidence")).isFalse();
      assertThat(service.requests().get("/receipts/verify").status()).isEqualTo(405);
      assertThat(service.requests().post("/ledger/checkpoint", "{}").status()).isEqualTo(405);
    }
  }

  @Test
  void receiptsOfAnEarlierKeyAreVerifiedByTheKeySetAndLaterOnesByTheNew() throws Exception {
    TestService.Setup setup = new TestService.Setup(directory);
    Reply first;
    try (TestService service = setup.start()) {
      first = service.requests().execute("echo", "{\"n\":1}", "n1");
    }
    Path next = directory.resolve("next.pem");
    KeyFile.make(next);
    try (TestService service = setup.with("OPENEXEC_RECEIPT_KEY", next.toString()).start()) {
      Reply second = service.requests().execute("echo", "{\"n\":2}", "n2");
      String jwks = jwks(service);
      assertThat(service.requests().get("/.well-known/jwks.json").json().path("keys")).hasSize(2);
      Opened.of(first, jwks);
      Opened.of(second, jwks);
      assertThat(service.requests().execute("echo", "{\"n\":1}", "n1").text())
          .as("a replay answers the receipt of then")
          .isEqualTo(first.text());
      proven(service, first.id());
      proven(service, second.id());
      assertThat(service.requests().get("/.well-known/jwks.json").json().at("/keys/0/kid").asText())
          .as("the current one comes first")
          .isEqualTo(KeyFile.read(next).verificationKey().thumbprint());
    }
  }

  @Test
  void theLedgerKeepsItsKeyAndItsNameForEver() throws Exception {
    TestService.Setup setup = new TestService.Setup(directory);
    setup.start().close();
    Path other = directory.resolve("other.pem");
    KeyFile.make(other);
    assertThatThrownBy(() -> setup.with("OPENEXEC_LEDGER_KEY", other.toString()).start())
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("OPENEXEC_LEDGER_KEY")
        .hasMessageContaining("another key");
    assertThatThrownBy(
            () ->
                setup
                    .without("OPENEXEC_LEDGER_KEY")
                    .with("OPENEXEC_ORIGIN", "example.com/elsewhere")
                    .start())
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("OPENEXEC_ORIGIN");
    setup.without("OPENEXEC_ORIGIN").start().close();
  }

  @Test
  void keysThatAreGoneSharedOrOpenToOthersRefuseTheStart() throws Exception {
    TestService.Setup setup = new TestService.Setup(directory);
    setup.start().close();
    Path receiptKey = Path.of(setup.database() + ".receipt-key.pem");
    Path ledgerKey = Path.of(setup.database() + ".ledger-key.pem");
    for (Path key : List.of(receiptKey, ledgerKey)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
          .isEqualTo("rw-------");
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
      assertThatThrownBy(setup::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("chmod 600");
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
      Path away = Files.move(key, directory.resolve("away"));
      assertThatThrownBy(setup::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("is gone");
      assertThat(key).as("no other is made in its place").doesNotExist();
      Files.move(away, key);
    }
    assertThatThrownBy(() -> setup.with("OPENEXEC_RECEIPT_KEY", ledgerKey.toString()).start())
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("the same key");
    setup.without("OPENEXEC_RECEIPT_KEY").start().close();
  }

  @Test
  void aReceiptAndItsOutcomeAreWrittenBothOrNeither() {
    TestService.Setup setup = new TestService.Setup(directory);
    try (TestService service = setup.start()) {
      assertThat(service.requests().execute("echo", "{}", "before").status()).isEqualTo(200);
      StoreRows.execute(
          setup.database(),
          "CREATE TRIGGER refuse BEFORE INSERT ON receipts BEGIN SELECT RAISE(ABORT, 'no'); END");
      Reply refused = service.requests().execute("echo", "{}", "during");
      assertThat(refused.status()).isEqualTo(503);
      Reply denied = service.requests().execute("nothing", "{}", "denied");
      assertThat(denied.status()).isEqualTo(400);
      assertThat(denied.json().path("evidence").isNull()).isTrue();
      StoreRows.execute(setup.database(), "DROP TRIGGER refuse");
      assertThat(service.requests().execute("echo", "{}", "during").status()).isEqualTo(200);
    }
    assertThat(
            StoreRows.of(
                setup.database(),
                "SELECT COUNT(*) FROM executions LEFT JOIN receipts"
                    + " ON jti = receipt_id AND execution_id = id WHERE jti IS NULL"))
        .containsExactly("0");
  }
}
