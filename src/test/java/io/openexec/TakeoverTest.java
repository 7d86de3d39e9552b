package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.testing.Approver;
import io.openexec.testing.OldOpenExec;
import io.openexec.testing.OldOpenExec.Old;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** A database of OpenExec 0.1.10 (DESIGN section 5), through the service that took it over. */
class TakeoverTest {
  private static final String HELLO = "{\"msg\": \"hello\"}";

  @TempDir Path directory;

  private TestService.Setup setup() {
    return new TestService.Setup(directory);
  }

  private OldOpenExec old() {
    return new OldOpenExec(setup().database());
  }

  private Old one() {
    try (OldOpenExec old = old()) {
      return old.echo(HELLO, "n");
    }
  }

  private static void assertReplayed(Reply reply, Old old) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.replayed()).isTrue();
    assertThat(reply.text())
        .isEqualTo(
            "{\"id\":\"%s\",\"action\":\"%s\",\"result\":%s,\"approved\":true,\"receipt\":\"%s\"}"
                .formatted(old.id(), old.action(), old.result(), old.receipt()));
  }

  private static void assertReused(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(422);
    assertThat(reply.code()).isEqualTo("nonce_reused");
    assertThat(UUID.fromString(reply.id()).version()).as("the denial's own").isEqualTo(7);
    assertThat(reply.json().has("state")).as("tells nothing of the other one").isFalse();
    assertThat(reply.json().has("result")).isFalse();
  }

  private static String check(TestService service, Old old, boolean asText) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("exec_id", old.id());
    body.put("receipt", old.receipt());
    String result =
        asText ? JsonNodeFactory.instance.textNode(old.result()).toString() : old.result();
    String open = body.toString();
    return service
        .requests()
        .post(
            "/receipts/verify",
            open.substring(0, open.length() - 1) + ",\"result\":" + result + "}")
        .text();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{}|{}",
        "{}|null",
        "{\"msg\": \"hello\"}|{\"msg\":\"hello\"}",
        "{\"x\": 1e+16}|{\"x\":1e16}",
        "{\"x\": 1e+16}|{\"x\":10000000000000000.0}",
        "{\"x\": [5e-324, -0.0, 0.1, 123456789012345678901234567890]}"
            + "|{\"x\":[5e-324,-0.0,0.10,123456789012345678901234567890]}",
        "{\"\\u00fc\": \"\\ud83d\\ude00 \\u20ac\"}|{\"ü\":\"😀 €\"}",
        "{\"a\": {\"b\": [true, null, {\"c\": \": , \\\\\"}]}, \"z\": \"\\\" , \\\": \"}"
            + "|{\"z\":\"\\\" , \\\": \",\"a\":{\"b\":[true,null,{\"c\":\": , \\\\\"}]}}",
      })
  void itsReplaysAnswerAsBefore(String written, String sent) {
    Old old;
    try (OldOpenExec database = old()) {
      old = database.echo(written, "n");
    }
    try (TestService service = setup().start()) {
      assertReplayed(service.requests().execute("echo", sent, "n"), old);
      assertReused(service.requests().execute("echo", "{\"other\":1}", "n"));
      assertReused(service.requests().execute("add", sent, "n"));
      assertThat(service.requests().execute("echo", sent, "n2").replayed()).isFalse();
    }
  }

  @Test
  void whatIsNoLongerRegisteredOrAllowedIsAnsweredToo() {
    Old pay =
        new Old(UUID.randomUUID().toString(), "pay", "{\"eur\": 5}", "{\"paid\": true}", "n1");
    Old echo;
    try (OldOpenExec old = old()) {
      old.write(pay);
      echo = old.echo("{}", "n2");
    }
    try (TestService service = setup().with("OPENEXEC_ALLOWED_ACTIONS", "add").start()) {
      assertReplayed(service.requests().execute("pay", "{\"eur\":5}", "n1"), pay);
      assertReplayed(service.requests().execute("echo", "{}", "n2"), echo);
      assertThat(service.requests().execute("pay", "{\"eur\":5}", "n3").status()).isEqualTo(403);
    }
  }

  @Test
  void itsLongestTextsAnswerTooThoughEscapesMadeThemLonger() {
    String text = "ü".repeat(300_000);
    Old old;
    try (OldOpenExec database = old()) {
      old = database.echo("{\"x\": \"" + "\\u00fc".repeat(300_000) + "\"}", "n");
    }
    try (TestService service = setup().start()) {
      assertReplayed(service.requests().execute("echo", "{\"x\":\"" + text + "\"}", "n"), old);
    }
  }

  @Test
  void anyNonceStaysUsed() {
    String[] nonces = {"", " ", "\u0000", "ü😀", "'; --", "n".repeat(5_000), "\"q\\"};
    try (OldOpenExec old = old()) {
      for (String nonce : nonces) {
        old.echo("{}", nonce);
      }
    }
    try (TestService service = setup().start()) {
      for (String nonce : nonces) {
        String quoted = JsonNodeFactory.instance.textNode(nonce).toString();
        Reply reply = service.requests().execute("{\"action\":\"echo\",\"nonce\":" + quoted + "}");
        // Two of them are beyond the bounds, and refused for that.
        assertThat(reply.status() == 422 || reply.replayed()).as(quoted).isTrue();
        assertThat(reply.status()).isEqualTo(nonce.isEmpty() || nonce.length() > 1_024 ? 422 : 200);
      }
    }
    assertThat(rows("SELECT COUNT(*) FROM executions")).containsExactly("0");
  }

  @Test
  void itsReceiptsVerifyAsBefore() {
    Old old = one();
    Old invented = new Old(old.id(), "echo", HELLO, "{\"echo\": 1}", "n");
    Old elsewhere = new Old(UUID.randomUUID().toString(), "echo", HELLO, old.result(), "n");
    try (TestService service = setup().start()) {
      assertThat(check(service, old, true)).isEqualTo("{\"valid\":true,\"recorded\":true}");
      assertThat(check(service, old, false)).isEqualTo("{\"valid\":true,\"recorded\":true}");
      assertThat(check(service, invented, true)).isEqualTo("{\"valid\":true,\"recorded\":false}");
      assertThat(check(service, elsewhere, true)).isEqualTo("{\"valid\":true,\"recorded\":false}");
    }
  }

  @Test
  void inClawshieldModeAReplayNeedsAValidApprovalAndUsesUpNone() {
    Old old = one();
    Approver approver = new Approver();
    ObjectNode before = approver.approve("echo", HELLO, Instant.now().minusSeconds(60), 300);
    ObjectNode expired = approver.approve("echo", HELLO, Instant.now().minusSeconds(60), 1);
    try (TestService service = setup().clawshield(approver).start()) {
      Reply none = service.requests().execute("echo", HELLO, "n");
      assertThat(none.status()).isEqualTo(403);
      assertThat(none.detail()).startsWith("ClawShield mode requires an approval artifact");
      Reply forged =
          service.requests().execute("echo", HELLO, "n", new Approver().approve("echo", HELLO));
      assertThat(forged.detail()).startsWith("Invalid signature");
      assertReplayed(service.requests().execute("echo", HELLO, "n", before), old);
      assertReplayed(service.requests().execute("echo", HELLO, "n", expired), old);
      assertReused(service.requests().execute("echo", "{}", "n", approver.approve("echo", "{}")));
    }
    assertThat(rows("SELECT COUNT(*) FROM approvals")).containsExactly("0");
  }

  @Test
  void anApprovalFromBeforeTheTakeoverForWhatWasExecutedCountsAsUsed() {
    one();
    Approver approver = new Approver();
    ObjectNode before = approver.approve("echo", HELLO, Instant.now().minusSeconds(60), 300);
    String other = "{\"msg\": \"other\"}";
    ObjectNode ofAnother = approver.approve("echo", other, Instant.now().minusSeconds(60), 300);
    try (TestService service = setup().clawshield(approver).start()) {
      for (String nonce : List.of("n2", "n3")) {
        Reply used = service.requests().execute("echo", HELLO, nonce, before);
        assertThat(used.status()).isEqualTo(403);
        assertThat(used.code()).isEqualTo("approval_used");
      }
      assertThat(rows("SELECT COUNT(*) FROM executions")).as("no nonce used up").contains("0");
      assertThat(service.requests().execute("echo", other, "n4", ofAnother).status())
          .isEqualTo(200);
      ObjectNode after = approver.approve("echo", HELLO, Instant.now().plusSeconds(2), 300);
      Reply executed = service.requests().execute("echo", HELLO, "n2", after);
      assertThat(executed.status()).as(executed.text()).isEqualTo(200);
      assertThat(executed.replayed()).isFalse();
    }
    try (TestService again = setup().clawshield(approver).start()) {
      assertThat(again.requests().execute("echo", HELLO, "n5", before).code())
          .as("also after a restart")
          .isEqualTo("approval_used");
    }
  }

  @Test
  void anEffectfulActionIsNotRunByAnApprovalFromBefore() {
    try (OldOpenExec old = old()) {
      old.write(new Old(UUID.randomUUID().toString(), "pay", "{\"id\": 1}", "{}", "n"));
    }
    Approver approver = new Approver();
    TestService.Setup setup = setup().clawshield(approver).tracing("pay", "");
    ObjectNode before = approver.approve("pay", "{\"id\":1}", Instant.now().minusSeconds(60), 300);
    try (TestService service = setup.start()) {
      assertThat(service.requests().execute("pay", "{\"id\":1}", "n2", before).code())
          .isEqualTo("approval_used");
      assertThat(service.requests().execute("pay", "{\"id\":1}", "n", before).replayed()).isTrue();
    }
    assertThat(setup.traced()).isEmpty();
  }

  @Test
  void itsNoncesStayUsedForEveryTenantAndTellNothing() {
    Old old = one();
    Approver approver = new Approver();
    try (TestService service = setup().clawshield(approver).start()) {
      assertReplayed(
          service.requests().execute("echo", HELLO, "n", approver.approve("echo", HELLO)), old);
    }
    try (TestService other =
        setup().clawshield(approver).with("CLAWSHIELD_TENANT_ID", "tenant-002").start()) {
      ObjectNode artifact =
          approver.sign(
              UUID.randomUUID().toString(),
              "tenant-002",
              Approver.hash("echo", HELLO),
              "2026-03-01T12:00:00Z",
              "2126-03-01T12:00:00Z");
      assertReused(other.requests().execute("echo", HELLO, "n", artifact));
    }
    try (TestService demo = setup().start()) {
      assertReused(demo.requests().execute("echo", HELLO, "n"));
    }
  }

  @Test
  void withoutATenantNobodyInheritsIt() throws Exception {
    one();
    byte[] before = Files.readAllBytes(setup().database());
    assertRefused(
        setup().clawshield(new Approver()).without("CLAWSHIELD_TENANT_ID"), "CLAWSHIELD_TENANT_ID");
    assertUntouched(before);
  }

  @Test
  void rowsThat0110WouldNotHaveWrittenKeepTheirNonceUsed() {
    String id = UUID.randomUUID().toString();
    String nan = "{\"echo\": {\"x\": NaN}}";
    Old ofNan = new Old(UUID.randomUUID().toString(), "echo", HELLO, nan, "nan");
    String[] unanswerable = {"null", "denied", "no id", "id", "upper", "nan", "list", "twice"};
    try (OldOpenExec old = old()) {
      old.insert(id, "echo", HELLO, null, "null", 1);
      old.insert(UUID.randomUUID().toString(), "echo", HELLO, "{}", "denied", 0);
      old.insert(null, "echo", HELLO, "{}", "no id", 1);
      old.insert("abc", "echo", HELLO, "{}", "id", 1);
      old.insert("A" + id.substring(1).toUpperCase(Locale.ROOT), "echo", HELLO, "{}", "upper", 1);
      old.write(ofNan);
      old.insert(UUID.randomUUID().toString(), "echo", HELLO, "[1]", "list", 1);
      old.insert(UUID.randomUUID().toString(), "echo", HELLO, "{\"a\":1,\"a\":2}", "twice", 1);
      old.insert(UUID.randomUUID().toString(), "echo", null, "{}", "no payload", 1);
      old.insert(UUID.randomUUID().toString(), "echo", "{\"x\": NaN}", "{}", "bad payload", 1);
      old.insert(UUID.randomUUID().toString(), "echo", "{\"msg\": \"hello", "{}", "cut", 1);
      old.insert(new byte[] {1}, "echo", new byte[] {(byte) 0xff}, "{}", new byte[] {'b'}, 1);
    }
    try (TestService service = setup().start()) {
      for (String nonce : unanswerable) {
        Reply reply = service.requests().execute("echo", HELLO, nonce);
        assertThat(reply.status()).as(nonce).isEqualTo(409);
        assertThat(reply.code()).isEqualTo("outcome_unknown");
        assertThat(reply.json().path("reason").asText()).isEqualTo("not_taken_over");
        assertThat(reply.header("Retry-After")).isEmpty();
        assertThat(reply.detail()).contains("kept file of OpenExec 0.1.10");
        assertReused(service.requests().execute("echo", "{}", nonce));
      }
      for (String nonce : new String[] {"no payload", "bad payload", "cut", "b"}) {
        assertReused(service.requests().execute("echo", HELLO, nonce));
        assertReused(service.requests().execute("echo", "{}", nonce));
      }
      assertThat(check(service, ofNan, true)).isEqualTo("{\"valid\":true,\"recorded\":true}");
      assertThat(settle(id)).as("what was taken over does not change").isEqualTo(1);
    }
    assertThat(rows("SELECT COUNT(*) FROM executions")).containsExactly("0");
  }

  private int settle(String id) {
    return new CommandLine(new SettleCommand(Map.of(), directory, Path.of("").toAbsolutePath()))
        .setErr(new PrintWriter(new StringWriter(), true))
        .execute(id, "--failed", "--reason", "rolled_back");
  }

  @Test
  void theOldFileIsKeptByteForByteAndTheNextStartIsAsUsual() throws Exception {
    Old old = one();
    byte[] before = Files.readAllBytes(setup().database());
    try (TestService service = setup().start()) {
      assertReplayed(service.requests().execute("echo", HELLO, "n"), old);
      assertThat(Files.readAllBytes(kept())).isEqualTo(before);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(setup().database())))
          .isEqualTo("rw-------");
      assertRefused(setup(), "another service uses it");
      service.requests().execute("echo", "{\"new\":1}", "n2");
    }
    Files.delete(kept());
    try (TestService service = setup().start()) {
      assertReplayed(service.requests().execute("echo", HELLO, "n"), old);
      assertThat(service.requests().execute("echo", "{\"new\":1}", "n2").replayed()).isTrue();
    }
    assertThat(Files.exists(kept())).isFalse();
  }

  @Test
  void aDatabaseInWalModeIsTakenOverToo() {
    Old old;
    try (OldOpenExec database = old()) {
      database.execute("PRAGMA journal_mode=WAL");
      old = database.echo(HELLO, "n");
    }
    try (TestService service = setup().start()) {
      assertReplayed(service.requests().execute("echo", HELLO, "n"), old);
    }
  }

  @Test
  void anEmptyOneIsTakenOverToo() {
    old().close();
    try (TestService service = setup().start()) {
      assertThat(service.requests().execute("echo", HELLO, "n").status()).isEqualTo(200);
    }
    assertThat(Files.exists(kept())).isTrue();
  }

  @Test
  void aServiceThatHasItOpenInATransactionIsInTheWay() throws Exception {
    one();
    byte[] before = Files.readAllBytes(setup().database());
    for (String begin : List.of("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE")) {
      try (OldOpenExec running = old()) {
        running.execute(begin);
        assertRefused(setup(), "OPENEXEC_DB_URL");
        running.execute("ROLLBACK");
      }
      assertUntouched(before);
    }
    try (OldOpenExec running = old()) {
      running.execute("BEGIN");
      running.execute("SELECT * FROM execution_log");
      running.execute("UPDATE execution_log SET approved = 1");
      assertRefused(setup(), "stop the 0.1.10 service");
      running.execute("ROLLBACK");
    }
    assertUntouched(before);
    setup().start().close();
  }

  @Test
  void whatAKilledServiceLeftHalfWrittenIsForSqliteToRecoverFirst() throws Exception {
    one();
    byte[] before = Files.readAllBytes(setup().database());
    for (String beside : List.of("-journal", "-wal")) {
      Path left = directory.resolve("openexec.db" + beside);
      Files.writeString(left, "what was being written");
      assertRefused(setup(), "stop the 0.1.10 service", "OPENEXEC_DB_URL");
      assertThat(left).hasContent("what was being written");
      Files.delete(left);
      Files.deleteIfExists(directory.resolve("openexec.db-shm"));
      assertUntouched(before);
    }
    setup().start().close();
  }

  @Test
  void whatWouldBeKeptUnderANameThatIsTakenIsNotTakenOver() throws Exception {
    one();
    byte[] before = Files.readAllBytes(setup().database());
    Files.writeString(kept(), "of an earlier takeover");
    assertRefused(setup(), "openexec.db.0.1.10", "move that away");
    assertThat(kept()).hasContent("of an earlier takeover");
    Files.delete(kept());
    assertUntouched(before);
    setup().start().close();
  }

  @Test
  void whatAnEarlierAttemptLeftIsNotInTheWay() throws Exception {
    Old old = one();
    Files.writeString(directory.resolve("openexec.db.takeover"), "rubbish");
    Files.writeString(directory.resolve("openexec.db.takeover-wal"), "rubbish");
    Files.createLink(kept(), setup().database());
    try (TestService service = setup().start()) {
      assertReplayed(service.requests().execute("echo", HELLO, "n"), old);
    }
    assertThat(Files.exists(directory.resolve("openexec.db.takeover"))).isFalse();
  }

  @Test
  void anothersTablesAreNotTakenOver() throws Exception {
    for (String sql :
        List.of(
            "CREATE TABLE other (x)",
            "DROP TABLE other; ALTER TABLE execution_log DROP COLUMN approved",
            "ALTER TABLE execution_log RENAME TO log")) {
      try (OldOpenExec old = old()) {
        for (String statement : sql.split(";", -1)) {
          old.execute(statement);
        }
      }
      if (sql.endsWith("TO log")) {
        StoreRows.execute(setup().database(), "DROP TABLE IF EXISTS execution_log");
      }
      byte[] before = Files.readAllBytes(setup().database());
      assertRefused(setup(), "another program");
      assertUntouched(before);
    }
  }

  @Test
  void theOperatorsCommandDoesNotTouchIt() throws Exception {
    Old old = one();
    byte[] before = Files.readAllBytes(setup().database());
    assertThat(settle(old.id())).isEqualTo(2);
    assertUntouched(before);
  }

  @Test
  @Timeout(60)
  void twentyThousandExecutions() {
    Old last;
    try (OldOpenExec old = old()) {
      old.execute("BEGIN");
      for (int i = 0; i < 20_000; i++) {
        old.echo("{\"i\": " + i + "}", "n" + i);
      }
      last = old.echo(HELLO, "last");
      old.execute("COMMIT");
    }
    try (TestService service = setup().start()) {
      assertReplayed(service.requests().execute("echo", HELLO, "last"), last);
      assertThat(service.requests().execute("echo", "{\"i\":7}", "n7").replayed()).isTrue();
    }
    assertThat(rows("SELECT COUNT(*) FROM taken_over_executions")).containsExactly("20001");
  }

  private Path kept() {
    return directory.resolve("openexec.db.0.1.10");
  }

  private List<String> rows(String query) {
    return StoreRows.of(setup().database(), query);
  }

  private static void assertRefused(TestService.Setup setup, String... reasons) {
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContainingAll(reasons)
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("\n");
  }

  /** The old file is as it was, and beside it there is nothing but the service's lock. */
  private void assertUntouched(byte[] before) throws Exception {
    assertThat(Files.readAllBytes(setup().database())).isEqualTo(before);
    assertThat(directory.toFile().list())
        .contains("openexec.db")
        .isSubsetOf("openexec.db", "openexec.db.lock");
  }
}
