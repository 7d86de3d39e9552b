package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.ledger.Cosigner;
import io.openexec.ledger.SignedNote;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.ReceiptHash;
import io.openexec.signature.KeyFile;
import io.openexec.signature.SigningKey;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Forger;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The auditor finds nothing where nothing was changed, and what was changed wherever it was. */
class AuditTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Approver APPROVER = new Approver();
  private static final TokenApprover ALICE =
      new TokenApprover("alice-2026", "alice@example.org", Approver.TENANT);
  private static final String ANOTHER = "01890000-0000-7000-8000-000000000000";
  private static final String LEAF_5 = "(SELECT jti FROM leaves WHERE leaf_index = 5)";
  private static final String LEAF_6 = "(SELECT jti FROM leaves WHERE leaf_index = 6)";
  private static final String DONE =
      "(SELECT id FROM executions WHERE state = 'succeeded' AND reason IS NULL ORDER BY id LIMIT 1)";
  private static final String LOST =
      "(SELECT id FROM executions WHERE state = 'unknown' ORDER BY id LIMIT 1)";
  private static final String SETTLED = "(SELECT id FROM executions WHERE reason = 'seen')";

  /** Where the real service made what every test begins with. */
  @TempDir static Path origin;

  private static String vkey;
  private static String earlier;

  @TempDir Path directory;
  private Terminal terminal;
  private Forger forger;

  private static Reply execute(TestService service, String action, String payload, String nonce) {
    return service.requests().execute(action, payload, nonce, APPROVER.approve(action, payload));
  }

  private static String body(String action, String payload, String nonce) {
    return Requests.body(action, payload, nonce, APPROVER.approve(action, payload));
  }

  private static TestService.Setup setup(Path where) {
    return new TestService.Setup(where)
        .trusting(ALICE)
        .clawshield(APPROVER)
        .tracing("raise", "?raise=java.io.IOException")
        .tracing(
            "refuse",
            "?refuse=java.io.FileNotFoundException",
            "definiteErrors: {java.io.FileNotFoundException: no_io}")
        .tracing("slow", "?hold=" + where.resolve("release"), "timeoutSeconds: 0.3");
  }

  @BeforeAll
  static void aServiceHasDoneEverythingThatItDoes() throws Exception {
    TestService.Setup setup = setup(origin);
    try (TestService service = setup.start()) {
      List<CompletableFuture<Reply>> replies = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        replies.add(service.requests().executeAsync(body("echo", "{\"n\":" + i + "}", "n" + i)));
      }
      replies.forEach(reply -> assertThat(reply.join().status()).isEqualTo(200));
      Eventually.within(5_000, () -> covers(service, 40));
      earlier = service.requests().get("/ledger/checkpoint").text();
      everyKindOfOutcome(service);
      for (int i = 40; i < 300; i++) {
        replies.add(service.requests().executeAsync(body("echo", "{\"n\":1.5}", "n\u00e9" + i)));
      }
      replies.forEach(reply -> assertThat(reply.join().status()).isEqualTo(200));
      vkey = service.requests().get("/ledger/key").text();
      Files.writeString(
          origin.resolve("jwks.json"), service.requests().get("/.well-known/jwks.json").text());
    }
    Files.writeString(origin.resolve("ledger.vkey"), vkey);
    Files.writeString(origin.resolve("earlier"), earlier);
    Files.writeString(origin.resolve("approvers.pem"), APPROVER.pem());
    assertThat(StoreRows.of(setup.database(), "SELECT kind FROM outcome_history ORDER BY kind"))
        .containsExactly("conflict", "superseded", "superseded", "superseded");
    assertThat(StoreRows.of(setup.database(), "SELECT COUNT(*) FROM unsequenced"))
        .containsExactly("0");
  }

  private static boolean covers(TestService service, long leaves) {
    Reply checkpoint = service.requests().get("/ledger/checkpoint");
    return checkpoint.status() == 200
        && Long.parseLong(checkpoint.text().split("\n", -1)[1]) >= leaves;
  }

  private static void everyKindOfOutcome(TestService service) throws Exception {
    Requests requests = service.requests();
    Terminal operator = new Terminal(origin, setup(origin).environment());
    assertThat(execute(service, "refuse", "{\"id\":1}", "refused").status()).isEqualTo(500);
    assertThat(execute(service, "raise", "{\"id\":2}", "lost").status()).isEqualTo(409);
    String settled = execute(service, "raise", "{\"id\":3}", "settled").id();
    assertThat(
            operator.run("settle", settled, "--succeeded", "{\"paid\": 1.5}", "--reason", "seen"))
        .as(operator.err())
        .isZero();
    String late = body("slow", "{\"id\":4}", "late");
    assertThat(requests.execute(late).status()).isEqualTo(409);
    String denied = execute(service, "slow", "{\"id\":5}", "contradicted").id();
    assertThat(operator.run("settle", denied, "--failed", "--reason", "checked")).isZero();
    Files.createFile(origin.resolve("release"));
    Eventually.within(5_000, () -> requests.execute(late).status() == 200);
    Path database = setup(origin).database();
    Eventually.within(
        5_000,
        () ->
            !StoreRows.of(database, "SELECT 1 FROM outcome_history WHERE kind = 'conflict'")
                .isEmpty());
    assertThat(
            requests
                .executeByTokens(
                    "add",
                    "{\"a\":1}",
                    "token",
                    JSON.valueToTree(ALICE.approve("add", "{\"a\":1}")))
                .status())
        .isEqualTo(200);
    assertThat(requests.execute("echo", "{}", "none", null).status()).isEqualTo(403);
    assertThat(
            requests.execute("echo", "{}", "forged", new Approver().approve("echo", "{}")).status())
        .isEqualTo(403);
    assertThat(execute(service, "echo", "{\"n\":2}", "settled").status()).isEqualTo(422);
  }

  @BeforeEach
  void itsDatabaseIsCopied() throws Exception {
    Path file = directory.resolve("openexec.db");
    // With what is in the write-ahead log.
    TestDatabase.sqlite(origin).execute("VACUUM INTO '" + file + "'");
    terminal = new Terminal(directory, Map.of("OPENEXEC_DB_URL", TestDatabase.file(file).url()));
    forger = new Forger(TestDatabase.file(file));
  }

  private static String at(String name) {
    return origin.resolve(name).toString();
  }

  private int audit(String... more) {
    List<String> args = new ArrayList<>(List.of("audit"));
    args.addAll(List.of(more));
    return terminal.run(args.toArray(String[]::new));
  }

  private int auditAll(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "--jwks",
                at("jwks.json"),
                "--ledger-key",
                at("ledger.vkey"),
                "--approver-keys",
                at("approvers.pem"),
                "--trust",
                at("trust.json"),
                "--strict"));
    args.addAll(List.of(more));
    return audit(args.toArray(String[]::new));
  }

  private void finds(String misfit) {
    assertThat(terminal.out())
        .as(terminal.err())
        .contains("DOES NOT FIT: ")
        .satisfies(
            out -> assertThat(out.substring(out.indexOf("DOES NOT FIT: "))).contains(misfit));
  }

  @Test
  void whatWasNotChangedFits() throws Exception {
    assertThat(auditAll("--checkpoint", at("earlier"), "--json")).as(terminal.out()).isZero();
    JsonNode report = JSON.readTree(terminal.out());
    assertThat(report.path("holds").asBoolean()).isTrue();
    assertThat(report.path("on_trust")).isEmpty();
    JsonNode checked = report.path("checked");
    assertThat(checked.path("executions").asLong()).isEqualTo(306);
    assertThat(checked.path("approvals").asLong()).isEqualTo(306);
    assertThat(checked.path("leaves").asLong()).isEqualTo(313);
    assertThat(checked.path("receipts").asLong()).isEqualTo(313);
    assertThat(checked.path("tiles").asLong()).isEqualTo(3);
    assertThat(checked.path("checkpoints").asLong()).isPositive();
    assertThat(checked.path("kept checkpoints").asLong()).isEqualTo(1);
    assertThat(checked.path("superseded outcomes").asLong()).isEqualTo(3);
    assertThat(checked.path("conflicting outcomes").asLong()).isEqualTo(1);

    assertThat(audit()).isZero();
    assertThat(terminal.out())
        .contains("on trust  the ledger's key is the one on record")
        .contains("on trust  the receipt keys are the 1 on record")
        .contains("on trust  306 approvals are signed by none of the keys")
        .contains("Everything fits.");
  }

  static Stream<Arguments> changes() {
    return Stream.of(
        // Receipts.
        change(
            "UPDATE receipts SET evidence = (SELECT evidence FROM receipts WHERE jti = "
                + LEAF_6
                + "), disclosures = (SELECT disclosures FROM receipts WHERE jti = "
                + LEAF_6
                + ") WHERE jti = "
                + LEAF_5,
            ": jti: expected"),
        change(
            "UPDATE receipts SET evidence = substr(evidence, 1, length(evidence) - 80) || 'AAAA'"
                + " || substr(evidence, length(evidence) - 75)"
                + " WHERE jti = "
                + LEAF_5,
            "its signature does not verify"),
        change("UPDATE receipts SET evidence = 'x' WHERE jti = " + LEAF_5, "one that is refused"),
        change("UPDATE receipts SET prev = '" + ANOTHER + "' WHERE jti = " + LEAF_5, ": prev"),
        change("UPDATE receipts SET prev = NULL WHERE prev IS NOT NULL", ": prev"),
        change(
            "UPDATE receipts SET execution_id = NULL WHERE jti = " + LEAF_5, "expected a denial"),
        change(
            "UPDATE receipts SET execution_id = " + LOST + " WHERE execution_id IS NULL",
            "a receipt of an outcome"),
        change(
            "UPDATE receipts SET execution_id = '" + ANOTHER + "' WHERE jti = " + LEAF_5,
            "the execution that it is of"),
        change(
            "UPDATE receipts SET disclosures = NULL WHERE jti = " + LEAF_5,
            "digests that no disclosure opens"),
        change(
            "UPDATE receipts SET disclosures = '[]' WHERE jti = " + LEAF_5,
            "digests that no disclosure opens"),
        change(
            "UPDATE receipts SET disclosures = (SELECT disclosures FROM receipts WHERE jti = "
                + LEAF_6
                + ") WHERE jti = "
                + LEAF_5,
            "opens no digest"),
        change("UPDATE receipts SET disclosures = '{}' WHERE jti = " + LEAF_5, "a JSON array"),
        change("DELETE FROM receipts WHERE jti = " + LEAF_5, "leaf 5: expected the receipt"),
        change(
            "INSERT INTO receipts SELECT '"
                + ANOTHER
                + "', execution_id, prev, evidence,"
                + " disclosures FROM receipts WHERE jti = "
                + LEAF_5,
            "found neither"),
        change("DELETE FROM receipts", "leaf 0: expected the receipt"),
        // Leaves.
        change("DELETE FROM leaves WHERE leaf_index = 312", "ledger: tree_size"),
        change(
            "DELETE FROM leaves WHERE leaf_index = 5", "the next leaf_index: expected 5, found 6"),
        change("DELETE FROM leaves", "ledger: tree_size"),
        change(
            "UPDATE leaves SET leaf_index = 400 WHERE leaf_index = 5;"
                + "UPDATE leaves SET leaf_index = 5 WHERE leaf_index = 6;"
                + "UPDATE leaves SET leaf_index = 6 WHERE leaf_index = 400",
            "(leaf 5)"),
        change("UPDATE leaves SET jti = '" + ANOTHER + "' WHERE leaf_index = 300", "leaf 300"),
        change(
            "INSERT INTO receipts SELECT '"
                + ANOTHER
                + "', execution_id, prev, evidence,"
                + " disclosures FROM receipts WHERE jti = "
                + LEAF_5
                + "; INSERT INTO leaves VALUES (313, '"
                + ANOTHER
                + "')",
            "more than 313"),
        // Receipts that wait.
        change("INSERT INTO unsequenced VALUES (" + LEAF_5 + ", zeroblob(32))", "leaf_hash"),
        change(
            "INSERT INTO unsequenced VALUES ('" + ANOTHER + "', zeroblob(32))",
            "unsequenced \"" + ANOTHER + "\": expected a receipt"),
        // Tiles.
        change(
            "UPDATE tiles SET hashes = zeroblob(8192) WHERE level = 0 AND tile_index = 0",
            "hash 0 of tile/0/000 (leaf 0)"),
        change(
            "UPDATE tiles SET hashes = CAST(substr(hashes, 1, 64) || zeroblob(1760) AS BLOB)"
                + " WHERE level = 0 AND tile_index = 1",
            "hash 2 of tile/0/001.p/57 (leaf 258)"),
        change(
            "UPDATE tiles SET hashes = zeroblob(32) WHERE level = 1", "hash 0 of tile/1/000.p/1"),
        change("UPDATE tiles SET hashes = zeroblob(31) WHERE level = 1", "1 hashes of 32 bytes"),
        change(
            "UPDATE tiles SET hashes = CAST(hashes || zeroblob(32) AS BLOB) WHERE level = 1",
            "1 hashes of 32 bytes"),
        change("DELETE FROM tiles WHERE level = 0 AND tile_index = 1", "expected a tile"),
        change("DELETE FROM tiles", "expected a tile"),
        change("INSERT INTO tiles VALUES (0, 2, zeroblob(32))", "none beyond 313 leaves"),
        change("INSERT INTO tiles VALUES (2, 0, zeroblob(32))", "none beyond 313 leaves"),
        change(
            "UPDATE tiles SET tile_index = 2 WHERE level = 0 AND tile_index = 0;"
                + "UPDATE tiles SET tile_index = 0 WHERE level = 0 AND tile_index = 1;"
                + "UPDATE tiles SET tile_index = 1 WHERE tile_index = 2",
            "tile/0/000"),
        // The ledger's state and its checkpoints.
        change("UPDATE ledger SET tree_size = 312", "tile/0/001.p/56"),
        change(
            "UPDATE ledger SET root = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
            "ledger: root"),
        change("UPDATE ledger SET origin = 'example.com/elsewhere'", "ledger: key"),
        change(
            "UPDATE ledger SET public_key = (SELECT public_key FROM receipt_keys)", "ledger: key"),
        change("DELETE FROM ledger", "ledger: rows"),
        change(
            "UPDATE checkpoints SET note = replace(note, '313', '312') WHERE tree_size = 313",
            "does not verify"),
        change("UPDATE checkpoints SET note = 'x' WHERE tree_size = 313", "one that is refused"),
        change(
            "UPDATE checkpoints SET note = note || substr(note, instr(note, '\u2014 '))"
                + " WHERE tree_size = 313",
            "one signature, the log's, found 2"),
        change(
            "UPDATE checkpoints SET note = note || '\u2014 example.com/another AAAAAAAAAAA='"
                + " || char(10) WHERE tree_size = 313",
            "one signature, the log's, found 2"),
        change(
            "INSERT INTO checkpoints SELECT 7, note, 0 FROM checkpoints WHERE tree_size = 313",
            "size in its note: expected 7, found 313"),
        change(
            "INSERT INTO checkpoints SELECT 500, note, 0 FROM checkpoints WHERE tree_size = 313",
            "no more than 313 leaves"),
        change("DELETE FROM checkpoints WHERE tree_size = 313", "one of all leaves"),
        change("DELETE FROM checkpoints", "none of the last 313"),
        // Keys.
        change("DELETE FROM receipt_keys", "its kid names none of the trusted keys"),
        change("UPDATE receipt_keys SET kid = 'x'", "receipt_keys: kid"),
        change("UPDATE receipt_keys SET public_key = 'x'", "an Ed25519 key"),
        change(
            "INSERT INTO receipt_keys SELECT public_key, public_key, 0 FROM ledger",
            "receipt_keys: kid"),
        // Executions.
        execution("tenant = 'another'", ": id, by its tenant and nonce"),
        execution("nonce = '\"another\"'", ": id, by its tenant and nonce"),
        execution("nonce = 'x'", ": nonce"),
        execution("nonce = '\"\\u0041\"'", ": nonce"),
        execution("action = 'add'", ": action hash"),
        execution("action_hash = '" + "0".repeat(64) + "'", ": action hash"),
        execution("payload = '{\"n\":7}'", ": action hash"),
        execution("payload = payload || ' '", ": payload in canonical form"),
        execution("state = 'failed', result = NULL, reason = 'no'", ": receipt hash"),
        execution("reason = 'no'", ": reason"),
        execution("result = '{\"echo\": {\"n\": 7}}'", ": receipt hash"),
        execution("result = '{}'", ": receipt hash"),
        execution("receipt = '" + "0".repeat(64) + "'", ": receipt hash"),
        execution("receipt_id = '" + ANOTHER + "'", "its receipt \"" + ANOTHER),
        execution(
            "receipt_id = (SELECT receipt_id FROM executions WHERE state = 'failed' LIMIT 1)",
            "the execution that it is of"),
        execution("approvals = NULL", ": claims"),
        execution(
            "approvals = (SELECT approvals FROM executions WHERE id = " + LOST + ")",
            ": approvals"),
        execution("approvals = replace(approvals, 'approval_id', 'x')", ": approvals"),
        execution("created_at = created_at + 1", "admitted_at"),
        execution(
            "state = 'running', result = NULL, receipt = NULL, receipt_id = NULL",
            "which leads to it"),
        change("DELETE FROM executions WHERE id = " + DONE, "which leads to it"),
        change(
            "INSERT INTO executions SELECT '"
                + ANOTHER
                + "', tenant, nonce, action, action_hash,"
                + " payload, state, reason, result, receipt, receipt_id, approvals, owner, attempt,"
                + " created_at, changed_at FROM executions WHERE id = "
                + DONE,
            "\"" + ANOTHER + "\": id, by its tenant and nonce"),
        change("DELETE FROM executions", "which leads to it"),
        // Approvals.
        change("DELETE FROM approvals WHERE execution_id = " + DONE, "who used it up"),
        change("DELETE FROM approvals", "who used it up"),
        change(
            "UPDATE approvals SET execution_id = " + LOST + " WHERE execution_id = " + DONE,
            "one that it does not"),
        change(
            "UPDATE approvals SET execution_id = '" + ANOTHER + "' WHERE execution_id = " + DONE,
            "none of that id"),
        change(
            "UPDATE approvals SET approval_id = '" + ANOTHER + "' WHERE execution_id = " + DONE,
            "one that it does not"),
        change("UPDATE approvals SET tenant = 'another' WHERE execution_id = " + DONE, ": tenant"),
        change(
            "INSERT INTO approvals VALUES ('tenant-001', '" + ANOTHER + "', " + DONE + ")",
            "one that it does not"),
        // The history.
        change(
            "DELETE FROM outcome_history WHERE execution_id = " + SETTLED,
            "superseded outcomes in its history"),
        change(
            "DELETE FROM outcome_history WHERE kind = 'conflict'",
            "a conflicting outcome in outcome_history"),
        change(
            "UPDATE outcome_history SET kind = 'conflict' WHERE execution_id = " + SETTLED,
            "superseded outcomes in its history"),
        change(
            "UPDATE outcome_history SET reason = 'no' WHERE execution_id = " + SETTLED,
            ": receipt hash"),
        change("UPDATE outcome_history SET receipt = '" + "0".repeat(64) + "'", ": receipt hash"),
        change(
            "UPDATE outcome_history SET result = '{}' WHERE kind = 'conflict'", ": receipt hash"),
        change(
            "UPDATE outcome_history SET changed_at = changed_at + 1 WHERE kind = 'conflict'",
            "conflicting outcome: changed_at"),
        change("UPDATE outcome_history SET seq = 7 WHERE execution_id = " + SETTLED, ": seq"),
        change(
            "UPDATE outcome_history SET seq = 11 - seq WHERE execution_id IN"
                + " (SELECT execution_id FROM outcome_history WHERE kind = 'conflict');"
                + "UPDATE outcome_history SET seq = seq - 10 WHERE seq >= 10",
            "no superseded outcome after a conflict"),
        change(
            "INSERT INTO outcome_history SELECT execution_id, 2, state, reason, result, receipt,"
                + " kind, 0 FROM outcome_history WHERE kind = 'conflict'",
            "a receipt that tells of it"),
        change(
            "INSERT INTO outcome_history SELECT execution_id, 1, state, reason, result, receipt,"
                + " 'conflict', 0 FROM outcome_history WHERE execution_id = "
                + SETTLED,
            "a receipt that tells of it"),
        change(
            "INSERT INTO outcome_history SELECT '"
                + ANOTHER
                + "', 0, state, reason, result,"
                + " receipt, 'conflict', 0 FROM outcome_history WHERE execution_id = "
                + SETTLED,
            "expected an execution"),
        // What 0.1.10 executed.
        change(
            "INSERT INTO taken_over_executions VALUES ('\"o\"', '"
                + ANOTHER
                + "', 't', 'echo',"
                + " 'h', '{}', 'succeeded', NULL, '{}', '"
                + "0".repeat(64)
                + "', NULL)",
            "taken over"));
  }

  private static Arguments change(String sql, String misfit) {
    return arguments(sql, misfit);
  }

  private static Arguments execution(String assignment, String misfit) {
    return arguments("UPDATE executions SET " + assignment + " WHERE id = " + DONE, misfit);
  }

  @ParameterizedTest
  @MethodSource("changes")
  void whatWasChangedIsFound(String sql, String misfit) {
    forger.execute("PRAGMA foreign_keys = OFF");
    forger.execute(sql.split(";", -1));
    assertThat(auditAll()).as(terminal.out() + terminal.err()).isEqualTo(1);
    finds(misfit);
  }

  private static SigningKey ledgerKey() throws Exception {
    return KeyFile.read(Path.of(setup(origin).database() + ".ledger-key.pem"));
  }

  private static SigningKey receiptKey() throws Exception {
    return KeyFile.read(Path.of(setup(origin).database() + ".receipt-key.pem"));
  }

  @Test
  void aReceiptSignedAgainIsFoundWhateverIsMadeToFitIt() throws Exception {
    SigningKey other = SigningKey.generate();
    forger.resign(5, other, "succeeded", "succeeded");
    assertThat(audit()).isEqualTo(1);
    finds("its kid names none of the trusted keys");

    forger.addReceiptKey(other);
    assertThat(audit()).isEqualTo(1);
    finds("(leaf 5)");
    assertThat(auditAll()).isEqualTo(1);
    finds("none but trusted keys");

    forger.rebuildTree();
    assertThat(audit()).isEqualTo(1);
    finds(": root: expected");

    forger.resignCheckpoints(SigningKey.generate());
    assertThat(audit()).isEqualTo(1);
    finds("one that is refused: the note is not signed by");
  }

  @Test
  void anOutcomeThatWasHashedAnewIsHeldAgainstItsReceipt() {
    String lost = TestDatabase.sqlite(directory).rows("SELECT " + LOST).get(0);
    forger.execute(
        "UPDATE executions SET state = 'failed', receipt = '"
            + ReceiptHash.ofState(lost, "action_error", "failed")
            + "' WHERE id = "
            + LOST);
    assertThat(auditAll()).isEqualTo(1);
    finds(": status: expected \"failed\", found \"unknown\"");

    String done = TestDatabase.sqlite(directory).rows("SELECT " + DONE).get(0);
    forger.execute(
        "UPDATE executions SET result = '{\"n\": 7}', receipt = '"
            + ReceiptHash.ofText(done, "{\"n\": 7}")
            + "' WHERE id = "
            + DONE);
    assertThat(auditAll()).isEqualTo(1);
    finds(done.compareTo(lost) < 0 ? ": result: expected" : ": status: expected");
  }

  @Test
  void aReceiptSaysWhoseItIs() throws Exception {
    forger.resign(5, receiptKey(), "\"iss\":\"", "\"iss\":\"not-");
    assertThat(audit()).isEqualTo(1);
    finds(": iss: expected");
  }

  @Test
  void whatTheServicesOwnKeysRewroteIsFoundByWhatWasKeptElsewhere() throws Exception {
    forger.resign(5, receiptKey(), "\"registry\":\"", "\"registry\":\"0");
    forger.rebuildTree();
    forger.resignCheckpoints(ledgerKey());
    assertThat(auditAll()).as("it fits in itself").isZero();
    assertThat(auditAll("--checkpoint", at("earlier"))).isEqualTo(1);
    finds("against the kept checkpoint " + at("earlier"));
  }

  @Test
  void whatWasCutOffConsistentlyIsFoundByWhatWasKeptElsewhere() throws Exception {
    Path last = directory.resolve("last");
    Files.writeString(
        last,
        TestDatabase.sqlite(directory)
            .rows("SELECT note FROM checkpoints ORDER BY tree_size DESC LIMIT 1")
            .get(0));
    String dropped = "(SELECT jti FROM leaves WHERE leaf_index >= 312)";
    forger.execute(
        "DELETE FROM approvals WHERE execution_id IN"
            + " (SELECT execution_id FROM receipts WHERE jti IN "
            + dropped
            + ")",
        "DELETE FROM executions WHERE receipt_id IN " + dropped,
        "DELETE FROM receipts WHERE jti IN " + dropped,
        "DELETE FROM leaves WHERE leaf_index >= 312");
    forger.rebuildTree();
    forger.resignCheckpoints(ledgerKey());
    assertThat(audit("--checkpoint", at("earlier"))).as(terminal.out()).isZero();
    assertThat(audit("--checkpoint", at("earlier"), "--checkpoint", last.toString())).isEqualTo(1);
    finds("at least 313 leaves, found 312");
  }

  @Test
  void aKeptCheckpointHasToBeThisLogsAndCosignedIfThatIsAskedFor() throws Exception {
    Path kept = directory.resolve("kept");
    Files.writeString(kept, earlier.replaceFirst("\n[0-9]+\n", "\n41\n"));
    assertThat(audit("--checkpoint", kept.toString())).isEqualTo(1);
    finds("the kept checkpoint " + kept);

    Cosigner witness = new Cosigner("example.com/witness", SigningKey.generate());
    VerifierKey log = VerifierKey.parse(vkey.strip());
    byte[] note = earlier.getBytes(StandardCharsets.UTF_8);
    Files.write(kept, note);
    String key = witness.verifierKey().text();
    assertThat(audit("--checkpoint", kept.toString(), "--witness", key)).isEqualTo(1);
    finds("a cosignature of a given witness");
    SignedNote cosigned =
        SignedNote.parse(note)
            .with(witness.cosign(VerifiedCheckpoint.open(note, log, List.of()), 1_790_000_000));
    Files.write(kept, cosigned.encode());
    assertThat(audit("--checkpoint", kept.toString(), "--witness", key)).isZero();
  }

  @Test
  void whatWaitsForTheLedgerIsCheckedToo() {
    forger.unsequenceTheLast();
    assertThat(audit()).as(terminal.out()).isZero();
    assertThat(terminal.out()).contains("receipts that wait for the ledger: 1");
    forger.execute("UPDATE unsequenced SET leaf_hash = zeroblob(32)");
    assertThat(audit()).isEqualTo(1);
    finds(": leaf_hash");
    forger.execute("DELETE FROM unsequenced");
    assertThat(audit()).isEqualTo(1);
    finds("found neither");
  }

  @Test
  void whatWaitsForTheLedgerIsSignedAlready() {
    forger.resign(312, SigningKey.generate(), "succeeded", "succeeded");
    forger.unsequenceTheLast();
    assertThat(audit()).isEqualTo(1);
    finds("its kid names none of the trusted keys");
  }

  /** Signs a receipt again so that it says to supersede another one, and makes all else fit it. */
  private void supersede(String jti, String status, String prev) throws Exception {
    long leaf =
        Long.parseLong(
            TestDatabase.sqlite(directory)
                .rows("SELECT leaf_index FROM leaves WHERE jti = '" + jti + "'")
                .get(0));
    String said = "\"status\":\"" + status + "\"";
    forger.resign(leaf, receiptKey(), said, said + ",\"prev\":\"" + prev + "\"");
    forger.execute("UPDATE receipts SET prev = '" + prev + "' WHERE jti = '" + jti + "'");
    forger.rebuildTree();
    forger.resignCheckpoints(ledgerKey());
  }

  @Test
  void aDenialSupersedesNothing() throws Exception {
    String denial =
        TestDatabase.sqlite(directory)
            .rows("SELECT jti FROM receipts WHERE execution_id IS NULL ORDER BY jti")
            .get(0);
    supersede(denial, "denied", ANOTHER);
    assertThat(audit()).isEqualTo(1);
    finds("a denial, as the row is of no execution");
  }

  @Test
  @Timeout(60)
  void receiptsThatSupersedeEachOtherHaveNoFirstOne() throws Exception {
    String[] latest =
        TestDatabase.sqlite(directory)
            .rows(
                "SELECT r.prev, r.jti FROM receipts r JOIN executions e ON e.receipt_id = r.jti"
                    + " WHERE e.reason = 'seen'")
            .get(0)
            .split("\\|", -1);
    supersede(latest[0], "unknown", latest[1]);
    assertThat(audit()).isEqualTo(1);
    finds("receipts with a first one");
  }

  @Test
  void aRunningRowHasNoHistory() {
    leaveRunning(forger);
    forger.execute(
        "INSERT INTO outcome_history SELECT"
            + " (SELECT id FROM executions WHERE state = 'running'), 0, state, reason, result,"
            + " receipt, kind, 0 FROM outcome_history WHERE execution_id = "
            + SETTLED);
    assertThat(audit()).isEqualTo(1);
    finds(", which runs: superseded outcomes");
  }

  @Test
  void whatWasTakenOverIsNotAnExecutionOfThisService() {
    String done = TestDatabase.sqlite(directory).rows("SELECT " + DONE).get(0);
    String taken =
        "INSERT INTO taken_over_executions VALUES ('\"o\"', '%s', 't', 'echo', 'h', '{}',"
            + " 'succeeded', NULL, '{}', '%s', NULL)";
    forger.execute(taken.formatted(ANOTHER, ReceiptHash.ofText(ANOTHER, "{}")));
    assertThat(audit()).as(terminal.out()).isZero();
    assertThat(terminal.out()).contains("1 executions were taken over from 0.1.10");
    forger.execute(
        "DELETE FROM taken_over_executions", taken.formatted(done, ReceiptHash.ofText(done, "{}")));
    assertThat(audit()).isEqualTo(1);
    finds(": an execution of the same id");
  }

  @Test
  void whatIsALeafDoesNotWait() throws Exception {
    forger.unsequenceTheLast();
    forger.execute("INSERT INTO leaves SELECT (SELECT COUNT(*) FROM leaves), jti FROM unsequenced");
    forger.rebuildTree();
    assertThat(audit()).isEqualTo(1);
    finds("leaves that it is already");
  }

  /** A table without the constraints by which the database would refuse what is not right. */
  private void loosen(String table) {
    forger.execute(
        "CREATE TABLE copy AS SELECT * FROM " + table,
        "DROP TABLE " + table,
        "ALTER TABLE copy RENAME TO " + table);
  }

  @ParameterizedTest
  @CsvSource({
    "reason, reason",
    "result, result",
    "receipt, receipt hash",
    "receipt_id, receipt",
  })
  void aRunningRowHasNothingOfAnOutcome(String column, String misfit) {
    leaveRunning(forger);
    loosen("executions");
    forger.execute(
        "UPDATE executions SET "
            + column
            + " = (SELECT "
            + column
            + " FROM executions WHERE id = "
            + SETTLED
            + ") WHERE state = 'running'");
    assertThat(audit()).isEqualTo(1);
    finds(", which runs: " + misfit + ": expected nothing");
  }

  @Test
  void theHistoryHasTwoKindsOfRows() {
    loosen("outcome_history");
    forger.execute(
        "INSERT INTO outcome_history SELECT execution_id, 1, state, reason, result, receipt,"
            + " 'other', 0 FROM outcome_history WHERE execution_id = "
            + SETTLED);
    assertThat(audit()).isEqualTo(1);
    finds("kind: expected superseded or conflict");
  }

  @Test
  void thereIsAResultIfItSucceededAndOnlyThen() {
    loosen("executions");
    forger.execute("UPDATE executions SET state = 'failed' WHERE id = " + DONE);
    assertThat(audit()).isEqualTo(1);
    finds("a result if it succeeded, and only then");
  }

  @Test
  void aResultHasOneSpelling() {
    String[] row =
        TestDatabase.sqlite(directory)
            .rows("SELECT id, result FROM executions WHERE id = " + DONE)
            .get(0)
            .split("\\|", -1);
    forger.execute(
        "UPDATE executions SET result = result || ' ', receipt = '"
            + ReceiptHash.ofText(row[0], row[1] + " ")
            + "' WHERE id = "
            + DONE);
    assertThat(audit()).isEqualTo(1);
    finds(": result in canonical form");
  }

  @Test
  void aTableWithoutItsKeyIsNotTrustedToHaveEachOnce() {
    loosen("approvals");
    forger.execute("INSERT INTO approvals SELECT * FROM approvals LIMIT 1");
    assertThat(audit()).isEqualTo(1);
    finds("approvals(tenant, approval_id): expected each once");
  }

  @Test
  void approvalsByOtherKeysAreSaidAndWithStrictDoNotFit() throws Exception {
    Path others = directory.resolve("others.pem");
    Files.writeString(others, new Approver().pem());
    assertThat(audit("--approver-keys", others.toString(), "--trust", at("trust.json"))).isZero();
    assertThat(terminal.out()).contains("on trust  305 approvals");
    assertThat(audit("--approver-keys", others.toString(), "--strict")).isEqualTo(1);
    finds("a signature by a given key");

    Path impostor = directory.resolve("impostor.json");
    Files.writeString(
        impostor,
        TokenApprover.jwks(new TokenApprover("alice-2026", "alice@example.org", Approver.TENANT))
            .toString());
    assertThat(audit("--trust", impostor.toString())).isEqualTo(1);
    finds("a token signed by the key");
    Files.writeString(
        impostor,
        TokenApprover.jwks(ALICE.as("alice-2026", "bob@example.org", Approver.TENANT)).toString());
    assertThat(audit("--trust", impostor.toString())).isEqualTo(1);
    finds("the key's issuer");
  }

  private static ObjectNode tokenClaims() {
    return ALICE.claims("echo", "{}");
  }

  /** Approvals of {@code echo} with an empty payload under the nonce {@code new}: what is wrong. */
  static Stream<Arguments> approvals() {
    Instant now = Instant.now();
    String of = Approver.hash("echo", "{}");
    ObjectNode elsewhere =
        APPROVER.sign(ANOTHER, "another", of, now.toString(), now.plusSeconds(9).toString());
    ObjectNode shifted =
        APPROVER.sign(ANOTHER, Approver.TENANT, of, now.toString(), now + " or later");
    return Stream.of(
        arguments(APPROVER.approve("echo", "{}"), null),
        arguments(APPROVER.approve("echo", "{\"n\":1}"), ": action hash"),
        arguments(elsewhere, ": tenant"),
        arguments(shifted, ": expires_at"),
        arguments(new Approver().approve("echo", "{}"), "a signature by a given key"),
        arguments(token(tokenClaims()), null),
        arguments(token(tokenClaims().put("nonce", "new")), null),
        arguments(token(tokenClaims().put("nonce", "old")), ": nonce"),
        arguments(token(tokenClaims().put("action", "add")), ": action"),
        arguments(token(tokenClaims().put("tenant_id", "another")), ": tenant"),
        arguments(token(ALICE.claims("echo", "{\"n\":1}")), ": action hash"),
        arguments(token(tokenClaims().put("iss", "bob")), "the key's issuer"),
        arguments(JSON.valueToTree("x.y.z"), "a token that is refused"),
        arguments(null, "an approval"));
  }

  private static String idOf(String token) {
    byte[] claims = Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]);
    try {
      return JSON.readTree(claims).path("jti").asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode token(ObjectNode claims) {
    return JSON.valueToTree(ALICE.sign(claims));
  }

  @ParameterizedTest
  @MethodSource("approvals")
  void anApprovalIsVerifiedAlsoWhereNoReceiptTellsOfIt(JsonNode approval, String misfit) {
    String id =
        approval == null || approval.asText().equals("x.y.z")
            ? null
            : approval.isObject() ? approval.path("approval_id").asText() : idOf(approval.asText());
    forger.reserve(
        "new",
        "echo",
        "{}",
        approval == null ? null : "[" + approval + "]",
        id == null ? List.of() : List.of(id));
    assertThat(auditAll()).as(terminal.out()).isEqualTo(misfit == null ? 0 : 1);
    if (misfit != null) {
      finds(misfit);
    }
  }

  @Test
  void aTokenIsForTheTenantOfItsKey() throws Exception {
    Path trust = directory.resolve("trust.json");
    Files.writeString(
        trust,
        TokenApprover.jwks(ALICE.as("alice-2026", "alice@example.org", "another")).toString());
    assertThat(audit("--trust", trust.toString())).isEqualTo(1);
    finds("the key's tenant");
  }

  /** Writes the log as a mirror has it. */
  private static void mirror(TestService service, Path to, long size) throws Exception {
    List<String> paths = new ArrayList<>(List.of("checkpoint", "key", "tile/1/000.p/1"));
    for (String kind : List.of("0", "entries")) {
      paths.add("tile/" + kind + "/000");
      paths.add("tile/" + kind + "/001.p/" + (size - 256));
    }
    for (String path : paths) {
      Path file = to.resolve(path);
      Files.createDirectories(file.getParent());
      Files.write(file, service.requests().bytes("/ledger/" + path));
    }
    Files.write(to.resolve("jwks.json"), service.requests().bytes("/.well-known/jwks.json"));
  }

  @Test
  void aLogIsAuditedByItsAddressAndAsACopyOfItsFiles() throws Exception {
    Path mirror = Files.createDirectory(directory.resolve("mirror"));
    try (TestService service = setup(origin).start()) {
      String url = "http://127.0.0.1:" + service.port() + "/ledger";
      assertThat(audit("--url", url, "--checkpoint", at("earlier"), "--json"))
          .as(terminal.out() + terminal.err())
          .isZero();
      JsonNode report = JSON.readTree(terminal.out());
      assertThat(report.at("/checked/leaves").asLong()).isEqualTo(313);
      assertThat(report.at("/checked/tiles").asLong()).isEqualTo(3);
      assertThat(report.path("on_trust")).hasSize(2);
      mirror(service, mirror, 313);
    }
    assertThat(audit("--tiles", mirror.toString())).as(terminal.out() + terminal.err()).isZero();
    assertThat(
            audit(
                "--tiles",
                mirror.toString(),
                "--jwks",
                at("jwks.json"),
                "--ledger-key",
                at("ledger.vkey"),
                "--checkpoint",
                at("earlier")))
        .isZero();
    assertThat(terminal.out()).doesNotContain("on trust");

    changed(mirror.resolve("checkpoint"), bytes -> bytes[bytes.length - 20] ^= 1, "is refused");
    changed(mirror.resolve("tile/0/000"), bytes -> bytes[33] ^= 1, "(leaf 1)");
    changed(mirror.resolve("tile/0/001.p/57"), bytes -> bytes[0] ^= 1, "(leaf 256)");
    changed(mirror.resolve("tile/1/000.p/1"), bytes -> bytes[0] ^= 1, "hash 0 of tile/1/000.p/1");
    changed(mirror.resolve("tile/entries/000"), bytes -> bytes[0] ^= 1, "256 entries");
    changed(mirror.resolve("tile/entries/000"), bytes -> bytes[12] ^= 1, "leaf 0: expected a");
    changed(mirror.resolve("tile/entries/001.p/57"), bytes -> bytes[400] ^= 1, "leaf 256: ");
    for (String path : List.of("tile/0/000", "tile/entries/001.p/57")) {
      byte[] content = Files.readAllBytes(mirror.resolve(path));
      Files.delete(mirror.resolve(path));
      assertThat(audit("--tiles", mirror.toString())).isEqualTo(1);
      finds(path);
      Files.write(mirror.resolve(path), content);
    }
    Path other = directory.resolve("other");
    new TestService.Setup(Files.createDirectory(other)).start().close();
    Files.delete(mirror.resolve("checkpoint"));
    assertThat(audit("--tiles", mirror.toString())).isEqualTo(2);
  }

  private void changed(Path file, Consumer<byte[]> change, String misfit) throws Exception {
    byte[] good = Files.readAllBytes(file);
    byte[] changed = good.clone();
    change.accept(changed);
    Files.write(file, changed);
    assertThat(audit("--tiles", directory.resolve("mirror").toString()))
        .as(terminal.out())
        .isEqualTo(1);
    finds(misfit);
    Files.write(file, good);
  }

  @Test
  void usageAndWhatCannotBeReadAre2() throws Exception {
    for (String[] args :
        new String[][] {
          {"--nonsense"},
          {"--url", "file:///etc"},
          {"--url", "http://127.0.0.1:1/ledger"},
          {"--tiles", directory.resolve("none").toString()},
          {"--tiles", directory.toString()},
          {"--url", "http://localhost/", "--tiles", directory.toString()},
          {"--jwks", at("ledger.vkey")},
          {"--ledger-key", "x"},
          {"--checkpoint", directory.resolve("none").toString()},
          {"--approver-keys", at("jwks.json")},
          {"--trust", at("jwks.json")}
        }) {
      assertThat(audit(args)).as(String.join(" ", args)).isEqualTo(2);
      assertThat(terminal.err()).isNotBlank();
    }
    for (String host : List.of("127.0.0.1:1", "nowhere.invalid")) {
      assertThat(audit("--url", "http://" + host + "/ledger", "--json")).isEqualTo(2);
      assertThat(JSON.readTree(terminal.out()).path("error").asText())
          .contains("cannot connect to " + host + ": is the service running there?")
          .doesNotContain("Exception");
    }
    Files.writeString(directory.resolve("openexec.db"), "this is no database");
    assertThat(audit()).isEqualTo(2);
    assertThat(terminal.err()).contains("it is not a SQLite database");
    Files.delete(directory.resolve("openexec.db"));
    assertThat(audit()).isEqualTo(2);
    assertThat(terminal.err()).contains("there is no such file");
  }

  @Test
  void whatOpensADenialMayBeGoneAndIsCounted() {
    forger.execute("UPDATE receipts SET disclosures = NULL WHERE execution_id IS NULL");
    assertThat(auditAll()).as(terminal.out()).isZero();
    assertThat(terminal.out()).contains("on trust  3 denials have nothing that opens them");
  }

  /** What a service would that was killed a quarter of an hour ago. */
  private static void leaveRunning(Forger on) {
    Instant at = Instant.now().minus(Duration.ofMinutes(15));
    JsonNode approval = APPROVER.approve("echo", "{}", at, 300);
    String id = approval.path("approval_id").asText();
    on.reserve(at, "left", "echo", "{}", "[" + approval + "]", List.of(id));
  }

  @Test
  void theServiceMayBeRunningOnEitherDatabaseAndNothingIsChanged() throws Exception {
    for (TestDatabase database :
        List.of(
            TestDatabase.sqlite(Files.createDirectory(directory.resolve("live"))),
            Postgres.database())) {
      Path work = Files.createDirectory(directory.resolve(database.toString()));
      TestService.Setup setup = setup(work).on(database);
      Terminal auditor = new Terminal(work, setup.environment());
      try (TestService service = setup.start()) {
        for (int i = 0; i < 20; i++) {
          assertThat(execute(service, "echo", "{\"n\":" + i + "}", "n" + i).status())
              .isEqualTo(200);
        }
        execute(service, "raise", "{\"id\":2}", "lost");
        service.requests().execute("echo", "{}", "none", null);
        var held = service.requests().executeAsync(body("slow", "{\"id\":7}", "held"));
        Eventually.within(5_000, () -> setup.traced().contains("7"));
        assertThat(auditor.run("audit")).as(auditor.out() + auditor.err()).isZero();
        assertThat(auditor.out())
            .contains("executions: 22")
            .contains("1 executions are running, and no receipt tells of them yet\n");
        Files.createFile(work.resolve("release"));
        held.join();
        Eventually.within(5_000, () -> covers(service, 23));
        String key = service.requests().get("/ledger/key").text().strip();
        assertThat(auditor.run("audit", "--ledger-key", key)).as(auditor.out()).isZero();
        assertThat(auditor.out()).doesNotContain("executions are running");
        leaveRunning(new Forger(database));
        assertThat(auditor.run("audit")).as(auditor.out()).isZero();
        assertThat(auditor.out())
            .contains(
                "1 executions are running, and no receipt tells of them yet; 1 for more than 10"
                    + " minutes"
                    + (database.toString().equals("SQLite")
                        ? "\n"
                        : "; 1 by no instance that has a lease\n"));
      }
      database.execute(
          "UPDATE executions SET result = '{}', receipt = '"
              + "0".repeat(64)
              + "' WHERE state = 'succeeded'");
      assertThat(auditor.run("audit")).isEqualTo(1);
      assertThat(auditor.out()).contains(": receipt hash");
    }
  }

  /** A service that was asked once at each of these minutes, and the one who audits it. */
  private static Terminal executedAt(Path where, TestService.Setup setup, int... minutes)
      throws Exception {
    Instant first = Instant.parse("2026-03-01T10:00:00Z");
    for (int minute : minutes) {
      Clock clock = Clock.fixed(first.plus(Duration.ofMinutes(minute)), ZoneOffset.UTC);
      try (TestService service = setup.at(clock).start()) {
        assertThat(service.requests().execute("echo", "{}", "n" + minute).status()).isEqualTo(200);
      }
    }
    return new Terminal(where, Map.of("OPENEXEC_DB_URL", "sqlite:///" + setup.database()));
  }

  @Test
  void checkpointsThatWereDeletedAreMissed(@TempDir Path elsewhere) throws Exception {
    TestService.Setup setup = new TestService.Setup(elsewhere);
    Terminal auditor = executedAt(elsewhere, setup, 0, 1, 2);
    assertThat(auditor.run("audit")).as(auditor.err()).isZero();
    StoreRows.execute(setup.database(), "DELETE FROM checkpoints WHERE tree_size = 3");
    assertThat(auditor.run("audit")).as("one turn may have been cut off").isZero();
    StoreRows.execute(setup.database(), "DELETE FROM checkpoints");
    assertThat(auditor.run("audit")).isEqualTo(1);
    assertThat(auditor.out() + auditor.err()).contains("none of the last 3");
  }

  @Test
  void leavesThatWerePutBackToWaitAreMissed(@TempDir Path elsewhere) throws Exception {
    TestService.Setup setup = new TestService.Setup(elsewhere);
    Terminal auditor = executedAt(elsewhere, setup, 0, 2, 4);
    Forger rollback = new Forger(TestDatabase.file(setup.database()));
    assertThat(auditor.run("audit", "--strict")).as(auditor.out()).isZero();
    rollback.unsequenceTheLast();
    assertThat(auditor.run("audit")).as("a service may have been killed").isZero();
    assertThat(auditor.out())
        .contains("on trust  1 receipts wait for the ledger, the oldest for more than a minute");
    assertThat(auditor.run("audit", "--strict")).isEqualTo(1);
    assertThat(auditor.out()).contains("none that waits for more than a minute");

    rollback.unsequenceTheLast();
    assertThat(auditor.run("audit")).as(auditor.out()).isEqualTo(1);
    assertThat(auditor.out())
        .contains(
            "expected a checkpoint of what is more than a minute older than"
                + " 2026-03-01T10:04:00Z, found a receipt of 2026-03-01T10:02:00Z that waits");
  }

  @Test
  void aLeafThatWasPutBackFromTheMiddleIsMissed(@TempDir Path elsewhere) throws Exception {
    TestService.Setup setup = new TestService.Setup(elsewhere);
    Terminal auditor = executedAt(elsewhere, setup, 0, 2);
    Forger rollback = new Forger(TestDatabase.file(setup.database()));
    rollback.unsequence(0);
    rollback.execute("DELETE FROM checkpoints WHERE tree_size > 0");
    assertThat(auditor.run("audit")).as(auditor.out()).isEqualTo(1);
    assertThat(auditor.out()).contains("a receipt of 2026-03-01T10:00:00Z that waits");
  }
}
