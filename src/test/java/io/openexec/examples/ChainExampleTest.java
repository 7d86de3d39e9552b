package io.openexec.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.StandInNode;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code examples/chain}, against a stand-in, which is no node: {@link GanacheTest} has a real one.
 */
class ChainExampleTest {
  private static final String TRANSACTION = "0xf8" + "6d".repeat(100);
  private static final String PAYLOAD = payload(TRANSACTION);

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private StandInNode node;
  private TestService service;

  @BeforeEach
  void start() throws IOException {
    node = new StandInNode();
    service = gateway(directory, approver, node.port()).start();
  }

  @AfterEach
  void stop() {
    service.close();
    node.close();
  }

  /** The example as it is, but for the node's port. */
  static TestService.Setup gateway(Path directory, Approver approver, int port) throws IOException {
    return new TestService.Setup(directory)
        .clawshield(approver)
        .example("chain")
        .edited("submit.camel.yaml", "http://127.0.0.1:8545", "http://127.0.0.1:" + port)
        .with("NODE_TOKEN", "a-token-for-the-node");
  }

  static String payload(String transaction) {
    return "{\"transaction\":\"" + transaction + "\"}";
  }

  private Reply submit(String payload, String nonce) {
    return service
        .requests()
        .execute("submit", payload, nonce, approver.approve("submit", payload));
  }

  private static void assertState(Reply reply, int status, String state) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    assertThat(reply.json().path("state").asText()).isEqualTo(state);
  }

  @Test
  void anApprovedTransactionIsSubmittedOnceAndItsHashAnswered() {
    Reply first = submit(PAYLOAD, "n");
    Reply replay = submit(PAYLOAD, "n");
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    assertThat(first.json().path("result").path("hash").asText())
        .isEqualTo(StandInNode.hash(TRANSACTION));
    assertThat(replay.replayed()).isTrue();
    assertThat(replay.text()).isEqualTo(first.text());
    assertThat(node.requests()).hasSize(1);
    assertThat(node.accepted()).containsExactly(TRANSACTION);
    assertThat(node.authorizations()).containsExactly("Bearer a-token-for-the-node");
    assertThat(first.text()).doesNotContain("a-token-for-the-node");
  }

  @Test
  void anAnswerThatIsLostEndsUnknownAndNotInASecondSubmission() {
    node.loseAnswers(true);
    assertState(submit(PAYLOAD, "n"), 409, "unknown");
    node.loseAnswers(false);
    assertState(submit(PAYLOAD, "n"), 409, "unknown");
    assertThat(node.requests()).hasSize(1);
    // What the operator finds, to settle it by.
    assertThat(node.accepted()).containsExactly(TRANSACTION);
  }

  @Test
  void alreadyKnownProvesThatItWasAcceptedBefore() {
    assertThat(submit(PAYLOAD, "n1").status()).isEqualTo(200);
    assertState(submit(PAYLOAD, "n2"), 409, "unknown");
    assertThat(node.accepted()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-32601|the method does not exist|failed|not_understood",
        "-32602|invalid argument 0|failed|not_understood",
        "-32000|insufficient funds for gas * price + value: balance 0|failed|insufficient_funds",
        "-32003|insufficient funds for gas * price + value|failed|insufficient_funds",
        "-32000|intrinsic gas too low: have 1, want 21000|failed|gas_too_low",
        "-32000|already known|unknown|action_error",
        "-32000|nonce too low: next nonce 2, tx nonce 1|unknown|action_error",
        "-32000|replacement transaction underpriced|unknown|action_error",
        "-32000|no insufficient funds for it|unknown|action_error",
        "-32603|insufficient funds for gas * price + value|unknown|action_error",
        "-32700|parse error|unknown|action_error",
        "-32005|limit exceeded|unknown|action_error",
        "-326010|${body} == -32601|unknown|action_error",
      })
  void anErrorIsDefiniteOnlyIfItProvesThatNothingWasAccepted(
      int code, String message, String state, String reason) {
    node.refuseNext(code, message);
    Reply reply = submit(PAYLOAD, "n");
    assertState(reply, state.equals("failed") ? 500 : 409, state);
    assertThat(reply.json().path("reason").asText()).isEqualTo(reason);
    assertState(submit(PAYLOAD, "n"), reply.status(), state);
    assertThat(node.requests()).hasSize(1);
  }

  @Test
  void aNodeThatIsAwayWasSentNothing() {
    node.close();
    Reply reply = submit(PAYLOAD, "n");
    assertState(reply, 500, "failed");
    assertThat(reply.json().path("reason").asText()).isEqualTo("node_away");
  }

  @Test
  void whatIsNotApprovedOrNoTransactionReachesNoNode() {
    assertThat(service.requests().execute("submit", PAYLOAD, "n").code())
        .isEqualTo("approval_missing");
    String other = payload("0xf8" + "6e".repeat(100));
    assertThat(
            service
                .requests()
                .execute("submit", other, "n", approver.approve("submit", PAYLOAD))
                .code())
        .isEqualTo("action_hash_mismatch");
    for (String transaction :
        new String[] {
          "0x12",
          TRANSACTION.substring(2),
          TRANSACTION.toUpperCase(java.util.Locale.ROOT),
          TRANSACTION + "\\n",
          TRANSACTION + "\\\"], \\\"method\\\": \\\"eth_sign",
          TRANSACTION + "${body}",
          "0x" + "00".repeat(131_073)
        }) {
      assertThat(submit(payload(transaction), "n").status()).as(transaction).isEqualTo(400);
    }
    assertThat(submit(payload("0x" + "00".repeat(131_072)), "n").status()).isEqualTo(200);
    assertThat(node.requests()).hasSize(1);
  }
}
