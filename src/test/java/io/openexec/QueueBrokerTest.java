package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker goes away and comes back. */
class QueueBrokerTest {
  private static final long SOON = 30_000;

  @TempDir Path brokerDirectory;
  @TempDir Path directory;

  private TestService.Setup setup(Broker broker) {
    return new TestService.Setup(directory).with("OPENEXEC_QUEUE_URL", broker.url());
  }

  private static void awaitReady(TestService service, int status) {
    Eventually.within(SOON, () -> service.requests().get("/ready").status() == status);
  }

  @Test
  void withoutItTheServiceStartsAndSaysSo() throws Exception {
    Broker broker = Broker.away(brokerDirectory);
    try (TestService service = setup(broker).start()) {
      var ready = service.requests().get("/ready");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.json().path("detail").asText())
          .startsWith("the broker of OPENEXEC_QUEUE_URL");
      assertThat(service.requests().execute("echo", "{}", "http").status()).isEqualTo(200);
      broker.restart();
      try (broker) {
        awaitReady(service, 200);
        broker.send("openexec.requests", Requests.body("echo", "{}", "n", null), "c");
        assertThat(broker.receive("openexec.receipts").getJMSCorrelationID()).isEqualTo("c");
      }
      awaitReady(service, 503);
    }
  }
}
