package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** The same request, however it is spelled, gets the same record; any other request gets none. */
class ReplaySpellingsTest {
  private static TestService service;
  private static Path temp;
  private static int nonce;

  @BeforeContainer
  static void start() throws Exception {
    temp = Files.createTempDirectory("openexec-replay");
    service = new TestService.Setup(temp).start();
  }

  @AfterContainer
  static void stop() throws Exception {
    service.close();
    try (var files = Files.walk(temp)) {
      files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  @Property(tries = 300)
  void replayOrNothing(@ForAll("payloads") String payload, @ForAll("payloads") String other) {
    String n = "p" + nonce++;
    Reply first = service.requests().execute("echo", payload, n);
    assertThat(first.status()).isEqualTo(200);
    Reply second = service.requests().execute("echo", other, n);
    if (hash(payload).equals(hash(other))) {
      assertThat(second.text()).isEqualTo(first.text());
      assertThat(second.replayed()).isTrue();
    } else {
      assertThat(second.status()).isEqualTo(422);
    }
  }

  private static String hash(String payload) {
    return Approver.hash("echo", payload.equals("null") ? "{}" : payload);
  }

  @Provide
  Arbitrary<String> payloads() {
    return Arbitraries.of(
        "{}",
        "null",
        " { } ",
        "{\"a\":1}",
        "{\"a\":1.0}",
        "{\"a\":1e0}",
        "{\"\\u0061\":1}",
        "{\"a\":-0}",
        "{\"a\":0}",
        "{\"a\":-0.0}",
        "{\"a\":0.0}",
        "{\"a\":\"1\"}",
        "{\"a\":true}",
        "{\"a\":1,\"b\":2}",
        "{\"b\":2,\"a\":1}",
        "{\"a\":[1,2]}",
        "{\"a\":[2,1]}",
        "{\"a\":null}",
        "{\"a\":\"\\u00e9\"}",
        "{\"a\":\"é\"}",
        "{\"a\":\"e\\u0301\"}",
        "{\"a\":0.1}",
        "{\"a\":0.1000000000000000055511151231257827}",
        "{\"a\":9007199254740993}",
        "{\"a\":9007199254740992}",
        "{\"a\":9007199254740993.0}",
        "{\"a\":1e16}",
        "{\"a\":10000000000000000}");
  }
}
