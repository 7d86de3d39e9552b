package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.Approver;
import io.openexec.testing.Eventually;
import io.openexec.testing.Exposition;
import io.openexec.testing.Packaged;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a database on a server does: it goes away, it comes back, it has to be trusted. */
class PostgresServiceTest {
  @TempDir Path directory;

  @Test
  void whileTheDatabaseIsAwayNothingIsExecutedAndAfterwardsNothingIsLostOrDone() throws Exception {
    Approver approver = new Approver();
    Path data = directory.resolve("data");
    Path release = directory.resolve("release");
    EmbeddedPostgres.Builder server =
        Postgres.durable().setDataDirectory(data).setCleanDataDirectory(false);
    EmbeddedPostgres running = server.start();
    server.setPort(running.getPort());
    TestDatabase database = Postgres.database(running, "away");
    TestService.Setup setup =
        new TestService.Setup(directory)
            .clawshield(approver)
            .on(database)
            .tracing("trace", "")
            .tracing("hold", "?hold=" + release);
    try (TestService service = setup.start()) {
      String before = body(approver, "trace", 1);
      Reply recorded = service.requests().execute(before);
      assertThat(recorded.status()).as(recorded.text()).isEqualTo(200);
      String held = body(approver, "hold", 2);
      CompletableFuture<Reply> atWork = service.requests().executeAsync(held);
      while (setup.traced().size() < 2) {
        TimeUnit.MILLISECONDS.sleep(5);
      }

      List<CompletableFuture<Reply>> waiting = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        waiting.add(service.requests().executeAsync(held));
      }
      Postgres.close(running);
      long away = System.nanoTime();
      Files.createFile(release);
      for (CompletableFuture<Reply> reply : waiting) {
        assertThat(reply.get().status()).isIn(409, 503);
      }
      assertThat(System.nanoTime() - away)
          .as("nobody waits for the others to find out")
          .isLessThan(TimeUnit.SECONDS.toNanos(12));
      Reply dispatched = atWork.get();
      assertThat(dispatched.status()).as("it ran: no 503 any more").isEqualTo(409);
      assertThat(dispatched.json().path("state").asText()).isEqualTo("running");
      Map<String, CompletableFuture<Reply>> refused = new LinkedHashMap<>();
      for (int i = 3; i < 9; i++) {
        String body = body(approver, i % 2 == 0 ? "echo" : "trace", i);
        refused.put(body, service.requests().executeAsync(body));
      }
      for (CompletableFuture<Reply> reply : refused.values()) {
        assertThat(reply.get().status()).as(reply.get().text()).isEqualTo(503);
        assertThat(reply.get().header("Retry-After")).contains("1");
      }
      assertThat(service.requests().execute(before).status()).isEqualTo(503);
      assertThat(service.requests().get("/ready").status()).isEqualTo(503);
      assertThat(service.requests().get("/health").status()).isEqualTo(200);
      Exposition metrics = metrics(service);
      assertThat(metrics.value("openexec_commits_failed_total")).isPositive();
      assertThat(metrics.value("openexec_unfinished_writes")).isPositive();
      assertThat(metrics.value("openexec_receipts_waiting")).as("nobody knows").isNaN();
      assertThat(setup.traced()).containsExactly("1", "2");

      running = server.start();
      awaitReady(service);
      for (String body : refused.keySet()) {
        Reply reply = service.requests().execute(body);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      }
      Reply replay = service.requests().execute(before);
      assertThat(replay.text()).isEqualTo(recorded.text());
      assertThat(replay.replayed()).isTrue();
      Reply late = service.requests().execute(held);
      assertThat(late.status()).as(late.text()).isEqualTo(200);
      assertThat(setup.traced()).containsExactly("1", "2", "3", "5", "7");
      assertThat(database.rows("SELECT DISTINCT state FROM executions"))
          .containsExactly("succeeded");
      assertThat(database.rows("SELECT COUNT(*) FROM executions")).containsExactly("8");
      Eventually.within(
          10_000,
          () ->
              metrics(service).value("openexec_unfinished_writes") == 0
                  && metrics(service).value("openexec_receipts_waiting") == 0);
    } finally {
      Postgres.close(running);
    }
  }

  private static Exposition metrics(TestService service) {
    return Exposition.parse(service.requests().get("/metrics").text());
  }

  private static String body(Approver approver, String action, int id) {
    String payload = "{\"id\":" + id + "}";
    return Requests.body(action, payload, "n" + id, approver.approve(action, payload));
  }

  private static void awaitReady(TestService service) throws InterruptedException {
    for (int i = 0; i < 200 && service.requests().get("/ready").status() != 200; i++) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    assertThat(service.requests().get("/ready").status()).isEqualTo(200);
  }

  @Test
  void theDriversTlsParametersWork() throws Exception {
    Path certificate = selfSigned("server");
    try (EmbeddedPostgres server =
        Postgres.durable()
            .setServerConfig("ssl", "on")
            .setServerConfig("ssl_cert_file", certificate.toString())
            .setServerConfig("ssl_key_file", directory.resolve("server.key").toString())
            .start()) {
      TestDatabase database = Postgres.database(server, "tls");
      TestService.Setup setup = new TestService.Setup(directory);
      String url = database.url() + "?application_name=by-tls&sslmode=verify-full&sslrootcert=";
      try (TestService service = setup.with("OPENEXEC_DB_URL", url + certificate).start()) {
        assertThat(service.requests().execute("echo", "{}", "n").status()).isEqualTo(200);
        assertThat(
                database.rows(
                    "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                        + " WHERE application_name = 'by-tls'"))
            .containsExactly("t");
      }
      setup.with("OPENEXEC_DB_URL", url + selfSigned("another"));
      assertThatThrownBy(setup::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("certif")
          .hasMessageNotContaining("postgres:postgres");
    }
  }

  /** A certificate for 127.0.0.1 and its key, made by the JDK's own tool. */
  private Path selfSigned(String name) throws Exception {
    Path store = directory.resolve(name + ".p12");
    int code =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J" + Packaged.SOON,
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.txt").toFile())
            .start()
            .waitFor();
    assertThat(code).isZero();
    KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    Path key = directory.resolve(name + ".key");
    Files.createFile(
        key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        key, pem("PRIVATE KEY", keys.getKey(name, "changeit".toCharArray()).getEncoded()));
    return Files.writeString(
        directory.resolve(name + ".crt"),
        pem("CERTIFICATE", keys.getCertificate(name).getEncoded()));
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END "
        + kind
        + "-----\n";
  }

  @Test
  void everyFormOfTheAddressThatIsAccepted() {
    TestDatabase database = Postgres.database();
    String address = database.url().substring(database.url().indexOf('@') + 1);
    for (String url :
        List.of(
            "postgresql+psycopg2://postgres:postgres@" + address,
            "postgres://postgres:%70ostgres@" + address + "?connect_timeout=5",
            "jdbc:postgresql://" + address + "?user=postgres&password=postgres",
            database.url() + "?sslmode=prefer&ApplicationName=x&targetServerType=primary")) {
      TestService.Setup setup = new TestService.Setup(directory).with("OPENEXEC_DB_URL", url);
      try (TestService service = setup.start()) {
        assertThat(service.requests().execute("echo", "{}", "n").status()).as(url).isEqualTo(200);
      }
    }
    assertThat(database.rows("SELECT COUNT(*) FROM executions")).containsExactly("1");
  }

  @Test
  void addressesThatAreNotSafeOrNotOne() {
    Map<String, String> refused =
        Map.of(
            "postgresql://u:secret@h/db?socketFactory=x.Y", "'socketFactory' is not accepted",
            "postgresql://u:secret@h/db?options=-c%20synchronous_commit=off", "'options'",
            "postgresql://u:secret@h/db?loggerFile=/tmp/x", "'loggerFile'",
            "postgresql://u:secret@h/db?sslmode=none", "sslmode must be one of",
            "postgresql://u:secret@h/db?socketTimeout=0", "socketTimeout must be",
            "postgresql://u:secret@h/", "names no database",
            "postgresql://u:sec/ret@h/db", "it must be postgresql://",
            "postgresql://u:secret@h/db?user=a&user=b", "twice",
            "mysql://u:secret@h/db", "not supported");
    refused.forEach(
        (url, reason) ->
            assertThatThrownBy(
                    () -> new TestService.Setup(directory).with("OPENEXEC_DB_URL", url).start())
                .as(url)
                .isInstanceOf(StartRefused.class)
                .hasMessageStartingWith("OPENEXEC_DB_URL cannot be used: ")
                .hasMessageContaining(reason)
                .hasMessageNotContaining("secret"));
  }

  @Test
  void aServerThatIsNotThereRefusesTheStartInOneLine() {
    assertThatThrownBy(
            () ->
                new TestService.Setup(directory)
                    .with("OPENEXEC_DB_URL", "postgresql://u:secret@127.0.0.1:1/db")
                    .start())
        .isInstanceOf(StartRefused.class)
        .hasMessageStartingWith("the database postgresql://127.0.0.1:1/db cannot be used: ")
        .hasMessageContaining("OPENEXEC_DB_URL")
        .hasMessageNotContaining("secret")
        .hasMessageNotContaining("\n");
  }

  @Test
  void theKeysHaveToBeGiven() {
    for (String key : List.of("OPENEXEC_RECEIPT_KEY", "OPENEXEC_LEDGER_KEY")) {
      TestService.Setup setup = new TestService.Setup(directory).on(Postgres.database());
      assertThatThrownBy(() -> setup.without(key).start())
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining(key)
          .hasMessageContaining("openexec keygen");
    }
  }

  @Test
  void aServerThatDoesNotSyncIsRefused() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.builder().start()) {
      TestService.Setup setup =
          new TestService.Setup(directory).on(Postgres.database(server, "unsafe"));
      assertThatThrownBy(setup::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("fsync off");
    }
  }
}
