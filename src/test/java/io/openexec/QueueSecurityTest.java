package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.openexec.testing.Broker;
import io.openexec.testing.Eventually;
import io.openexec.testing.Packaged;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import jakarta.jms.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Brokers that ask who comes, and those that say who they are; and what the log shows of it. */
class QueueSecurityTest {
  private static final long SOON = 20_000;
  private static final String PASSWORD = "correct-horse-battery";
  private static final String WRONG = "wrong-horse-battery";
  private static final List<String> TRUST =
      List.of("javax.net.ssl.trustStore", "javax.net.ssl.trustStorePassword");

  @TempDir Path directory;
  @TempDir Path brokerDirectory;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private Level level;

  @BeforeEach
  void listen() {
    level = root.getLevel();
    log.start();
    root.addAppender(log);
  }

  @AfterEach
  void stop() {
    root.setLevel(level);
    root.detachAppender(log);
    TRUST.forEach(System::clearProperty);
  }

  private TestService.Setup setup(String url) {
    return new TestService.Setup(directory).with("OPENEXEC_QUEUE_URL", url);
  }

  private static void awaitReady(TestService service) {
    Eventually.within(SOON, () -> service.requests().get("/ready").status() == 200);
  }

  private List<String> logged() {
    List<String> lines = new ArrayList<>();
    for (ILoggingEvent event : List.copyOf(log.list)) {
      lines.add(event.getFormattedMessage());
      if (event.getThrowableProxy() != null) {
        lines.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
    }
    return lines;
  }

  private static void works(Broker broker) throws Exception {
    broker.send("openexec.requests", Requests.body("echo", "{}", "n", null), "c");
    Message answer = broker.receive("openexec.receipts");
    assertThat(answer.getJMSCorrelationID()).isEqualTo("c");
    assertThat(answer.getIntProperty("status")).isEqualTo(200);
  }

  @Test
  void aBrokerMayAskForAPassword() throws Exception {
    root.setLevel(Level.DEBUG);
    try (Broker broker = Broker.locked(brokerDirectory, "openexec", PASSWORD);
        TestService service =
            setup(broker.url())
                .with("OPENEXEC_QUEUE_USER", "openexec")
                .with("OPENEXEC_QUEUE_PASSWORD", PASSWORD)
                .start()) {
      awaitReady(service);
      works(broker);
    }
    assertThat(logged()).isNotEmpty().noneMatch(line -> line.contains(PASSWORD));
  }

  @Test
  void aWrongPasswordIsSaidAndNotShown() throws Exception {
    root.setLevel(Level.DEBUG);
    try (Broker broker = Broker.locked(brokerDirectory, "openexec", PASSWORD);
        TestService service =
            setup(broker.url())
                .with("OPENEXEC_QUEUE_USER", "openexec")
                .with("OPENEXEC_QUEUE_PASSWORD", WRONG)
                .start()) {
      Eventually.within(
          SOON,
          () -> service.requests().get("/ready").text().contains("check OPENEXEC_QUEUE_USER"));
      assertThat(service.requests().get("/ready").status()).isEqualTo(503);
      assertThat(service.requests().get("/ready").text()).doesNotContain(WRONG);
      assertThat(service.requests().execute("echo", "{}", "http").status()).isEqualTo(200);
    }
    assertThat(logged()).isNotEmpty().noneMatch(line -> line.contains(WRONG));
  }

  @Test
  void aBrokerShowsACertificateOfWhoeverIsTrusted() throws Exception {
    Path keys = certificate("broker", "san=ip:127.0.0.1");
    trust(keys);
    try (Broker broker = Broker.tls(brokerDirectory, keys, PASSWORD);
        TestService service = setup(broker.tlsUrl("127.0.0.1")).start()) {
      awaitReady(service);
      works(broker);
    }
  }

  @Test
  void aBrokerThatNobodyVouchesForGetsNothing() throws Exception {
    Path keys = certificate("broker", "san=ip:127.0.0.1");
    trust(certificate("other", "san=ip:127.0.0.1"));
    refused(keys, "127.0.0.1");
  }

  @Test
  void aBrokerWithTheCertificateOfAnotherHostGetsNothing() throws Exception {
    Path keys = certificate("broker", "san=dns:elsewhere.example");
    trust(keys);
    refused(keys, "127.0.0.1");
  }

  private void refused(Path keys, String host) throws Exception {
    try (Broker broker = Broker.tls(brokerDirectory, keys, PASSWORD);
        TestService service = setup(broker.tlsUrl(host)).start()) {
      broker.send("openexec.requests", Requests.body("echo", "{}", "n", null), "c");
      Eventually.within(
          SOON, () -> logged().stream().anyMatch(line -> line.contains("Could not refresh JMS")));
      assertThat(service.requests().get("/ready").status()).isEqualTo(503);
      assertThat(broker.count("openexec.requests")).isOne();
      assertThat(broker.count("openexec.receipts")).isZero();
    }
  }

  private static void trust(Path keys) {
    System.setProperty(TRUST.get(0), keys.toString());
    System.setProperty(TRUST.get(1), PASSWORD);
  }

  /** A key of its own and its certificate, which a CA made for this test has signed. */
  private Path certificate(String name, String subject) throws Exception {
    Path keys = directory.resolve(name + ".p12");
    Path authority = directory.resolve(name + "-ca.p12");
    Path request = directory.resolve(name + ".csr");
    Path chain = directory.resolve(name + ".pem");
    Path root = directory.resolve(name + "-ca.pem");
    keytool(authority, "-genkeypair", "-alias", "ca", "-dname", "CN=CA", "-ext", "bc:c");
    keytool(authority, "-exportcert", "-rfc", "-alias", "ca", "-file", root.toString());
    keytool(keys, "-genkeypair", "-alias", "broker", "-dname", "CN=broker");
    keytool(keys, "-certreq", "-alias", "broker", "-file", request.toString());
    keytool(
        authority,
        "-gencert",
        "-rfc",
        "-alias",
        "ca",
        "-ext",
        subject,
        "-infile",
        request.toString(),
        "-outfile",
        chain.toString());
    keytool(keys, "-importcert", "-noprompt", "-alias", "ca", "-file", root.toString());
    keytool(keys, "-importcert", "-noprompt", "-alias", "broker", "-file", chain.toString());
    return keys;
  }

  private static void keytool(Path store, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.add("-J" + Packaged.SOON);
    command.addAll(List.of(options));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
    if (command.contains("-genkeypair")) {
      command.addAll(List.of("-keyalg", "EC"));
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(said);
    }
  }
}
