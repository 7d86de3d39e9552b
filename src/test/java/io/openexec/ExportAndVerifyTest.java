package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.ledger.Cosigner;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.SignedNote;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.OpenedReceipt;
import io.openexec.signature.SigningKey;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the operator exports, a stranger verifies; and finds what was changed in it. */
class ExportAndVerifyTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private Terminal terminal;
  private TestService service;
  private String jwks;
  private String ledgerKey;

  private TestService.Setup setup() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .clawshield(approver)
            .tracing("raise", "?raise=java.io.IOException");
    terminal = new Terminal(directory, setup.environment());
    return setup;
  }

  /** Keeps the keys, as somebody does who trusts this service now. */
  private void keepKeys() throws Exception {
    jwks = write("jwks.json", service.requests().get("/.well-known/jwks.json").text());
    ledgerKey = write("ledger.vkey", service.requests().get("/ledger/key").text());
  }

  private String write(String name, String content) {
    try {
      return Files.writeString(directory.resolve(name), content).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Reply execute(String action, String payload, String nonce) {
    return service.requests().execute(action, payload, nonce, approver.approve(action, payload));
  }

  /** What is published is exported with its proof. */
  private ObjectNode exported(String id) throws Exception {
    long end = System.nanoTime() + 20_000_000_000L;
    while (System.nanoTime() < end) {
      assertThat(terminal.run("export", id)).as(terminal.err()).isZero();
      assertThat(terminal.out().strip()).isPrintable().isASCII();
      JsonNode export = JSON.readTree(terminal.out());
      if (!export.path("inclusion").isNull()) {
        return (ObjectNode) export;
      }
      Thread.sleep(20);
    }
    throw new AssertionError("it is not in a published checkpoint");
  }

  private int verify(String content, String... more) {
    List<String> args = new ArrayList<>(List.of("verify", write("evidence", content)));
    args.addAll(List.of(more));
    return terminal.run(args.toArray(String[]::new));
  }

  private int verifyAll(String content) {
    return verify(content, "--jwks", jwks, "--ledger-key", ledgerKey);
  }

  @Test
  void whatIsExportedIsAllThereIsAndHolds() throws Exception {
    try (TestService running = setup().start()) {
      service = running;
      keepKeys();
      String payload = "{\"to\":\"caf\u00e9\",\"amount\":12.50,\"n\":123456789012345678901}";
      Reply reply = execute("echo", payload, "n1");
      JsonNode export = exported(reply.id());

      assertThat(export.fieldNames())
          .toIterable()
          .containsExactly(
              "openexec_export",
              "id",
              "request",
              "approvals",
              "state",
              "reason",
              "result",
              "receipt",
              "evidence",
              "disclosures",
              "inclusion",
              "history",
              "keys",
              "ledger_key");
      assertThat(export.path("request").path("tenant_id").asText()).isEqualTo(Approver.TENANT);
      assertThat(export.path("request").path("payload").path("to").asText()).isEqualTo("caf\u00e9");
      assertThat(export.path("approvals").path(0).path("tenant_id").asText())
          .isEqualTo(Approver.TENANT);
      assertThat(export.path("result")).isEqualTo(reply.json().path("result"));
      assertThat(export.path("evidence")).isEqualTo(reply.json().path("evidence"));

      assertThat(verifyAll(export.toString())).as(terminal.out()).isZero();
      assertThat(terminal.out())
          .contains("signed by the trusted key", "leaf ", "It holds")
          .contains("the approvals' own signatures")
          .doesNotContain("DOES NOT HOLD");
      assertThat(verify(export.toString(), "--jwks", jwks)).isZero();
      assertThat(terminal.out())
          .contains("not verified   receipt: that it is in the ledger, since no --ledger-key");
      assertThat(verify(export.toString(), "--ledger-key", ledgerKey)).isZero();
      assertThat(terminal.out()).contains("not verified   receipt: who signed it");
      assertThat(verify(export.toString())).as("keys in the file prove nothing").isEqualTo(1);
      assertThat(terminal.out()).contains("Nothing shows who made it").doesNotContain("It holds");

      assertThat(verify(export.toString(), "--jwks", jwks, "--json")).isZero();
      JsonNode json = JSON.readTree(terminal.out());
      assertThat(json.path("holds").asBoolean()).isTrue();
      assertThat(json.path("receipt").path("disclosed").path("nonce").asText()).isEqualTo("n1");
      assertThat(verify(export.toString(), "--json")).isEqualTo(1);
      assertThat(JSON.readTree(terminal.out()).has("receipt")).isFalse();
    }
  }

  @Test
  void everyFormOfAReceiptIsVerified() throws Exception {
    try (TestService running = setup().start()) {
      service = running;
      keepKeys();
      Reply reply = execute("echo", "{\"a\":1}", "n1");
      exported(reply.id());
      String jwt = reply.json().path("evidence").asText();
      List<String> disclosures = new ArrayList<>();
      reply.json().path("disclosures").forEach(text -> disclosures.add(text.asText()));

      assertThat(verify(reply.text(), "--jwks", jwks)).as(terminal.out()).isZero();
      assertThat(verify(jwt + "\n", "--jwks", jwks)).as(terminal.out()).isZero();
      assertThat(terminal.out()).contains(disclosures.size() + " claims that it has are not");
      assertThat(verify(jwt + "~" + disclosures.get(3) + "~", "--jwks", jwks)).isZero();
      assertThat(terminal.out()).contains("1 disclosures open");
      String page = service.requests().get("/receipts/" + reply.id()).text();
      assertThat(verifyAll(page)).as(terminal.out()).isZero();
      assertThat(verifyAll(jwt)).as("no proof comes with it").isEqualTo(1);

      assertThat(verify(reply.text().replace("\"a\": 1", "\"a\": 2"), "--jwks", jwks)).isEqualTo(1);
      assertThat(terminal.out()).contains("its result is not what the receipt has");
      assertThat(verify(jwt + "~" + disclosures.get(0) + "~" + disclosures.get(0) + "~"))
          .isEqualTo(1);

      for (String other : List.of("raise", "no_such_action")) {
        Reply problem = execute(other, "{}", "n2");
        assertThat(problem.status()).isNotEqualTo(200);
        assertThat(verify(problem.text(), "--jwks", jwks)).as(terminal.out()).isZero();
        assertThat(verifyAll(exported(problem.id()).toString())).as(terminal.out()).isZero();
      }
      Reply forged =
          service
              .requests()
              .execute("echo", "{\"a\":9}", "n3", new Approver().approve("echo", "{\"a\":9}"));
      assertThat(forged.status()).isEqualTo(403);
      ObjectNode denial = exported(forged.id());
      assertThat(denial.path("state").asText()).isEqualTo("denied");
      assertThat(denial.path("request").path("tenant_id").isNull()).isTrue();
      assertThat(verifyAll(denial.toString())).as(terminal.out()).isZero();
    }
  }

  @Test
  void anythingThatWasChangedIsFound() throws Exception {
    try (TestService running = setup().start()) {
      service = running;
      keepKeys();
      Reply unknown = execute("raise", "{\"id\":1}", "n1");
      String id = unknown.id();
      assertThat(terminal.run("settle", id, "--succeeded", "{\"paid\": 1.50}", "--reason", "seen"))
          .as(terminal.err())
          .isZero();
      String other = exported(execute("echo", "{}", "n2").id()).toString();
      ObjectNode export = exported(id);
      assertThat(export.path("history")).hasSize(1);
      assertThat(verifyAll(export.toString())).as(terminal.out()).isZero();
      assertThat(terminal.out()).contains("1 earlier receipts, each superseded by the next");

      ObjectNode another = (ObjectNode) JSON.readTree(other);
      Map<String, Consumer<ObjectNode>> lies = new LinkedHashMap<>();
      lies.put("id", e -> e.put("id", another.path("id").asText()));
      lies.put("action", e -> request(e).put("action", "echo"));
      lies.put("payload", e -> ((ObjectNode) request(e).path("payload")).put("id", 2));
      lies.put("payload null", e -> request(e).putNull("payload"));
      lies.put("nonce", e -> request(e).put("nonce", "n2"));
      lies.put("tenant", e -> request(e).put("tenant_id", "tenant-002"));
      lies.put("approvals", e -> e.putArray("approvals"));
      lies.put(
          "approval", e -> ((ObjectNode) e.path("approvals").path(0)).put("signature", "AAAA"));
      lies.put("state", e -> e.put("state", "failed"));
      lies.put("reason", e -> e.putNull("reason"));
      lies.put("result", e -> ((ObjectNode) e.path("result")).put("paid", 1));
      lies.put("no result", e -> e.remove("result"));
      lies.put("receipt", e -> e.put("receipt", "0".repeat(64)));
      lies.put("evidence", e -> e.set("evidence", another.path("evidence")));
      lies.put("no disclosures", e -> e.putArray("disclosures"));
      lies.put(
          "a disclosure of another",
          e -> ((ArrayNode) e.path("disclosures")).add(another.path("disclosures").path(0)));
      lies.put(
          "one twice", e -> ((ArrayNode) e.path("disclosures")).add(e.path("disclosures").path(0)));
      for (int i = 0; i < export.path("disclosures").size(); i++) {
        int withheld = i;
        String name = disclosed(export.path("disclosures").path(i).asText());
        if (!name.endsWith("_at") && !name.equals("exec_id")) {
          lies.put(name + " withheld", e -> ((ArrayNode) e.path("disclosures")).remove(withheld));
        }
      }
      lies.put("no history", e -> e.putArray("history"));
      lies.put("another history", e -> earlier(e).set("evidence", another.path("evidence")));
      lies.put(
          "a history twice", e -> ((ArrayNode) e.path("history")).add(e.path("history").path(0)));
      lies.put("an older one", e -> e.set("evidence", earlier(e).path("evidence")));
      lies.put("no proof", e -> e.putNull("inclusion"));
      lies.put("no earlier proof", e -> earlier(e).putNull("inclusion"));
      lies.put("index", e -> inclusion(e).put("index", inclusion(e).path("index").asLong() ^ 1));
      lies.put("index as text", e -> inclusion(e).put("index", "1"));
      lies.put("size", e -> inclusion(e).put("tree_size", 1_000_000));
      lies.put("hashes", e -> inclusion(e).putArray("hashes"));
      lies.put(
          "too many hashes",
          e -> {
            ArrayNode hashes = inclusion(e).putArray("hashes");
            for (int i = 0; i < 100; i++) {
              hashes.add("A".repeat(43) + "=");
            }
          });
      lies.put("checkpoint", e -> inclusion(e).put("checkpoint", "nonsense"));
      for (Map.Entry<String, Consumer<ObjectNode>> lie : lies.entrySet()) {
        ObjectNode changed = export.deepCopy();
        lie.getValue().accept(changed);
        assertThat(changed).as(lie.getKey()).isNotEqualTo(export);
        assertThat(verifyAll(changed.toString())).as(lie.getKey() + terminal.out()).isEqualTo(1);
        assertThat(terminal.out()).as(lie.getKey()).contains("DOES NOT HOLD");
        assertThat(terminal.err()).isEmpty();
      }
    }
  }

  @Test
  void whatAnAnswerImpliesHasToBeWhatItsReceiptSays() throws Exception {
    try (TestService running = setup().start()) {
      service = running;
      keepKeys();
      ObjectNode done = object(execute("echo", "{\"a\":1}", "n1"));
      ObjectNode lost = object(execute("raise", "{}", "n2"));
      ObjectNode denied = object(execute("no_such_action", "{}", "n3"));
      assertThat(denied.path("status").asInt()).isEqualTo(400);
      refused(done, "approved", e -> e.put("approved", false));
      refused(done, "approved", e -> e.put("approved", "true"));
      refused(done, "state", e -> e.put("state", "failed"));
      refused(done, "status", e -> e.put("status", 500));
      refused(done, "code", e -> e.put("code", "action_failed"));
      refused(lost, "approved", e -> e.put("approved", true));
      refused(lost, "status", e -> e.put("status", 500));
      refused(lost, "status", e -> e.put("status", "409"));
      refused(lost, "code", e -> e.put("code", "action_failed"));
      refused(denied, "approved", e -> e.put("approved", true));
      refused(denied, "status", e -> e.put("status", 403));
      refused(denied, "code", e -> e.put("code", "approval_expired"));
      refused(denied, "id", e -> e.set("id", done.path("id")));

      ObjectNode export = exported(denied.path("id").asText());
      refused(export, "id", e -> e.set("id", done.path("id")));
      refused(export, "status", e -> e.put("status", 500));
      refused(exported(done.path("id").asText()), "approved", e -> e.put("approved", false));
      refused(exported(done.path("id").asText()), "code", e -> e.set("code", denied.path("code")));

      assertThat(verify(denied.put("detail", "Try again.").toString(), "--jwks", jwks)).isZero();
      assertThat(terminal.out())
          .contains("not verified   file: its title, detail, which are in no receipt");
    }
  }

  private static ObjectNode object(Reply reply) {
    return (ObjectNode) reply.json();
  }

  private void refused(ObjectNode good, String member, Consumer<ObjectNode> lie) {
    assertThat(verify(good.toString(), "--jwks", jwks)).as(terminal.out()).isZero();
    ObjectNode changed = good.deepCopy();
    lie.accept(changed);
    assertThat(verify(changed.toString(), "--jwks", jwks)).as(member + changed).isEqualTo(1);
    assertThat(terminal.out()).contains("DOES NOT HOLD  file: its " + member + " is ");
  }

  private static String disclosed(String disclosure) throws Exception {
    return JSON.readTree(Base64.getUrlDecoder().decode(disclosure)).path(1).asText();
  }

  private static ObjectNode request(ObjectNode export) {
    return (ObjectNode) export.path("request");
  }

  private static ObjectNode earlier(ObjectNode export) {
    return (ObjectNode) export.path("history").path(0);
  }

  private static ObjectNode inclusion(ObjectNode export) {
    return (ObjectNode) export.path("inclusion");
  }

  @Test
  void whatContradictsAnOutcomeIsShownToEverybody() throws Exception {
    for (TestDatabase database : List.of(TestDatabase.sqlite(directory), Postgres.database())) {
      Path work = Files.createDirectory(directory.resolve("on-" + database));
      Path release = work.resolve("release");
      TestService.Setup setup =
          new TestService.Setup(work)
              .clawshield(approver)
              .on(database)
              .tracing("slow", "?hold=" + release, "timeoutSeconds: 0.3");
      try (TestService running = setup.start()) {
        service = running;
        keepKeys();
        String id = execute("slow", "{\"id\":1}", "n1").id();
        terminal = new Terminal(directory, setup.environment());
        assertThat(terminal.run("settle", id, "--failed", "--reason", "checked"))
            .as(terminal.err())
            .isZero();
        assertThat(exported(id).has("conflicts")).isFalse();
        assertThat(service.requests().get("/receipts/" + id).json().has("conflicts")).isFalse();
        Files.createFile(release);
        Eventually.within(10_000, () -> hasPublishedConflict(id));

        ObjectNode export = exported(id);
        assertThat(export.path("state").asText()).isEqualTo("failed");
        assertThat(export.path("conflicts")).hasSize(1);
        assertThat(verifyAll(export.toString())).as(terminal.out()).isZero();
        assertThat(terminal.out())
            .contains("holds          conflicting receipt 1: signed by the trusted key")
            .contains(
                "conflicts: 1 receipts tell of an outcome that came after this one was settled, and"
                    + " contradicts it: \"succeeded\"");
        JsonNode page = service.requests().get("/receipts/" + id).json();
        JsonNode jwt = export.at("/conflicts/0/evidence");
        assertThat(page.path("conflicts")).containsExactly(jwt);
        assertThat(verifyAll(page.toString())).as(terminal.out()).isZero();
        assertThat(terminal.out())
            .contains("conflicts: 1 receipts")
            .contains("not verified   conflicts: that they are of the same execution");
        String receipt = OpenedReceipt.unverified(jwt.asText(), List.of()).id().toString();
        assertThat(service.requests().get("/receipts/" + receipt).json().path("evidence"))
            .isEqualTo(jwt);

        ObjectNode other = exported(execute("slow", "{\"id\":2}", "n2").id());
        for (Consumer<ObjectNode> lie :
            List.<Consumer<ObjectNode>>of(
                e -> ((ObjectNode) e.at("/conflicts/0")).set("evidence", e.path("evidence")),
                e -> ((ArrayNode) e.path("conflicts")).set(0, earlier(e)),
                e -> other.set("conflicts", e.path("conflicts")),
                e -> ((ArrayNode) e.path("conflicts")).add(e.at("/conflicts/0")))) {
          ObjectNode changed = export.deepCopy();
          lie.accept(changed);
          ObjectNode lying = changed.equals(export) ? other : changed;
          assertThat(verifyAll(lying.toString())).as(terminal.out()).isEqualTo(1);
          assertThat(terminal.out()).contains("DOES NOT HOLD");
        }
      }
    }
  }

  private boolean hasPublishedConflict(String id) {
    try {
      return exported(id).at("/conflicts/0/inclusion").isObject();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void otherKeysAndAbsentWitnessesRefuse() throws Exception {
    try (TestService running = setup().start()) {
      service = running;
      keepKeys();
      ObjectNode export = exported(execute("echo", "{}", "n1").id());
      VerifierKey log = VerifierKey.parse(Files.readString(Path.of(ledgerKey)).strip());
      SigningKey foreign = SigningKey.generate();
      String sameName =
          new VerifierKey(log.name(), SignatureType.ED25519, foreign.verificationKey()).text();
      String sameKey = new VerifierKey("example.com/other", log.type(), log.key()).text();
      for (String key : List.of(sameName, sameKey)) {
        assertThat(verify(export.toString(), "--jwks", jwks, "--ledger-key", key)).isEqualTo(1);
      }
      String file = directory.resolve("foreign.pem").toString();
      assertThat(terminal.run("keygen", file, "--json")).isZero();
      String foreignSet =
          write("other.json", "{\"keys\":[" + JSON.readTree(terminal.out()).path("jwk") + "]}");
      assertThat(verify(export.toString(), "--jwks", foreignSet)).isEqualTo(1);
      assertThat(terminal.out()).contains("none of the trusted keys");

      Cosigner witness = new Cosigner("example.com/witness", foreign);
      String vkey = witness.verifierKey().text();
      String[] all = {"--jwks", jwks, "--ledger-key", log.text(), "--witness", vkey};
      assertThat(verify(export.toString(), all)).isEqualTo(1);
      assertThat(terminal.out())
          .contains(
              "not cosigned by example.com/witness; it has signatures in the names of \""
                  + log.name()
                  + "\"");
      byte[] note = inclusion(export).path("checkpoint").asText().getBytes(StandardCharsets.UTF_8);
      SignedNote cosigned =
          SignedNote.parse(note)
              .with(witness.cosign(VerifiedCheckpoint.open(note, log, List.of()), 1_790_000_000));
      inclusion(export).put("checkpoint", new String(cosigned.encode(), StandardCharsets.UTF_8));
      assertThat(verify(export.toString(), all)).as(terminal.out()).isZero();
      assertThat(terminal.out()).contains("cosigned by 1");
    }
  }

  @Test
  void exportNeedsNoKeysNoServiceAndChangesNothing() throws Exception {
    TestService.Setup setup = setup();
    String id;
    try (TestService running = setup.start()) {
      service = running;
      keepKeys();
      id = execute("echo", "{}", "n1").id();
      exported(id);
    }
    for (String key : List.of("receipt", "ledger")) {
      Files.delete(Path.of(setup.database() + "." + key + "-key.pem"));
    }
    byte[] before = Files.readAllBytes(setup.database());
    String file = directory.resolve("export.json").toString();
    assertThat(terminal.run("export", id, "--out", file)).as(terminal.err()).isZero();
    assertThat(terminal.out()).isEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(file))))
        .isEqualTo("rw-------");
    assertThat(terminal.run("verify", file, "--jwks", jwks, "--ledger-key", ledgerKey)).isZero();
    assertThat(terminal.run("export", id, "--out", file)).isEqualTo(2);
    assertThat(terminal.err()).hasLineCount(1).contains("not written over");
    assertThat(terminal.run("export", "5ca09451-db84-8915-bc5d-3bc6df465eff")).isEqualTo(1);
    assertThat(terminal.err()).hasLineCount(1).contains("not exported");
    assertThat(setup.database()).hasBinaryContent(before);
  }

  @Test
  void postgresToo() throws Exception {
    TestDatabase database = Postgres.database();
    TestService.Setup setup = setup().on(database);
    try (TestService running = setup.start()) {
      service = running;
      keepKeys();
      Reply unknown = execute("raise", "{\"id\":1}", "n1");
      Terminal reader = terminal;
      terminal = new Terminal(directory, Map.of("OPENEXEC_DB_URL", database.url()));
      assertThat(verifyAll(exported(unknown.id()).toString())).as(terminal.out()).isZero();
      assertThat(reader.run("settle", unknown.id(), "--failed", "--reason", "gone")).isZero();
      ObjectNode export = exported(unknown.id());
      assertThat(export.path("history")).hasSize(1);
      assertThat(verifyAll(export.toString())).as(terminal.out()).isZero();
    }
  }

  @Test
  void usageAndUnreadableAre2AndOneLine() {
    terminal = new Terminal(directory);
    String jwt = "a.b.c";
    for (String content :
        List.of(
            "",
            "nonsense",
            "{}",
            "{\"evidence\":null}",
            "{\"evidence\":\"a.b.c\",\"evidence\":\"a.b.c\"}",
            "{\"evidence\":\"a.b.c\",\"disclosures\":1}",
            "{\"evidence\":\"a.b.c\",\"disclosures\":[1]}",
            "{\"evidence\":\"a.b.c\",\"history\":{}}",
            "{\"openexec_export\":2,\"evidence\":\"a.b.c\"}",
            "a.b.c~d~e.f.g")) {
      assertThat(verify(content)).as(content).isEqualTo(2);
      assertThat(terminal.err()).as(content).hasLineCount(1).startsWith("verify: ");
      assertThat(terminal.out()).isEmpty();
    }
    assertThat(verify(jwt)).as("read, and refused").isEqualTo(1);
    assertThat(verify(jwt, "--jwks", write("j", "{}"))).isEqualTo(2);
    assertThat(verify(jwt, "--ledger-key", "nonsense")).isEqualTo(2);
    assertThat(terminal.err()).hasLineCount(1).contains("neither a file nor a key");
    assertThat(verify(jwt, "--witness", "nonsense")).isEqualTo(2);
    assertThat(terminal.run("verify", directory.resolve("gone").toString())).isEqualTo(2);
    assertThat(terminal.run("verify")).isEqualTo(2);
    assertThat(terminal.run("export", "5ca09451-db84-8915-bc5d-3bc6df465eff")).isEqualTo(2);
    assertThat(terminal.err()).hasLineCount(1).contains("there is no such file");
    assertThat(terminal.run("export", "nonsense")).isEqualTo(2);
  }
}
