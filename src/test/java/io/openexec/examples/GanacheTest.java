package io.openexec.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/chain}, against npm's ganache: a chain of one's own, with accounts that sign. */
class GanacheTest {
  private static final Path NODE =
      Path.of("src/test/interop/chain/node_modules/ganache/dist/node/cli.js").toAbsolutePath();
  private static final String ONE_ETHER = "0xde0b6b3a7640000";

  @TempDir Path directory;
  private Requests node;

  private static boolean hasNode() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .anyMatch(path -> Files.isExecutable(Path.of(path, "node")));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private JsonNode ask(String method, String parameters) {
    String question =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\""
            + method
            + "\",\"params\":"
            + parameters
            + "}";
    JsonNode answer = node.post("/", question).json();
    assertThat(answer.has("result")).as(answer.toString()).isTrue();
    return answer.path("result");
  }

  private boolean answers() {
    try {
      return ask("eth_chainId", "[]").isTextual();
    } catch (RuntimeException e) {
      return false;
    }
  }

  private String signed(JsonNode accounts, int nonce, String value) {
    return ask(
            "eth_signTransaction",
            "[{\"from\":%s,\"to\":%s,\"value\":\"%s\",\"gas\":\"0x5208\",\"gasPrice\":\"0x77359400\",\"nonce\":\"0x%x\"}]"
                .formatted(accounts.get(0), accounts.get(1), value, nonce))
        .asText();
  }

  private String balance(JsonNode account) {
    return ask("eth_getBalance", "[" + account + ",\"latest\"]").asText();
  }

  @Test
  void aTransactionIsMinedOnceAndItsHashIsTheChains() throws Exception {
    assumeTrue(hasNode() && Files.exists(NODE), "npm ci in src/test/interop/chain");
    int port = freePort();
    node = new Requests(port);
    Process chain =
        new ProcessBuilder(
                "node",
                NODE.toString(),
                "--server.host=127.0.0.1",
                "--server.port=" + port,
                "--wallet.deterministic")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("chain.txt").toFile())
            .start();
    Approver approver = new Approver();
    try {
      Eventually.within(40_000, this::answers);
      try (TestService service = ChainExampleTest.gateway(directory, approver, port).start()) {
        submitTo(service, approver);
      }
    } finally {
      chain.destroy();
    }
  }

  private void submitTo(TestService service, Approver approver) {
    JsonNode accounts = ask("eth_accounts", "[]");
    String before = balance(accounts.get(1));
    String payload = ChainExampleTest.payload(signed(accounts, 0, ONE_ETHER));
    Reply first = submit(service, approver, payload, "n1");
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    String hash = first.json().path("result").path("hash").asText();
    Eventually.within(
        20_000, () -> ask("eth_getTransactionReceipt", "[\"" + hash + "\"]").isObject());
    assertThat(ask("eth_getTransactionReceipt", "[\"" + hash + "\"]").path("status").asText())
        .isEqualTo("0x1");
    String after = balance(accounts.get(1));
    assertThat(after).isNotEqualTo(before);

    // Not submitted again: this chain would mine it twice.
    assertThat(submit(service, approver, payload, "n1").text()).isEqualTo(first.text());
    String tooMuch = signed(accounts, 1, "0xffffffffffffffffffff");
    Reply poor = submit(service, approver, ChainExampleTest.payload(tooMuch), "n2");
    assertThat(poor.json().path("reason").asText()).as(poor.text()).isEqualTo("insufficient_funds");
    assertThat(balance(accounts.get(1))).isEqualTo(after);
  }

  private static Reply submit(
      TestService service, Approver approver, String payload, String nonce) {
    return service
        .requests()
        .execute("submit", payload, nonce, approver.approve("submit", payload));
  }
}
