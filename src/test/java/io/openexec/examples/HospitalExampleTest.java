package io.openexec.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.openexec.testing.Eventually;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import io.openexec.testing.TokenApprover;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/hospital}, against a real PostgreSQL, with two approvals by tokens. */
class HospitalExampleTest {
  private static final String ORDERS =
      "SELECT patient, version, drug, dose_mg FROM medication ORDER BY patient";
  private static final String BEFORE = "P-1001|1|Amoxicillin|500.00";

  @TempDir Path directory;
  private final TokenApprover doctor =
      new TokenApprover("doctor-1", "doctor@example.org", "ward-3");
  private final TokenApprover pharmacist =
      new TokenApprover("pharmacist-1", "pharmacist@example.org", "ward-3");
  private final TestDatabase ward = Postgres.database();
  private TestService service;

  @BeforeEach
  void start() {
    ward.execute(TestService.Setup.schemaOf("hospital"));
    service =
        new TestService.Setup(directory)
            .trusting(doctor, pharmacist)
            .example("hospital")
            .with("WARD_URL", ward.url().replace("postgres:postgres@", ""))
            .with("WARD_USER", "postgres")
            .with("WARD_PASSWORD", "postgres")
            .start();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private static String order(String patient, int version, String drug, String dose) {
    return "{\"patient\":\"%s\",\"expected_version\":%d,\"drug\":\"%s\",\"dose_mg\":\"%s\"}"
        .formatted(patient, version, drug, dose);
  }

  private ArrayNode approvals(String order) {
    return JsonNodeFactory.instance
        .arrayNode()
        .add(doctor.approve("medicate", order))
        .add(pharmacist.approve("medicate", order));
  }

  private Reply medicate(String order, String nonce) {
    return service.requests().executeByTokens("medicate", order, nonce, approvals(order));
  }

  private static void assertFailed(Reply reply, String reason) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(500);
    assertThat(reply.json().path("state").asText()).isEqualTo("failed");
    assertThat(reply.json().path("reason").asText()).isEqualTo(reason);
  }

  @Test
  void anApprovedChangeIsMadeOnceAndTheVersionBeforeIsKept() {
    String order = order("P-1001", 1, "Amoxicillin", "750.00");
    Reply first = medicate(order, "n");
    Reply replay = medicate(order, "n");
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    assertThat(first.json().path("result").path("version").asInt()).isEqualTo(2);
    assertThat(replay.replayed()).isTrue();
    assertThat(replay.text()).isEqualTo(first.text());
    assertThat(ward.rows(ORDERS))
        .containsExactly("P-1001|2|Amoxicillin|750.00", "P-1002|7|Metformin|850.00");
    assertThat(ward.rows("SELECT * FROM medication_history")).containsExactly(BEFORE);
  }

  @Test
  void oneApprovalIsTooFewAndAnotherDoseWasNotApproved() {
    String order = order("P-1001", 1, "Amoxicillin", "750.00");
    ArrayNode one = JsonNodeFactory.instance.arrayNode().add(doctor.approve("medicate", order));
    Requests requests = service.requests();
    assertThat(requests.executeByTokens("medicate", order, "n", one).code())
        .isEqualTo("approvals_insufficient");
    assertThat(
            requests
                .executeByTokens(
                    "medicate", order("P-1001", 1, "Amoxicillin", "7500.00"), "n", approvals(order))
                .code())
        .isEqualTo("action_hash_mismatch");
    assertThat(ward.rows(ORDERS)).contains(BEFORE);
  }

  @Test
  void whoHasNotSeenTheLatestVersionFailsDefinitelyAndChangesNothing() {
    assertFailed(medicate(order("P-1001", 2, "Other", "1.00"), "n1"), "version_conflict");
    assertFailed(medicate(order("P-1002", 6, "Other", "1.00"), "n2"), "version_conflict");
    assertFailed(medicate(order("P-9999", 1, "Other", "1.00"), "n3"), "unknown_patient");
    assertFailed(medicate(order("P-1001", 1, "Other", "0.00"), "n4"), "constraint");
    assertThat(ward.rows(ORDERS)).containsExactly(BEFORE, "P-1002|7|Metformin|850.00");
    assertThat(ward.rows("SELECT * FROM medication_history")).isEmpty();
  }

  @Test
  void ofManyThatSawTheSameVersionOneChangesIt() {
    List<CompletableFuture<Reply>> replies =
        IntStream.range(0, 8)
            .mapToObj(i -> order("P-1002", 7, "Drug" + i, "10.00"))
            .map(
                order ->
                    service
                        .requests()
                        .executeAsync(
                            Requests.tokenBody(
                                "medicate", order, "n" + order.hashCode(), approvals(order))))
            .toList();
    assertThat(replies.stream().map(CompletableFuture::join).map(Reply::status))
        .containsExactlyInAnyOrder(200, 500, 500, 500, 500, 500, 500, 500);
    assertThat(ward.rows("SELECT version FROM medication WHERE patient = 'P-1002'"))
        .containsExactly("8");
  }

  @Test
  void aConnectionThatIsLostInTheMiddleIsUnknownAndNothingIsTriedAgain() throws Exception {
    String order = order("P-1001", 1, "Amoxicillin", "750.00");
    try (Connection other = ward.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT * FROM medication FOR UPDATE");
      CompletableFuture<Reply> reply =
          service
              .requests()
              .executeAsync(Requests.tokenBody("medicate", order, "n", approvals(order)));
      Eventually.within(10_000, () -> !waiting().isEmpty());
      ward.execute("SELECT pg_terminate_backend(" + waiting().get(0) + ")");
      assertThat(reply.get().json().path("state").asText()).isEqualTo("unknown");
      other.rollback();
    }
    assertThat(medicate(order, "n").json().path("state").asText()).isEqualTo("unknown");
    assertThat(ward.rows(ORDERS)).contains(BEFORE);
  }

  private List<String> waiting() {
    return ward.rows(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'openexec-action'"
            + " AND wait_event_type = 'Lock' AND datname = current_database()");
  }
}
