package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Packaged;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that ask, and do not read what they are answered. */
class UnreadAnswersIT {
  private static final int LARGE = 900_000;

  @TempDir Path directory;
  private final List<Socket> clients = new ArrayList<>();
  private Packaged service;

  @BeforeEach
  void start() throws Exception {
    TestService.Setup setup = new TestService.Setup(directory);
    service = Packaged.start(directory, setup.environment(), false, "-Xmx256m", Packaged.SOON);
  }

  @AfterEach
  void stop() throws Exception {
    for (Socket client : clients) {
      client.close();
    }
    service.close();
  }

  private Socket client() throws IOException {
    Socket client = new Socket();
    client.setReceiveBufferSize(4_096);
    client.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), service.requests().port()));
    client.setSoTimeout(10_000);
    clients.add(client);
    return client;
  }

  private void assertOthersAreAnswered(int nonce) {
    long begin = System.nanoTime();
    assertThat(service.requests().get("/ready").status()).isEqualTo(200);
    assertThat(service.requests().execute("echo", "{}", "small-" + nonce).status()).isEqualTo(200);
    assertThat((System.nanoTime() - begin) / 1e9).as("seconds").isLessThan(3);
  }

  @Test
  void manyLargeAnswersThatNobodyReadsStopNobody() throws Exception {
    String body =
        "{\"action\":\"echo\",\"payload\":{\"x\":\""
            + "y".repeat(LARGE)
            + "\"},\"nonce\":\"large\"}";
    byte[] request =
        ("POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: "
                + body.length()
                + "\r\n\r\n"
                + body)
            .getBytes(StandardCharsets.US_ASCII);
    int answered = 0;
    int ended = 0;
    for (int i = 0; i < 120; i++) {
      Socket client = client();
      client.getOutputStream().write(request);
      int first = client.getInputStream().read();
      answered += first == 'H' ? 1 : 0;
      ended += first < 0 ? 1 : 0;
      if (i % 10 == 0) {
        assertOthersAreAnswered(i);
      }
    }
    assertThat(answered).isPositive();
    assertThat(ended).as("connections that ended, when too much was unread").isPositive();
    assertThat(answered + ended).isEqualTo(120);
  }

  @Test
  void whoAsksForMoreWithoutReadingLosesTheConnection() throws Exception {
    for (int i = 0; i < 300; i++) {
      service.requests().execute("echo", "{}", "leaf-" + i);
    }
    byte[] requests =
        "GET /ledger/tile/entries/000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            .repeat(100)
            .getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 4; i++) {
      Socket client = client();
      IOException lost = null;
      for (int sent = 0; sent < 50 && lost == null; sent++) {
        try {
          client.getOutputStream().write(requests);
        } catch (IOException e) {
          lost = e;
        }
      }
      assertOthersAreAnswered(i);
    }
  }
}
