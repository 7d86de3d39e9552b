package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.camel.QueueSettings;
import io.openexec.camel.QueueSettings.Amqp;
import io.openexec.camel.QueueSettings.Bound;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueueVariablesTest {
  private static final String URL = "OPENEXEC_QUEUE_URL";

  @TempDir Path directory;

  private QueueSettings read(String... namesAndValues) {
    Map<String, String> environment = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      environment.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new QueueVariables(environment, directory).read().orElseThrow();
  }

  private void refused(String message, String... namesAndValues) {
    assertThatThrownBy(() -> read(namesAndValues))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void aUrlIsEnough() {
    QueueSettings settings = read(URL, "amqp://broker");
    assertThat(((Amqp) settings.broker()).address()).isEqualTo("amqp://broker:5672");
    assertThat(settings.concurrency()).isEqualTo(8);
    assertThat(settings.replyTo()).isEmpty();
    assertThat(settings.queues())
        .isEqualTo(
            new QueueSettings.Queues(
                "openexec.requests", "openexec.receipts", "openexec.rejected"));
    assertThat(((Amqp) read(URL, "amqps://[::1]/").broker()).address())
        .isEqualTo("amqps://[::1]:5671");
    assertThat(read(URL, "bean:ibm").broker()).isEqualTo(new Bound("ibm"));
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    refused(URL + " is not; set both", "OPENEXEC_QUEUE_CONCURRENCY", "4");
    refused("no address of an AMQP", URL, "tcp://broker:61616");
    refused("no address of an AMQP", URL, "amqp:broker");
    refused("is no address", URL, "amqp://broker:port:s3cret ");
    refused("has credentials in it", URL, "amqp://me:s3cret@broker");
    refused("has credentials in it", URL, "amqp://me:s3cret@bro_ker:5672");
    refused("has options in it", URL, "amqp://broker?jms.password=s3cret");
    refused("more in it than host and port", URL, "amqp://broker/vhost");
    refused("more in it than host and port", URL, "amqp://broker:70000");
    refused("names no bean", URL, "bean:a?b");
    for (String number : new String[] {"0", "257", "-1", "1e3", "many"}) {
      refused("from 1 to 256", URL, "amqp://broker", "OPENEXEC_QUEUE_CONCURRENCY", number);
    }
    refused("from 0 to 1000", URL, "amqp://broker", "OPENEXEC_QUEUE_PREFETCH", "1001");
    refused("names a bean", URL, "bean:b", "OPENEXEC_QUEUE_PREFETCH", "1");
    for (String queue : new String[] {"a?b", "a b", "{{env:HOME}}", "topic:a", ""}) {
      refused("OPENEXEC_QUEUE_REQUESTS", URL, "amqp://broker", "OPENEXEC_QUEUE_REQUESTS", queue);
    }
    refused("name three", URL, "amqp://b", "OPENEXEC_QUEUE_REJECTED", "openexec.receipts");
    refused("names no queue", URL, "amqp://b", "OPENEXEC_QUEUE_REPLY_TO", "a,,b");
    refused("take it off", URL, "amqp://b", "OPENEXEC_QUEUE_REPLY_TO", "a, openexec.requests");
  }

  @Test
  void thePasswordIsShownNowhere() throws Exception {
    Path file = Files.writeString(directory.resolve("password"), "s3cret\n");
    String user = "OPENEXEC_QUEUE_USER";
    String password = "OPENEXEC_QUEUE_PASSWORD";
    QueueSettings settings =
        read(URL, "amqps://broker", user, "me", password + "_FILE", file.toString());
    assertThat(((Amqp) settings.broker()).credentials().orElseThrow().password())
        .isEqualTo("s3cret");
    assertThat(settings.toString()).doesNotContain("s3cret");
    refused("set both or neither", URL, "amqp://b", password, "s3cret");
    refused("is set without", URL, "amqp://b", user, "me");
    refused("unset one", URL, "amqp://b", user, "me", password, "s3cret", password + "_FILE", "f");
    refused("cannot be read", URL, "amqp://b", user, "me", password + "_FILE", "absent");
    Files.writeString(file, "\n");
    refused("no password in it", URL, "amqp://b", user, "me", password + "_FILE", "password");
  }

  @Test
  void aPasswordGoesOverTlsOrStaysOnThisMachine() throws Exception {
    String user = "OPENEXEC_QUEUE_USER";
    String password = "OPENEXEC_QUEUE_PASSWORD";
    String reason =
        URL + " and the password: a password goes over amqps:, or to a loopback address";
    Files.writeString(directory.resolve("password"), "s3cret\n");
    for (String url :
        new String[] {"amqp://broker", "amqp://127.0.0.1.nip:5672", "amqp://192.0.2.1"}) {
      refused(reason, URL, url, user, "me", password, "s3cret");
      refused(reason, URL, url, user, "me", password + "_FILE", "password");
      assertThat(read(URL, url).broker()).as("without one").isInstanceOf(Amqp.class);
    }
    for (String url :
        new String[] {
          "amqps://broker", "amqp://localhost", "amqp://127.0.0.1", "amqp://[::1]:5673"
        }) {
      assertThat(((Amqp) read(URL, url, user, "me", password, "s3cret").broker()).credentials())
          .isPresent();
    }
  }

  @Test
  void inDemoModeOthersMaySendNothing() {
    TestService.Setup setup = new TestService.Setup(directory).with(URL, "amqp://192.0.2.1");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("demo mode executes without approval");
  }

  @Test
  void aBeanThatNoFileBindsRefusesTheStart() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .with("OPENEXEC_INSECURE_DEMO", "true")
            .with(URL, "bean:mine");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("no route file binds a jakarta.jms.ConnectionFactory");
  }
}
