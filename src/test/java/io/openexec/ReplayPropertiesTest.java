package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Replays in clawshield mode of an effectful action, for payloads of any kind. */
class ReplayPropertiesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Approver APPROVER = new Approver();
  private static TestService.Setup setup;
  private static TestService service;
  private static Path temp;
  private static int nonce;
  private static int executed;

  @BeforeContainer
  static void start() throws Exception {
    temp = Files.createTempDirectory("openexec-replays");
    setup = new TestService.Setup(temp).clawshield(APPROVER).tracing("trace", "");
    service = setup.start();
  }

  @AfterContainer
  static void stop() throws Exception {
    service.close();
    try (var files = Files.walk(temp)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  @Property(tries = 100)
  void oneEffectAndOneAnswerWhateverIsSentAfterwards(
      @ForAll("payloads") String payload,
      @ForAll("payloads") String other,
      @ForAll boolean sameApproval) {
    Requests to = service.requests();
    String n = "n" + nonce++;
    ObjectNode approval = APPROVER.approve("trace", payload);
    Reply first = to.execute("trace", payload, n, approval);
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    assertEffects(++executed);

    ObjectNode again = sameApproval ? approval : APPROVER.approve("trace", payload);
    Reply replay = to.execute("trace", payload, n, again);
    assertThat(replay.replayed()).isTrue();
    assertThat(replay.text()).isEqualTo(first.text());

    Reply elsewhere = to.execute("trace", other, n, APPROVER.approve("trace", other));
    boolean same = Approver.hash("trace", payload).equals(Approver.hash("trace", other));
    assertThat(elsewhere.status()).isEqualTo(same ? 200 : 422);
    assertEffects(executed);

    Reply next = to.execute("trace", payload, n + " again", again);
    if (sameApproval) {
      assertThat(next.code()).isEqualTo("approval_used");
    } else {
      assertThat(next.status()).as("a replay consumed nothing").isEqualTo(200);
      executed++;
    }
    assertEffects(executed);
  }

  private static void assertEffects(int expected) {
    assertThat(setup.traced()).hasSize(expected);
  }

  @Provide
  Arbitrary<String> payloads() {
    Arbitrary<String> texts = Arbitraries.strings().withCharRange(' ', '\u024f').ofMaxLength(8);
    return Arbitraries.maps(
            texts, Arbitraries.oneOf(texts, Arbitraries.doubles(), Arbitraries.longs()))
        .ofMaxSize(3)
        .map(
            members -> {
              ObjectNode object = JsonNodeFactory.instance.objectNode();
              members.forEach((name, value) -> object.set(name, MAPPER.valueToTree(value)));
              return object.put("id", "line").toString();
            });
  }
}
