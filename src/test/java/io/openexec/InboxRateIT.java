package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Eventually;
import io.openexec.testing.Packaged;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A long file beside as many requests over HTTP, to one warm service. {@code -Dinbox.lines=100000}
 * makes it as long as that, and compares the rates; without, it is a short one.
 *
 * <p>The client is Java's, in this process, on the same cores: over HTTP the figure is what this
 * client gets, which is less than the door can do. A ratio of 0.8 here is necessary, not enough.
 */
class InboxRateIT {
  private static final boolean LONG = System.getProperty("inbox.lines") != null;
  private static final int LINES = Integer.getInteger("inbox.lines", 3_000);
  private static final int AT_ONCE = 64;
  private static final long SOON = 900_000;

  @TempDir Path directory;
  private Path inbox;

  @Test
  @Timeout(1800)
  void aLongFileIsAnsweredInOrderAndAboutAsFastAsOverHttp() throws Exception {
    inbox = Files.createDirectory(directory.resolve("inbox"));
    TestService.Setup setup =
        new TestService.Setup(directory).with("OPENEXEC_INBOX", inbox.toString());
    try (Packaged service = Packaged.start(directory, setup.environment(), false)) {
      int warm = Math.min(LINES, 10_000);
      overHttp(service.requests(), "warm-http-", warm);
      byFile("warm", warm);
      double http = overHttp(service.requests(), "http-", LINES);
      double file = byFile("lines", LINES);
      System.out.printf(
          "inbox: %d lines: %.0f/s by file, %.0f/s over HTTP, ratio %.2f%n",
          LINES, file, http, file / http);
      if (LONG) {
        assertThat(file / http).isGreaterThanOrEqualTo(0.8);
      }
    }
  }

  private static String body(String prefix, int n) {
    return Requests.body("echo", "{\"n\":" + n + "}", prefix + n, null);
  }

  /** Returns how many requests a second were answered. */
  private static double overHttp(Requests requests, String prefix, int count)
      throws InterruptedException {
    Semaphore slots = new Semaphore(AT_ONCE);
    AtomicInteger succeeded = new AtomicInteger();
    long start = System.nanoTime();
    for (int n = 1; n <= count; n++) {
      slots.acquire();
      var unused =
          requests
              .executeAsync(body(prefix, n))
              .whenComplete(
                  (reply, error) -> {
                    if (reply != null && reply.status() == 200) {
                      succeeded.incrementAndGet();
                    }
                    slots.release();
                  });
    }
    slots.acquire(AT_ONCE);
    double rate = count * 1e9 / (System.nanoTime() - start);
    assertThat(succeeded).hasValue(count);
    return rate;
  }

  /** Returns how many lines a second were answered, from when the file is taken to its end. */
  private double byFile(String name, int count) throws IOException {
    Path next = directory.resolve("next");
    try (BufferedWriter lines = Files.newBufferedWriter(next)) {
      for (int n = 1; n <= count; n++) {
        lines.write(body(name, n));
        lines.newLine();
      }
    }
    Path done = inbox.resolve("done").resolve(name + ".jsonl");
    Path dropped = Files.move(next, inbox.resolve(name + ".jsonl"));
    // What is measured begins when the file is taken; before, it has to lie still for a second.
    Eventually.within(SOON, () -> Files.notExists(dropped));
    long start = System.nanoTime();
    Eventually.within(SOON, () -> Files.exists(done));
    double rate = count * 1e9 / (System.nanoTime() - start);
    assertAnswered(inbox.resolve("out").resolve(name + ".jsonl.receipts.jsonl"), count);
    return rate;
  }

  private static void assertAnswered(Path receipts, int count) throws IOException {
    JsonMapper mapper = new JsonMapper();
    try (BufferedReader lines = Files.newBufferedReader(receipts)) {
      int n = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        n++;
        var answer = mapper.readTree(line);
        assertThat(answer.path("line").asInt()).isEqualTo(n);
        assertThat(answer.path("status").asInt()).isEqualTo(200);
        assertThat(answer.at("/answer/result/echo/n").asInt()).isEqualTo(n);
      }
      assertThat(n).isEqualTo(count);
    }
  }
}
