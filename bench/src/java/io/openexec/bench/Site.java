package io.openexec.bench;

import io.openexec.signature.KeyFile;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What services are started from, and the folder that they work in. */
final class Site implements AutoCloseable {
  private static final Path JAR = Path.of("target/openexec.jar").toAbsolutePath();
  private static final Path TEST_CLASSES = Path.of("target/test-classes").toAbsolutePath();
  private static final Path ROUTES = Path.of("routes").toAbsolutePath();

  private final Path javaHome;
  private final Path work;
  private final Signer signer = new Signer();
  private Optional<PostgresServer> postgres = Optional.empty();
  private int started;

  /**
   * Makes a site.
   *
   * @param parent a folder on the disk that is to be measured
   */
  Site(Path javaHome, Path parent) throws IOException {
    this.javaHome = javaHome;
    if (Files.notExists(JAR)) {
      throw new IllegalStateException("there is no " + JAR.getFileName() + ": build it first");
    }
    Files.createDirectories(parent);
    work = Files.createTempDirectory(parent.toAbsolutePath(), "run");
    EffectfulAction.addTo(ROUTES, work.resolve("routes"));
  }

  Path work() {
    return work;
  }

  Path javaHome() {
    return javaHome;
  }

  Optional<PostgresServer> postgres() {
    return postgres;
  }

  void startPostgres() throws IOException, SQLException {
    postgres = Optional.of(PostgresServer.start(work.resolve("postgresql")));
  }

  Path newFolder(Row row) throws IOException {
    String name = row.name().replaceAll("[^a-z]", "-") + "-" + ++started;
    return Files.createDirectory(work.resolve(name));
  }

  /** Returns a new and empty database, or none for the bare route. */
  Optional<Store> newStore(Row row, Path folder) throws SQLException {
    return switch (row.engine()) {
      case NONE -> Optional.empty();
      case SQLITE -> Optional.of(Store.sqlite(folder));
      case POSTGRESQL -> Optional.of(postgres.orElseThrow().newStore());
    };
  }

  Workload workload(Row row) {
    return switch (row.kind()) {
      case BARE, EVENT_LOOP -> new BareRequests();
      case DEMO_PURE -> Executions.ofEcho(Optional.empty());
      case CLAWSHIELD_PURE -> Executions.ofEcho(Optional.of(signer));
      case CLAWSHIELD_EFFECTFUL -> Executions.ofNote(Optional.of(signer));
    };
  }

  ServiceProcess start(Row row, Path folder, Optional<Store> store)
      throws IOException, ServiceProcess.NotReady {
    Map<String, String> environment = new HashMap<>();
    List<String> command = new ArrayList<>(ServiceProcess.java(javaHome));
    if (row.bare()) {
      String classPath = TEST_CLASSES + File.pathSeparator + JAR;
      command.addAll(List.of("-cp", classPath, BareRoute.class.getName()));
      if (row.kind() == Row.Kind.BARE) {
        command.add(BareRoute.WORKERS);
      }
      return ServiceProcess.start(folder, command, environment);
    }
    command.addAll(List.of("-jar", JAR.toString()));
    environment.put("OPENEXEC_PORT", "0");
    environment.put("OPENEXEC_DB_URL", store.orElseThrow().url());
    environment.put("OPENEXEC_RECEIPT_KEY", key("receipt-key.pem"));
    environment.put("OPENEXEC_LEDGER_KEY", key("ledger-key.pem"));
    if (row.signed()) {
      environment.put("OPENEXEC_MODE", "clawshield");
      environment.put("CLAWSHIELD_PUBLIC_KEY", signer.pem());
      environment.put("CLAWSHIELD_TENANT_ID", Signer.TENANT);
    }
    if (row.kind() == Row.Kind.CLAWSHIELD_EFFECTFUL) {
      environment.put("OPENEXEC_ROUTES", work.resolve("routes").toString());
    }
    return ServiceProcess.start(folder, command, environment);
  }

  private String key(String name) throws IOException {
    Path file = work.resolve(name);
    if (Files.notExists(file)) {
      KeyFile.make(file);
    }
    return file.toString();
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  @Override
  public void close() throws IOException {
    if (postgres.isPresent()) {
      postgres.get().close();
    }
    delete(work);
  }
}
