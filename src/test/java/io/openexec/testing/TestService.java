package io.openexec.testing;

import io.openexec.Configuration;
import io.openexec.Service;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The real service on a real port over a real file, in this process: the routes of this repository,
 * and where a test asks for them, actions of its own beside them.
 */
public final class TestService implements AutoCloseable {
  /** The folder of this repository, not a copy of it. */
  public static final Path ROUTES = Path.of("routes").toAbsolutePath();

  private final Service service;
  private final Requests requests;

  private TestService(Service service) {
    this.service = service;
    this.requests = new Requests(service.port());
  }

  /** What a service is started from, and can be started from again. */
  public static final class Setup {
    private final Path directory;
    private final Map<String, String> environment = new HashMap<>();
    private Clock clock = Clock.systemUTC();

    public Setup(Path directory) {
      this.directory = directory;
      environment.put("OPENEXEC_PORT", "0");
      environment.put("OPENEXEC_ROUTES", ROUTES.toString());
      // Hundreds of starts: the tests of packaged services have it.
      environment.put("OPENEXEC_SELF_TEST", "false");
    }

    public Setup with(String name, String value) {
      environment.put(name, value);
      if (name.equals("OPENEXEC_DB_URL") && !value.contains("sqlite")) {
        environment.putAll(Keys.files(directory));
      }
      return this;
    }

    public Setup without(String name) {
      environment.remove(name);
      return this;
    }

    public Setup on(TestDatabase database) {
      return with("OPENEXEC_DB_URL", database.url());
    }

    public Setup at(Clock fixed) {
      clock = fixed;
      return this;
    }

    public Setup clawshield(Approver approver) {
      return with("OPENEXEC_MODE", "clawshield")
          .with("CLAWSHIELD_PUBLIC_KEY", approver.pem())
          .with("CLAWSHIELD_TENANT_ID", Approver.TENANT);
    }

    /** Clawshield mode by a trust file, and an empty revocation list. */
    public Setup trusting(TokenApprover... approvers) {
      writeTrust(TokenApprover.jwks(approvers).toString());
      writeRevocations("{\"revoked\":[]}");
      return with("OPENEXEC_MODE", "clawshield")
          .with("OPENEXEC_TRUST", "trust.json")
          .with("OPENEXEC_REVOCATIONS", "revocations.json");
    }

    public void writeTrust(String content) {
      replace("trust.json", content);
    }

    public void writeRevocations(String content) {
      replace("revocations.json", content);
    }

    private void replace(String name, String content) {
      try {
        Path next = Files.writeString(directory.resolve(name + ".next"), content);
        Files.move(next, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Adds an action: its descriptor, and the steps of its route, each a line of YAML. */
    public Setup action(String name, String descriptor, String... steps) {
      try {
        Path actions = ownRoutes().resolve("actions");
        Files.writeString(actions.resolve(name + ".action.yaml"), descriptor);
        Files.writeString(
            actions.resolve(name + ".camel.yaml"),
            "- route:\n    from:\n      uri: direct:actions/"
                + name
                + "\n      steps:\n"
                + String.join("", Stream.of(steps).map(s -> "        - " + s + "\n").toList()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return this;
    }

    /** An effectful action that leaves a line in {@link #trace()}. */
    public Setup tracing(String name, String options, String... descriptor) {
      return action(
          name,
          "description: leaves a trace\nschema: {type: object}\n"
              + String.join("", Stream.of(descriptor).map(d -> d + "\n").toList()),
          "to: \"trace:" + trace() + options + "\"");
    }

    public Path trace() {
      return directory.resolve("trace.log");
    }

    /** The lines that effectful actions left. */
    public List<String> traced() {
      try {
        return Files.exists(trace()) ? Files.readAllLines(trace()) : List.of();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    public Path directory() {
      return directory;
    }

    public Path database() {
      return directory.resolve("openexec.db");
    }

    public Map<String, String> environment() {
      return environment;
    }

    /** A folder whose flow is links to the real files, so that actions can stand beside them. */
    public Path ownRoutes() {
      Path own = directory.resolve("routes");
      try {
        if (Files.notExists(own)) {
          Files.createDirectories(own.resolve("actions"));
          for (Path folder : List.of(ROUTES, ROUTES.resolve("actions"))) {
            try (Stream<Path> files = Files.list(folder)) {
              for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.createSymbolicLink(own.resolve(ROUTES.relativize(file)), file);
              }
            }
          }
          with("OPENEXEC_ROUTES", own.toString());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return own;
    }

    /** Adds an example's actions and resources, as its README does. */
    public Setup example(String name) {
      try {
        Path example = Path.of("examples", name).toAbsolutePath();
        Path own = ownRoutes();
        Files.createSymbolicLink(own.resolve("resources.yaml"), example.resolve("resources.yaml"));
        try (Stream<Path> files = Files.list(example.resolve("actions"))) {
          for (Path file : files.toList()) {
            Files.createSymbolicLink(own.resolve("actions").resolve(file.getFileName()), file);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return this;
    }

    /** Replaces a text in the own copy of an action's file. */
    public Setup edited(String file, String text, String replacement) {
      try {
        Path path = ownRoutes().resolve("actions").resolve(file);
        String content = Files.readString(path);
        if (!content.contains(text)) {
          throw new IllegalArgumentException(file + " does not have " + text);
        }
        Files.delete(path);
        Files.writeString(path, content.replace(text, replacement));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return this;
    }

    /** The statements of an example's {@code schema.sql}. */
    public static String schemaOf(String example) {
      try {
        return Files.readString(Path.of("examples", example, "schema.sql"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Adds a door: the lines of its file. */
    public Setup door(String name, String... lines) {
      try {
        Files.writeString(
            ownRoutes().resolve(name + ".camel.yaml"), String.join("\n", lines) + "\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return this;
    }

    public TestService start() {
      return new TestService(
          Service.start(Configuration.of(environment, directory, directory), clock));
    }
  }

  public Requests requests() {
    return requests;
  }

  public int port() {
    return service.port();
  }

  @Override
  public void close() {
    service.close();
  }
}
