package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The download path of {@code mvnw}, with a real release of Maven on a loopback address. */
class MvnwIT {
  private static final List<String> TOOLS =
      List.of(
          "sh",
          "curl",
          "wget",
          "sed",
          "awk",
          "tar",
          "gzip",
          "mkdir",
          "mktemp",
          "dirname",
          "basename",
          "mv",
          "rm",
          "cut",
          "sha512sum",
          "uname",
          "expr",
          "ls",
          "cat");
  @TempDir Path directory;
  private final AtomicInteger downloads = new AtomicInteger();
  private HttpServer server;
  private byte[] archive;

  @BeforeEach
  void serve() throws IOException {
    assumeTrue(
        Files.exists(Path.of("/usr/bin/curl")) || Files.exists(Path.of("/usr/bin/wget")),
        "mvnw downloads with one of them");
    try (var files = Files.list(Path.of("target/wrapper-test"))) {
      archive = Files.readAllBytes(files.findFirst().orElseThrow());
    }
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/maven.tar.gz",
        exchange -> {
          downloads.incrementAndGet();
          exchange.sendResponseHeaders(200, archive.length);
          exchange.getResponseBody().write(archive);
          exchange.close();
        });
    server.start();
    // A PATH with everything but Maven.
    Path bin = Files.createDirectory(directory.resolve("bin"));
    for (String tool : TOOLS) {
      for (String folder : List.of("/usr/bin", "/bin")) {
        Path original = Path.of(folder, tool);
        if (Files.exists(original) && Files.notExists(bin.resolve(tool))) {
          Files.createSymbolicLink(bin.resolve(tool), original);
        }
      }
    }
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private record Ended(int code, String output) {}

  private Ended mvnw() throws Exception {
    Path output = directory.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", Path.of("mvnw").toAbsolutePath().toString(), "--version")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .directory(directory.toFile());
    builder.environment().put("PATH", directory.resolve("bin").toString());
    builder.environment().put("HOME", directory.resolve("home").toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder
        .environment()
        .put(
            "MVNW_ARCHIVE_URL",
            "http://127.0.0.1:" + server.getAddress().getPort() + "/maven.tar.gz");
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ended(process.exitValue(), Files.readString(output));
  }

  private void fakeMaven(String version) throws IOException {
    Path mvn = directory.resolve("bin/mvn");
    Files.writeString(mvn, "#!/bin/sh\necho 'Apache Maven " + version + " (fake)'\n");
    assertThat(mvn.toFile().setExecutable(true)).isTrue();
  }

  @Test
  void downloadsChecksUnpacksAndRunsOnce() throws Exception {
    for (int run = 0; run < 2; run++) {
      Ended ended = mvnw();
      assertThat(ended.code()).as(ended.output()).isZero();
      assertThat(ended.output()).contains("Apache Maven 3.9.11").doesNotContain("fake");
    }
    assertThat(downloads).hasValue(1);
    assertThat(directory.resolve("home/.m2/wrapper/apache-maven-3.9.11/bin/mvn")).isExecutable();
    try (var files = Files.list(directory.resolve("home/.m2/wrapper"))) {
      assertThat(files).as("nothing half done is left").hasSize(1);
    }
  }

  @Test
  void refusesAnArchiveThatWasTamperedWith() throws Exception {
    archive[archive.length / 2] ^= 1;
    Ended ended = mvnw();
    assertThat(ended.code()).isNotZero();
    assertThat(ended.output()).contains("SHA-512").contains("nothing of it was used");
    try (var files = Files.list(directory.resolve("home/.m2/wrapper"))) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void usesTheInstalledMavenIfItIsNewEnough() throws Exception {
    for (String version : List.of("3.8.6", "3.8.10", "3.9.0", "4.0.0-rc-4")) {
      fakeMaven(version);
      assertThat(mvnw().output()).contains("Apache Maven " + version + " (fake)");
    }
    assertThat(downloads).hasValue(0);
    fakeMaven("3.8.5");
    assertThat(mvnw().output()).contains("Apache Maven 3.9.11").doesNotContain("fake");
    assertThat(downloads).hasValue(1);
  }
}
