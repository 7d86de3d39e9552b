package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Approver;
import io.openexec.testing.Packaged;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar, its libraries and its routes, started from a working directory of its own. */
class PackagedServiceIT {
  @TempDir Path directory;

  @Test
  void runsFromAnyWorkingDirectoryAndSaysSoInOneLine() throws Exception {
    try (Packaged service = Packaged.start(directory, Map.of("OPENEXEC_PORT", "0"), false)) {
      assertThat(service.readyLine())
          .matches(
              "OpenExec [0-9.]+ ready on http://127\\.0\\.0\\.1:[0-9]+, mode demo, database"
                  + " .*openexec\\.db, 2 actions, Ed25519 by (AmazonCorrettoCryptoProvider"
                  + " [0-9.]+|BouncyCastle \\(.+\\))");
      Reply reply = service.requests().execute("echo", "{\"msg\":\"hello\"}", "unique-1");
      assertThat(reply.status()).isEqualTo(200);
      assertThat(Files.exists(directory.resolve("openexec.db"))).isTrue();
      service.terminate();
      assertThat(service.awaitEnd()).isIn(0, 143);
      assertThat(Files.readString(directory.resolve("err.txt"))).isEmpty();
    }
  }

  @Test
  void withoutAUsableNativeLibraryItSaysThatBouncyCastleVerifies() throws Exception {
    Approver approver = new Approver();
    Map<String, String> environment =
        Map.of(
            "OPENEXEC_PORT",
            "0",
            "OPENEXEC_MODE",
            "clawshield",
            "CLAWSHIELD_TENANT_ID",
            Approver.TENANT,
            "CLAWSHIELD_PUBLIC_KEY",
            approver.pem());
    // Makes Corretto look for its library where there is none.
    String elsewhere = "-Dcom.amazon.corretto.crypto.provider.useExternalLib=true";
    try (Packaged service =
        Packaged.start(directory, environment, false, elsewhere, Packaged.SOON)) {
      assertThat(service.readyLine())
          .containsPattern(", Ed25519 by BouncyCastle \\(.*AmazonCorrettoCryptoProvider .+\\)$");
      Requests to = service.requests();
      assertThat(to.execute("echo", "{}", "n", approver.approve("echo", "{}")).status())
          .isEqualTo(200);
      assertThat(to.execute("echo", "{}", "m", new Approver().approve("echo", "{}")).status())
          .isEqualTo(403);
      assertThat(Files.readString(directory.resolve("err.txt"))).isEmpty();
    }
  }

  @Test
  void neitherTheEnvironmentNorTheWorkingDirectoryConfiguresCamel() throws Exception {
    Path evil = Files.createDirectories(directory.resolve("routes"));
    Files.writeString(
        evil.resolve("evil.camel.yaml"),
        "- route: {from: {uri: 'timer:x', steps: [{to: 'file:"
            + directory.resolve("evil")
            + "'}]}}");
    Files.writeString(
        directory.resolve("application.properties"),
        "camel.main.routesIncludePattern=file:" + evil + "/*\n");
    Map<String, String> environment = new HashMap<>();
    environment.put("OPENEXEC_PORT", "0");
    environment.put("CAMEL_MAIN_ROUTES_INCLUDE_PATTERN", "file:" + evil + "/*");
    environment.put("CAMEL_SERVER_HOST", "0.0.0.0");
    environment.put("CAMEL_COMPONENT_BUILTIN_X", "y");
    try (Packaged service = Packaged.start(directory, environment, false, Packaged.SOON)) {
      assertThat(service.requests().execute("echo", "{}", "n").status()).isEqualTo(200);
      assertThat(service.readyLine()).contains("127.0.0.1");
      TimeUnit.MILLISECONDS.sleep(1_200);
      assertThat(Files.exists(directory.resolve("evil"))).isFalse();
    }
  }

  @Test
  void sigtermFinishesWhatIsUnderWay() throws Exception {
    Path release = directory.resolve("release");
    TestService.Setup setup = new TestService.Setup(directory).tracing("hold", "?hold=" + release);
    try (Packaged service = Packaged.start(directory, setup.environment(), true, Packaged.SOON)) {
      CompletableFuture<Reply> underWay =
          service.requests().executeAsync(Requests.body("hold", "{\"id\":1}", "n", null));
      while (setup.traced().isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      service.terminate();
      Reply late = service.requests().execute("echo", "{}", "late");
      for (int i = 0; i < 200 && late.status() == 200; i++) {
        TimeUnit.MILLISECONDS.sleep(5);
        late = service.requests().execute("echo", "{}", "late" + i);
      }
      assertThat(late.status()).isEqualTo(503);
      assertThat(late.detail()).startsWith("The service is shutting down. Nothing was executed");
      assertThat(service.isAlive()).isTrue();
      Files.createFile(release);
      assertThat(underWay.get().status()).isEqualTo(200);
      assertThat(service.awaitEnd()).isIn(0, 143);
    }
    assertThat(StoreRows.of(setup.database(), "SELECT state FROM executions WHERE action = 'hold'"))
        .containsExactly("succeeded");
    assertThat(Files.exists(directory.resolve("openexec.db-wal")))
        .as("the database was closed")
        .isFalse();
  }

  @Test
  void sigtermAnswersThoseWhoseActionDoesNotEnd() throws Exception {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .with("OPENEXEC_SHUTDOWN_SECONDS", "2")
            .tracing("never", "?hold=" + directory.resolve("never"), "timeoutSeconds: 600");
    try (Packaged service = Packaged.start(directory, setup.environment(), true, Packaged.SOON)) {
      CompletableFuture<Reply> underWay =
          service.requests().executeAsync(Requests.body("never", "{\"id\":1}", "n", null));
      while (setup.traced().isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      long begin = System.nanoTime();
      service.terminate();
      Reply reply = underWay.get();
      assertThat(reply.status()).isEqualTo(409);
      assertThat(reply.json().path("reason").asText()).isEqualTo("interrupted");
      assertThat(service.awaitEnd()).isIn(0, 143);
      assertThat((System.nanoTime() - begin) / 1e9).as("seconds").isBetween(1.5, 15.0);
    }
    assertThat(StoreRows.of(setup.database(), "SELECT state, reason FROM executions"))
        .containsExactly("unknown|interrupted");
  }

  @Test
  void bodiesThatGrowInMemoryDoNotExhaustIt() throws Exception {
    String bomb = "{\"a\":[" + "[],".repeat(345_000) + "[]]}";
    try (Packaged service =
        Packaged.start(directory, Map.of("OPENEXEC_PORT", "0"), false, "-Xmx256m")) {
      assertThat(service.requests().execute("echo", bomb, "alone").status()).isEqualTo(200);
      List<CompletableFuture<Reply>> replies =
          IntStream.range(0, 32)
              .mapToObj(
                  i -> service.requests().executeAsync(Requests.body("echo", bomb, "b" + i, null)))
              .toList();
      for (CompletableFuture<Reply> reply : replies) {
        assertThat(reply.get().status()).isIn(200, 503);
      }
      assertThat(service.requests().execute("echo", "{}", "after").status()).isEqualTo(200);
      assertThat(service.requests().execute("echo", bomb, "last").status()).isEqualTo(200);
      assertThat(Files.readString(directory.resolve("err.txt"))).doesNotContain("OutOfMemory");
    }
  }

  private void assertRefused(Map<String, String> environment, String... reasons) throws Exception {
    Packaged.Ended ended = Packaged.run(directory, environment);
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines()).as(ended.err()).hasSize(1);
    assertThat(ended.err()).startsWith("OpenExec does not start: ").contains(reasons);
  }

  @Test
  void whatKeepsItFromStartingIsOneLine() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertRefused(Map.of("OPENEXEC_PORT", port), "cannot listen on 127.0.0.1:" + port);
    }
    assertRefused(
        Map.of("OPENEXEC_MODE", "clawshield", "CLAWSHIELD_PUBLIC_KEY", "unreadable"),
        "CLAWSHIELD_PUBLIC_KEY");
    assertRefused(
        Map.of("OPENEXEC_PORT", "0", "OPENEXEC_DB_URL", "sqlite:////proc/openexec.db"),
        "/proc/openexec.db cannot be used");
    Files.createDirectories(directory.resolve("flow"));
    assertRefused(Map.of("OPENEXEC_ROUTES", directory.resolve("flow").toString()), "actions");
  }
}
