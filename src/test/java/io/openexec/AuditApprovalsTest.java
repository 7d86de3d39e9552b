package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.testing.Approver;
import io.openexec.testing.Forger;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whether approvals were good enough when they were used, as far as the record can tell. */
class AuditApprovalsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Approver APPROVER = new Approver();
  private static final TokenApprover ALICE =
      new TokenApprover("alice-2026", "alice@example.org", Approver.TENANT);
  private static final TokenApprover BOB =
      new TokenApprover("bob-2026", "bob@example.org", Approver.TENANT);
  private static final Instant AT = Instant.parse("2026-03-01T12:00:00.000500Z");
  private static final String ID = "01890000-0000-7000-8000-000000000000";

  /** What a service left that took whatever just holds. */
  @TempDir static Path origin;

  @TempDir Path directory;
  private Terminal terminal;
  private Forger forger;

  @BeforeAll
  static void aServiceTakesWhatJustHolds() throws Exception {
    ObjectNode bob = BOB.jwk().put("nbf", seconds(AT)).put("exp", seconds(AT.plusNanos(1_000)));
    TestService.Setup setup =
        new TestService.Setup(origin)
            .trusting(ALICE)
            .clawshield(APPROVER)
            .with("OPENEXEC_AUDIENCE", "here")
            .at(Clock.fixed(AT, ZoneOffset.UTC));
    setup.writeTrust(TokenApprover.jwks(ALICE.jwk(), bob).toString());
    ObjectNode artifact =
        APPROVER.sign(
            ID, Approver.TENANT, Approver.hash("echo", "{}"), "2026-03-01T12:01:00.0005", AT + "");
    ArrayNode tokens =
        TokenApprover.all(
            ALICE.sign(
                claims(ALICE)
                    .put("iat", seconds(AT.plusSeconds(60)))
                    .put("nbf", seconds(AT))
                    .put("exp", seconds(AT.plusNanos(1_000)))
                    .put("scope", "add echo")
                    .put("aud", "here")
                    .put("nonce", "tokens")
                    .set("constraints", JSON.createObjectNode())),
            BOB.sign(claims(BOB)));
    try (TestService service = setup.start()) {
      assertThat(service.requests().execute("echo", "{}", "artifact", artifact).text())
          .contains("\"approved\":true");
      assertThat(service.requests().executeByTokens("echo", "{}", "tokens", tokens).text())
          .contains("\"approved\":true");
    }
    Files.writeString(origin.resolve("approvers.pem"), APPROVER.pem());
  }

  private static double seconds(Instant instant) {
    return instant.getEpochSecond() + instant.getNano() / 1e9;
  }

  private static ObjectNode claims(TokenApprover approver) {
    return approver.claims("echo", "{}", AT);
  }

  @BeforeEach
  void itsDatabaseIsCopied() {
    Path file = directory.resolve("openexec.db");
    TestDatabase.sqlite(origin).execute("VACUUM INTO '" + file + "'");
    terminal = new Terminal(directory, Map.of("OPENEXEC_DB_URL", TestDatabase.file(file).url()));
    forger = new Forger(TestDatabase.file(file));
  }

  private int audit(Path trust, String... more) {
    List<String> args = new ArrayList<>(List.of("audit"));
    args.addAll(List.of("--approver-keys", origin.resolve("approvers.pem").toString()));
    args.addAll(List.of("--trust", trust.toString()));
    args.addAll(List.of(more));
    return terminal.run(args.toArray(String[]::new));
  }

  private int audit() {
    return audit(origin.resolve("trust.json"), "--audience", "here", "--strict");
  }

  private void finds(String misfit) {
    assertThat(terminal.out()).as(terminal.err()).contains("DOES NOT FIT: ").contains(misfit);
  }

  private static String jti(String token) throws IOException {
    byte[] claims = Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]);
    return JSON.readTree(claims).path("jti").asText();
  }

  private void reserve(Instant at, String... approvals) throws IOException {
    List<String> ids = new ArrayList<>();
    ArrayNode array = JSON.createArrayNode();
    for (String approval : approvals) {
      boolean artifact = approval.startsWith("{");
      JsonNode node = artifact ? JSON.readTree(approval) : JSON.valueToTree(approval);
      array.add(node);
      ids.add(artifact ? node.path("approval_id").asText() : jti(approval));
    }
    forger.reserve(at, "new", "echo", "{}", array.toString(), ids);
  }

  @Test
  void whatJustHeldFits() {
    assertThat(audit()).as(terminal.out()).isZero();
    assertThat(audit(origin.resolve("trust.json"), "--audience", "there", "--audience", "here"))
        .as(terminal.out())
        .isZero();
  }

  @Test
  void anAudienceIsComparedIfItIsGiven() {
    assertThat(audit(origin.resolve("trust.json"))).isZero();
    assertThat(terminal.out()).contains("on trust  1 approvals name an audience");
    assertThat(audit(origin.resolve("trust.json"), "--strict")).isEqualTo(1);
    finds("none was given");
    assertThat(audit(origin.resolve("trust.json"), "--audience", "there")).isEqualTo(1);
    finds(": aud: expected a given --audience");
  }

  private static ObjectNode artifact(String issued, String expires) {
    return APPROVER.sign(
        ID.replace('1', '2'),
        Approver.TENANT,
        Approver.hash("echo", "{}"),
        "2026-03-01T" + issued,
        "2026-03-01T" + expires);
  }

  private static String token(String claim, Object value) {
    return ALICE.sign(claims(ALICE).set(claim, JSON.valueToTree(value)));
  }

  /** Approvals that were admitted at 12:00, for 60 seconds are the boundary's or the clock's. */
  static Stream<Arguments> approvals() {
    return Stream.of(
        arguments(artifact("11:59:00Z", "12:05:00Z"), null),
        arguments(artifact("12:01:00Z", "12:05:00Z"), null),
        arguments(artifact("12:01:00.002Z", "12:05:00Z"), ": issued_at: expected at most 60 s"),
        arguments(artifact("14:00:00+02:00", "13:05:00+01:00"), null),
        arguments(artifact("11:00:00-01:02", "13:05:00"), ": issued_at: expected at most 60 s"),
        arguments(artifact("11:00:00", "11:59:00.001"), null),
        arguments(artifact("11:00:00", "11:59:00"), ": expires_at: expected after the admission"),
        arguments(artifact("11:00:00", "13:59:00+02:00"), ": expires_at: expected after"),
        arguments(artifact("11:00:00", "25:00:00"), ": expires_at: expected the form"),
        arguments(token("iat", AT.getEpochSecond() + 60), null),
        arguments(token("iat", AT.getEpochSecond() + 61), ": iat: expected at most 60 s"),
        arguments(token("iat", "1772366400"), ": iat: expected the form"),
        arguments(token("exp", AT.getEpochSecond() - 59), null),
        arguments(token("exp", AT.getEpochSecond() - 60), ": exp: expected after the admission"),
        arguments(token("exp", null), ": exp: expected the form"),
        arguments(token("nbf", AT.getEpochSecond()), null),
        arguments(token("nbf", AT.getEpochSecond() + 1), ": nbf: expected not after"),
        arguments(token("nbf", -1), ": nbf: expected the form"),
        arguments(token("scope", "echo"), null),
        arguments(token("scope", "add echoes"), ": scope: expected one with echo"),
        arguments(token("scope", ""), ": scope: expected one with echo"),
        arguments(token("scope", List.of("echo")), ": scope: expected one with echo"),
        arguments(token("constraints", Map.of()), null),
        arguments(token("constraints", Map.of("most", 1)), ": constraints: expected none"),
        arguments(token("constraints", List.of()), ": constraints: expected none"),
        arguments(token("aud", List.of("there", "here")), null),
        arguments(token("aud", List.of("there", 1)), ": aud: expected a given --audience"),
        arguments(token("jti", "a-01"), ": id: expected the form"),
        arguments(token("iss", null), ": iss: expected the form"));
  }

  @ParameterizedTest
  @MethodSource("approvals")
  void whatDidNotHoldAtTheAdmissionIsFound(Object approval, String misfit) throws Exception {
    reserve(Instant.parse("2026-03-01T12:00:00Z"), approval.toString());
    assertThat(audit()).as(terminal.out()).isEqualTo(misfit == null ? 0 : 1);
    if (misfit != null) {
      finds(misfit);
    }
  }

  @Test
  void severalApprovalsAreTokensOfAsManyIssuers() throws Exception {
    String alice = ALICE.sign(claims(ALICE));
    reserve(AT, alice, ALICE.sign(claims(ALICE)));
    assertThat(audit()).isEqualTo(1);
    finds(": issuers of its approvals: expected each once");

    itsRowIsTakenBack();
    reserve(AT, alice, artifact("12:00:00", "12:05:00").toString());
    assertThat(audit()).isEqualTo(1);
    finds("an artifact among them");

    itsRowIsTakenBack();
    forger.reserve(
        AT, "new", "echo", "{}", TokenApprover.all(alice, alice).toString(), List.of(jti(alice)));
    assertThat(audit()).isEqualTo(1);
    finds(": approvals: expected each once");

    itsRowIsTakenBack();
    reserve(AT, alice, BOB.sign(claims(BOB)));
    assertThat(audit()).as(terminal.out()).isZero();
  }

  private void itsRowIsTakenBack() {
    forger.execute(
        "DELETE FROM approvals WHERE execution_id IN"
            + " (SELECT id FROM executions WHERE state = 'running')",
        "DELETE FROM executions WHERE state = 'running'");
  }

  /** What the trust says of the key of a token that was used at 12:00. */
  static Stream<Arguments> keys() {
    long at = AT.getEpochSecond();
    return Stream.of(
        arguments("nbf", at, null),
        arguments("nbf", at + 1, ": nbf: expected not after"),
        arguments("exp", at + 1, null),
        arguments("exp", at - 60, ": exp: expected after"),
        arguments("revoked", at + 1, null),
        arguments("revoked", at - 60, ": revoked: expected after"),
        arguments("revoked", true, null),
        arguments("revoked", false, null));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aKeyVerifiesWhatWasUsedInItsTime(String member, Object value, String misfit)
      throws Exception {
    Path trust = directory.resolve("trust.json");
    ObjectNode jwk = ALICE.jwk().set(member, JSON.valueToTree(value));
    Files.writeString(trust, TokenApprover.jwks(jwk, BOB.jwk()).toString());
    assertThat(audit(trust)).as(terminal.out()).isEqualTo(misfit == null ? 0 : 1);
    if (misfit != null) {
      finds("the key \"alice-2026\"" + misfit);
    }
  }

  @Test
  void aTrustFileWhoseDatesAreNoneIsRefused() throws Exception {
    Path trust = directory.resolve("trust.json");
    Files.writeString(trust, TokenApprover.jwks(ALICE.jwk().put("exp", "2027")).toString());
    assertThat(audit(trust)).isEqualTo(2);
    assertThat(terminal.err()).contains("a key has exp, and it is not a number of seconds");
  }
}
