package io.openexec.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.boundary.ApprovalKeys;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.RequestParser;
import io.openexec.store.Databases;
import io.openexec.testing.Approver;
import io.openexec.testing.Keys;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A flood of denials, by a clock that the test turns. */
class DenialsTest {
  @TempDir Path directory;
  private final Approver approver = new Approver();
  private final AtomicLong nanos = new AtomicLong();
  private TestDatabase database;
  private ExecutionStore store;
  private Denials denials;

  @BeforeEach
  void open() {
    database = TestDatabase.sqlite(directory);
    store =
        Databases.open(
            database.parsed(),
            Optional.of(""),
            Duration.ofSeconds(60),
            Keys.signatories(),
            Runnable::run,
            Clock.systemUTC());
    denials = new Denials(store, nanos::get);
  }

  @AfterEach
  void close() {
    denials.close();
    store.close();
  }

  private static Object unverified(String payload) {
    return RequestParser.parse(
        Requests.body("echo", payload, "n", null).getBytes(StandardCharsets.UTF_8));
  }

  private Object verified(String payload) {
    return ApprovalVerifier.clawshield(
            ApprovalKeys.parse(approver.pem()), Optional.of(Approver.TENANT))
        .verify(
            RequestParser.parse(
                Requests.body("echo", payload, "n", approver.approve("echo", payload))
                    .getBytes(StandardCharsets.UTF_8)));
  }

  private int receipted(Object request, int times) {
    int receipts = 0;
    for (int i = 0; i < times; i++) {
      Denial denial = denials.deny(Refusal.expired(), request).join();
      assertThat(denial.decided()).isTrue();
      assertThat(denial.refusal().detail()).isEqualTo(Refusal.expired().detail());
      if (denial.receipt() != null) {
        receipts++;
      }
    }
    return receipts;
  }

  @Test
  void aThousandAtOnceAndThenTenASecondForAllThatIsNotVerifiedAndForEachTenant() {
    Object unverified = unverified("{}");
    Object verified = verified("{}");
    assertThat(receipted(unverified, 1_100)).isEqualTo(1_000);
    assertThat(receipted(verified, 1_100)).as("the others took none of it").isEqualTo(1_000);
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertThat(receipted(unverified, 100)).isEqualTo(10);
    assertThat(receipted(verified, 100)).isEqualTo(10);
    nanos.addAndGet(TimeUnit.DAYS.toNanos(1));
    assertThat(receipted(unverified, 1_100)).as("never more than a thousand").isEqualTo(1_000);
    assertThat(database.rows("SELECT COUNT(*) FROM receipts")).containsExactly("3020");
    denials.close();
    long counted =
        database.rows("SELECT evidence FROM receipts WHERE disclosures = '[]'").stream()
            .mapToLong(DenialsTest::dropped)
            .sum();
    assertThat(counted).as("in one receipt or several").isEqualTo(480);
  }

  private static long dropped(String evidence) {
    String payload =
        new String(
            Base64.getUrlDecoder().decode(evidence.split("\\.", -1)[1]), StandardCharsets.UTF_8);
    assertThat(payload).contains("\"status\":\"denials_dropped\"");
    Matcher count = Pattern.compile("\"dropped\":([0-9]+)").matcher(payload);
    assertThat(count.find()).isTrue();
    return Long.parseLong(count.group(1));
  }

  @Test
  void whatIsNoDecisionOrCouldNotBeReadHasNoReceipt() {
    for (Refusal refusal : List.of(Refusal.storeUnavailable(), Refusal.overloaded())) {
      assertThat(denials.deny(refusal, verified("{}")).join()).isEqualTo(Denial.undecided(refusal));
    }
    assertThat(denials.deny(Refusal.expired(), new byte[0]).join())
        .extracting(Denial::decided, Denial::receipt)
        .containsExactly(false, null);
    assertThat(database.rows("SELECT COUNT(*) FROM receipts")).containsExactly("0");
  }

  @Test
  void theDisclosuresOfALargeOneAreHandedOutAndNotKept() {
    String large = "{\"x\":\"" + "y".repeat(100_000) + "\"}";
    Denial denial = denials.deny(Refusal.expired(), unverified(large)).join();
    assertThat(denial.receipt().disclosures()).anyMatch(one -> one.length() > 100_000);
    assertThat(database.rows("SELECT disclosures FROM receipts")).containsExactly("null");
    assertThat(receipted(unverified("{}"), 1)).isEqualTo(1);
    assertThat(database.rows("SELECT COUNT(*) FROM receipts WHERE disclosures LIKE '[\"%'"))
        .containsExactly("1");
  }

  @Test
  void whatCannotBeKeptIsDeniedAllTheSameAndCounted() {
    database.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON receipts BEGIN SELECT RAISE(ABORT, 'no'); END");
    assertThat(receipted(unverified("{}"), 3)).isZero();
    database.execute("DROP TRIGGER refuse");
    denials.close();
    assertThat(database.rows("SELECT COUNT(*) FROM receipts")).containsExactly("1");
  }
}
