package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Packaged;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Forged requests by the thousand. {@code -Dflood.requests=100000} makes it as many as that;
 * without, it is a short one.
 */
class FloodIT {
  private static final boolean LONG = System.getProperty("flood.requests") != null;
  private static final int REQUESTS = Integer.getInteger("flood.requests", 6_000);
  private static final int PER_SECOND = 1_500;
  private static final int AT_ONCE = 64;
  private static final int SAMPLES = LONG ? 2_000 : 300;

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private final AtomicInteger nonces = new AtomicInteger();
  private final AtomicLong withEvidence = new AtomicLong();
  private final AtomicLong without = new AtomicLong();

  @Test
  @Timeout(600)
  void aFloodOfForgedRequestsFillsNoDiskSlowsNobodyAndIsCounted() throws Exception {
    TestService.Setup setup = new TestService.Setup(directory).clawshield(approver);
    try (Packaged service = Packaged.start(directory, setup.environment(), false)) {
      times(service.requests(), SAMPLES);
      double quiet = p99(times(service.requests(), SAMPLES));
      long before = Files.size(setup.database());
      ScheduledExecutorService flood = Executors.newScheduledThreadPool(1);
      Semaphore underWay = new Semaphore(AT_ONCE);
      AtomicInteger sent = new AtomicInteger();
      var sending =
          flood.scheduleAtFixedRate(
              () -> {
                for (int i = 0; i < PER_SECOND / 100 && sent.get() < REQUESTS; i++) {
                  if (underWay.tryAcquire()) {
                    sent.incrementAndGet();
                    forge(service.requests(), underWay);
                  }
                }
              },
              0,
              10,
              TimeUnit.MILLISECONDS);
      List<Long> during = new ArrayList<>();
      while (sent.get() < REQUESTS) {
        during.addAll(times(service.requests(), 100));
      }
      double flooded = p99(during);
      assertThat(sending.isDone()).as("it was sent to the end").isFalse();
      flood.shutdown();
      underWay.acquire(AT_ONCE);
      System.out.printf(
          "p99 of approved requests %.1f ms, under a flood of %d forged ones %.1f ms;"
              + " %d of those have a receipt%n",
          quiet, REQUESTS, flooded, withEvidence.get());
      assertThat(withEvidence.get() + without.get()).isEqualTo(REQUESTS);
      assertThat(withEvidence.get())
          .as("a thousand, and ten a second")
          .isBetween(1_000L, 1_000L + 10L * (2 + REQUESTS / 100));
      if (LONG) {
        assertThat(flooded).as("ms").isLessThan(2 * quiet);
      }
      assertThat(Files.size(setup.database()) - before)
          .as("bytes, for each receipt")
          .isLessThan((withEvidence.get() + during.size()) * 16_384);
      // It counts one last time.
      service.terminate();
      service.awaitEnd();
    }
    assertThat(dropped(setup.database())).isEqualTo(without.get());
  }

  /** What approved requests took, one after the other, in nanoseconds. */
  private List<Long> times(Requests requests, int count) {
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String payload = "{\"n\":" + nonces.incrementAndGet() + "}";
      String body =
          Requests.body("echo", payload, "n" + nonces.get(), approver.approve("echo", payload));
      long begin = System.nanoTime();
      assertThat(requests.execute(body).status()).isEqualTo(200);
      nanos.add(System.nanoTime() - begin);
    }
    return nanos;
  }

  /** The 99th percentile, in milliseconds. */
  private static double p99(List<Long> nanos) {
    return nanos.stream().sorted().skip(nanos.size() * 99L / 100).findFirst().orElseThrow() / 1e6;
  }

  private void forge(Requests requests, Semaphore underWay) {
    var artifact = approver.approve("echo", "{}").put("signature", "A".repeat(86) + "==");
    var unused =
        requests
            .executeAsync(Requests.body("echo", "{}", "f" + nonces.incrementAndGet(), artifact))
            .whenComplete(
                (reply, failure) -> {
                  underWay.release();
                  if (failure == null) {
                    count(reply);
                  }
                });
  }

  private void count(Reply reply) {
    if (reply.status() == 403) {
      (reply.json().path("evidence").isNull() ? without : withEvidence).incrementAndGet();
    }
  }

  private static long dropped(Path database) {
    return StoreRows.of(database, "SELECT evidence FROM receipts WHERE disclosures = '[]'").stream()
        .map(evidence -> Base64.getUrlDecoder().decode(evidence.split("\\.", -1)[1]))
        .mapToLong(
            payload -> {
              Matcher count =
                  Pattern.compile("\"dropped\":([0-9]+)")
                      .matcher(new String(payload, StandardCharsets.UTF_8));
              assertThat(count.find()).isTrue();
              return Long.parseLong(count.group(1));
            })
        .sum();
  }
}
