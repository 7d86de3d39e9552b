package io.openexec.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/bank}, against a real PostgreSQL. */
class BankExampleTest {
  private static final String ADA = "DE02120300000000202051";
  private static final String BABBAGE = "FR7630006000011234567890189";
  private static final String BALANCES = "SELECT balance FROM account ORDER BY iban";

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private final TestDatabase bank = Postgres.database();
  private TestService service;

  @BeforeEach
  void start() {
    bank.execute(TestService.Setup.schemaOf("bank"));
    service =
        new TestService.Setup(directory)
            .clawshield(approver)
            .example("bank")
            .with("BANK_URL", bank.url().replace("postgres:postgres@", ""))
            .with("BANK_USER", "postgres")
            .with("BANK_PASSWORD", "postgres")
            .start();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private static String payment(String reference, String from, String to, String amount) {
    return "{\"reference\":\"%s\",\"debtor\":\"%s\",\"creditor\":\"%s\",\"amount\":\"%s\"}"
        .formatted(reference, from, to, amount);
  }

  private Reply pay(String payment, String nonce) {
    return service.requests().execute("pay", payment, nonce, approver.approve("pay", payment));
  }

  private void assertFailed(Reply reply, String reason) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(500);
    assertThat(reply.json().path("state").asText()).isEqualTo("failed");
    assertThat(reply.json().path("reason").asText()).isEqualTo(reason);
  }

  @Test
  void anApprovedPaymentIsBookedOnceAndItsReplayBooksNothing() {
    String payment = payment("INV-1", ADA, BABBAGE, "120.30");
    Reply first = pay(payment, "n1");
    Reply replay = pay(payment, "n1");

    assertThat(first.status()).as(first.text()).isEqualTo(200);
    JsonNode result = first.json().path("result");
    assertThat(result.path("amount").isTextual()).isTrue();
    assertThat(result.path("amount").asText()).isEqualTo("120.30");
    assertThat(result.path("reference").asText()).isEqualTo("INV-1");
    assertThat(result.path("booked_at").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(replay.replayed()).isTrue();
    assertThat(replay.text()).isEqualTo(first.text());
    assertThat(bank.rows(BALANCES)).containsExactly("879.70", "170.40");
    assertThat(bank.rows("SELECT reference, debtor, creditor, amount FROM payment"))
        .containsExactly("INV-1|" + ADA + "|" + BABBAGE + "|120.30");
  }

  @Test
  void whatIsNotApprovedOrNotAPaymentChangesNothing() {
    String payment = payment("INV-2", ADA, BABBAGE, "1.00");
    Requests requests = service.requests();
    assertThat(requests.execute("pay", payment, "n").code()).isEqualTo("approval_missing");
    assertThat(
            requests
                .execute(
                    "pay",
                    payment("INV-2", ADA, BABBAGE, "100.00"),
                    "n",
                    approver.approve("pay", payment))
                .code())
        .isEqualTo("action_hash_mismatch");
    for (String amount : List.of("0.00", "-1.00", "1", "1.001", "1e3", "01.00", "NaN", "1,00")) {
      assertThat(pay(payment("INV-2", ADA, BABBAGE, amount), "n").status())
          .as(amount)
          .isEqualTo(400);
    }
    assertUntouched();
    // And the nonce is still good.
    assertThat(pay(payment, "n").status()).isEqualTo(200);
  }

  @Test
  void aPaymentThatCannotBeIsADefiniteFailureAndNothingChanges() {
    assertFailed(pay(payment("R1", BABBAGE, ADA, "50.11"), "n1"), "insufficient_funds");
    assertFailed(
        pay(payment("R2", ADA, "DE00000000000000000000", "1.00"), "n2"), "unknown_account");
    assertFailed(
        pay(payment("R3", "DE00000000000000000000", ADA, "1.00"), "n3"), "unknown_account");
    assertFailed(pay(payment("R4", ADA, ADA, "1.00"), "n4"), "unknown_account");
    assertUntouched();
    assertThat(pay(payment("R5", BABBAGE, ADA, "50.10"), "n5").status()).isEqualTo(200);
    assertFailed(pay(payment("R5", ADA, BABBAGE, "1.00"), "n6"), "duplicate_reference");
    assertThat(bank.rows(BALANCES)).containsExactly("1050.10", "0.00");
  }

  private void assertUntouched() {
    assertThat(bank.rows(BALANCES)).containsExactly("1000.00", "50.10");
    assertThat(bank.rows("SELECT * FROM payment")).isEmpty();
  }

  @Test
  void aConnectionThatIsLostInTheMiddleIsUnknownAndIsNotPaidAgain() throws Exception {
    String payment = payment("INV-3", ADA, BABBAGE, "10.00");
    try (Connection other = bank.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT * FROM account FOR UPDATE");
      CompletableFuture<Reply> reply =
          service
              .requests()
              .executeAsync(Requests.body("pay", payment, "n", approver.approve("pay", payment)));
      Eventually.within(10_000, () -> !waiting().isEmpty());
      bank.execute("SELECT pg_terminate_backend(" + waiting().get(0) + ")");
      assertThat(reply.get().status()).as(reply.get().text()).isEqualTo(409);
      assertThat(reply.get().json().path("state").asText()).isEqualTo("unknown");
      other.rollback();
    }
    Reply replay = pay(payment, "n");
    assertThat(replay.json().path("state").asText()).isEqualTo("unknown");
    assertUntouched();
  }

  private List<String> waiting() {
    return bank.rows(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'openexec-action'"
            + " AND wait_event_type = 'Lock' AND datname = current_database()");
  }

  @Test
  void aPaymentThatTakesTooLongIsUnknownUntilItsLateOutcomeSettlesIt() throws Exception {
    String payment = payment("INV-4", ADA, BABBAGE, "10.00");
    try (Connection other = bank.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT * FROM account FOR UPDATE");
      Reply reply = pay(payment, "n");
      assertThat(reply.status()).as(reply.text()).isEqualTo(409);
      assertThat(reply.json().path("reason").asText()).isEqualTo("timeout");
      other.rollback();
    }
    Eventually.within(10_000, () -> pay(payment, "n").status() == 200);
    assertThat(bank.rows(BALANCES)).containsExactly("990.00", "60.10");
  }

  @Test
  void paymentsAcrossAtOnceNeitherLoseNorMakeMoney() {
    List<CompletableFuture<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String payment =
          i % 2 == 0
              ? payment("A" + i, ADA, BABBAGE, "40.00")
              : payment("B" + i, BABBAGE, ADA, "30.00");
      replies.add(
          service
              .requests()
              .executeAsync(
                  Requests.body("pay", payment, "n" + i, approver.approve("pay", payment))));
    }
    List<Reply> done = replies.stream().map(CompletableFuture::join).toList();
    assertThat(done)
        .allMatch(
            reply ->
                reply.status() == 200
                    // More than eight at once were asked for.
                    || reply.status() == 503
                    || reply.json().path("reason").asText().equals("insufficient_funds"));
    assertThat(done).anyMatch(reply -> reply.status() == 200);
    assertThat(bank.rows("SELECT count(*) FROM payment"))
        .containsExactly(String.valueOf(done.stream().filter(r -> r.status() == 200).count()));
    assertThat(bank.rows("SELECT sum(balance) FROM account")).containsExactly("1050.10");
    assertThat(
            bank.rows(
                "SELECT 1000 + sum(CASE WHEN creditor = '%s' THEN amount ELSE -amount END)"
                        .formatted(ADA)
                    + " = (SELECT balance FROM account WHERE iban = '%s') FROM payment"
                        .formatted(ADA)))
        .containsExactly("t");
  }
}
