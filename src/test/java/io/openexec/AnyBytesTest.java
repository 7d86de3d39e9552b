package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever the bytes: an answer in our own shape, and never a fault of the service. */
class AnyBytesTest {
  private static TestService service;
  private static Path temp;
  private static int executed;

  @BeforeContainer
  static void start() throws Exception {
    temp = Files.createTempDirectory("openexec-bytes");
    service = new TestService.Setup(temp).start();
  }

  @AfterContainer
  static void stop() throws Exception {
    service.close();
    try (var files = Files.walk(temp)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  @Property(tries = 300)
  void bytes(@ForAll @Size(max = 200) byte[] body) {
    assertAnswered(body);
  }

  @Property(tries = 700)
  void jsonLikeText(@ForAll("jsonLike") String body) {
    assertAnswered(body.getBytes(StandardCharsets.UTF_8));
  }

  private static void assertAnswered(byte[] body) {
    Requests to = service.requests();
    Reply reply =
        to.send(
            to.to("/execute")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body))
                .build());
    assertThat(reply.status()).as(reply.text()).isIn(200, 400, 403, 422);
    assertThat(reply.json().isObject()).isTrue();
    assertThat(reply.status() == 200 || !reply.detail().isEmpty()).isTrue();
    if (reply.status() == 200 && !reply.replayed()) {
      executed++;
    }
    assertThat(StoreRows.of(temp.resolve("openexec.db"), "SELECT COUNT(*) FROM executions"))
        .as("only what was answered 200 was executed")
        .containsExactly(Integer.toString(executed));
  }

  @Provide
  Arbitrary<String> jsonLike() {
    return Arbitraries.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u0061",
            "\\ud800",
            "null",
            "true",
            "1",
            "-0",
            "1e400",
            "1e5",
            "\"action\"",
            "\"payload\"",
            "\"nonce\"",
            "\"approval_artifact\"",
            "\"echo\"",
            "\"add\"",
            "\"a\"",
            "{}",
            "[]",
            " ",
            "\u0000",
            "é",
            "😀",
            "{\"action\":\"echo\",\"nonce\":\"",
            "\"action\":\"add\",",
            "\"nonce\":\"n\",",
            "\"payload\":{\"a\":")
        .list()
        .ofMaxSize(14)
        .map(parts -> String.join("", parts));
  }
}
