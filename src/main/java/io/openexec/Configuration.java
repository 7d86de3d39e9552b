package io.openexec;

import io.openexec.boundary.AllowList;
import io.openexec.boundary.AllowLists;
import io.openexec.boundary.ApprovalKeys;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.TrustSource;
import io.openexec.camel.QueueSettings;
import io.openexec.camel.Secrets;
import io.openexec.execution.Errors;
import io.openexec.store.DatabaseUrl;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The configuration, checked. A value that makes no sense, and a combination that is not safe,
 * refuses the start and names the variable.
 *
 * @param mode {@code OPENEXEC_MODE}
 * @param keys {@code CLAWSHIELD_PUBLIC_KEY}
 * @param tenant {@code CLAWSHIELD_TENANT_ID}
 * @param allowList {@code OPENEXEC_ALLOWED_ACTIONS}
 * @param database {@code OPENEXEC_DB_URL}
 * @param host {@code OPENEXEC_HOST}
 * @param loopback whether the host is an address of this machine that only it can reach
 * @param port {@code OPENEXEC_PORT}; 0 takes any free one
 * @param routes {@code OPENEXEC_ROUTES}
 * @param lease {@code OPENEXEC_LEASE_SECONDS}: after how long without a word from it a process that
 *     shares the database counts as gone
 * @param selfTest {@code OPENEXEC_SELF_TEST}: whether the start tries the whole route first
 * @param shutdown {@code OPENEXEC_SHUTDOWN_SECONDS}: how long running actions may take to end when
 *     the service is told to
 * @param trust {@code OPENEXEC_TRUST}: the file of the keys of approval tokens
 * @param revocations {@code OPENEXEC_REVOCATIONS}: the file of what was taken back
 * @param audience {@code OPENEXEC_AUDIENCE}: what a token's {@code aud} has to name
 * @param tenants {@code OPENEXEC_TENANTS}: what each tenant may have executed
 * @param inbox {@code OPENEXEC_INBOX}: the folder of the file drop, absolute
 * @param evidence who signs
 * @param secrets {@code OPENEXEC_SECRETS} and the environment: what actions log in with
 * @param queue {@code OPENEXEC_QUEUE_URL} and what goes with it
 * @param metrics {@code OPENEXEC_METRICS}: whether {@code GET /metrics} answers
 */
public record Configuration(
    Mode mode,
    ApprovalKeys keys,
    Optional<String> tenant,
    AllowList allowList,
    DatabaseUrl database,
    String host,
    boolean loopback,
    int port,
    Path routes,
    Duration lease,
    boolean selfTest,
    Duration shutdown,
    Optional<Path> trust,
    Optional<Path> revocations,
    Optional<String> audience,
    Optional<Map<String, AllowList>> tenants,
    Optional<Path> inbox,
    Evidence evidence,
    Secrets secrets,
    Optional<QueueSettings> queue,
    boolean metrics) {
  static final String RECEIPT_KEY = "OPENEXEC_RECEIPT_KEY";
  static final String LEDGER_KEY = "OPENEXEC_LEDGER_KEY";
  private static final String ORIGIN = "OPENEXEC_ORIGIN";
  private static final int MAX_ORIGIN = 255;
  private static final String MODE = "OPENEXEC_MODE";
  private static final String PUBLIC_KEY = "CLAWSHIELD_PUBLIC_KEY";
  private static final String TENANT = "CLAWSHIELD_TENANT_ID";
  private static final String ALLOWED = "OPENEXEC_ALLOWED_ACTIONS";
  private static final String DB_URL = "OPENEXEC_DB_URL";
  private static final String DB_PASSWORD = "OPENEXEC_DB_PASSWORD";
  private static final String HOST = "OPENEXEC_HOST";
  private static final String PORT = "OPENEXEC_PORT";
  private static final String ROUTES = "OPENEXEC_ROUTES";
  private static final String LEASE = "OPENEXEC_LEASE_SECONDS";
  private static final String SELF_TEST = "OPENEXEC_SELF_TEST";
  private static final String SHUTDOWN = "OPENEXEC_SHUTDOWN_SECONDS";
  private static final String TRUST = "OPENEXEC_TRUST";
  private static final String REVOCATIONS = "OPENEXEC_REVOCATIONS";
  private static final String AUDIENCE = "OPENEXEC_AUDIENCE";
  private static final String TENANTS = "OPENEXEC_TENANTS";
  private static final String SECRETS = "OPENEXEC_SECRETS";
  private static final String METRICS = "OPENEXEC_METRICS";
  private static final String INBOX = "OPENEXEC_INBOX";
  private static final Set<String> ONLY_IN_CLAWSHIELD_MODE =
      Set.of(TRUST, REVOCATIONS, AUDIENCE, TENANTS);
  private static final String LOG_LEVEL = "OPENEXEC_LOG_LEVEL";
  private static final List<String> LOG_LEVELS =
      List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF");
  private static final String INSECURE_DEMO = "OPENEXEC_INSECURE_DEMO";

  /** Whether approvals are signed. */
  public enum Mode {
    /** One tenant and no signatures, for trying out. */
    DEMO,
    /** Nothing runs without an approval that a configured key signed. */
    CLAWSHIELD
  }

  /**
   * Who signs receipts and the ledger's checkpoints.
   *
   * @param receiptKey {@code OPENEXEC_RECEIPT_KEY}, a private key's file
   * @param ledgerKey {@code OPENEXEC_LEDGER_KEY}, likewise
   * @param origin {@code OPENEXEC_ORIGIN}, the ledger's name
   */
  public record Evidence(
      Optional<Path> receiptKey, Optional<Path> ledgerKey, Optional<String> origin) {}

  /**
   * Reads the configuration.
   *
   * @param environment the environment variables
   * @param workingDirectory what a relative database path is relative to
   * @param besideTheJar the folder in which {@code routes/} lies by default
   * @throws StartRefused naming the variable that is wrong, and the fix
   */
  public static Configuration of(
      Map<String, String> environment, Path workingDirectory, Path besideTheJar) {
    return new Reader(environment).read(workingDirectory, besideTheJar);
  }

  /**
   * Reads the database's address alone, for a command that needs no more.
   *
   * @throws StartRefused if it is wrong
   */
  static DatabaseUrl database(Map<String, String> environment, Path workingDirectory) {
    return new Reader(environment).database(workingDirectory);
  }

  /**
   * Reads alone who signs.
   *
   * @throws StartRefused if it is wrong
   */
  static Evidence evidence(Map<String, String> environment, Path workingDirectory) {
    return new Reader(environment).evidence(workingDirectory);
  }

  /**
   * Reads the folder of the routes alone.
   *
   * @throws StartRefused if it is wrong
   */
  static Path routes(Map<String, String> environment, Path workingDirectory, Path besideTheJar) {
    return new Reader(environment).routes(workingDirectory, besideTheJar);
  }

  /** Returns the tenant that is served; empty if none is, so that nothing is ever approved. */
  Optional<String> servedTenant() {
    return mode == Mode.DEMO ? Optional.of(ApprovalVerifier.DEMO_TENANT) : tenant;
  }

  /**
   * Returns the verifier of this mode.
   *
   * @param source what {@link #trust} and {@link #revocations} say
   * @param clock judges the time of keys
   */
  ApprovalVerifier verifier(TrustSource source, Clock clock) {
    return mode == Mode.DEMO
        ? ApprovalVerifier.demo(audience)
        : ApprovalVerifier.clawshield(keys, tenant, source, audience, clock);
  }

  /** Returns who may have what executed. */
  AllowLists allowLists() {
    return new AllowLists(allowList, tenants);
  }

  private record Reader(Map<String, String> environment) {

    Configuration read(Path workingDirectory, Path besideTheJar) {
      Mode mode = mode();
      checkLogLevel();
      String host = orElse(HOST, "127.0.0.1").replaceFirst("^\\[(.*)]$", "$1");
      boolean loopback = isLoopback(host);
      checkSafe(mode, loopback);
      return new Configuration(
          mode,
          keys(),
          tenant(),
          allowList(),
          database(workingDirectory),
          host,
          loopback,
          port(),
          routes(workingDirectory, besideTheJar),
          seconds(LEASE, 15, 3),
          isTrue(SELF_TEST, "true"),
          seconds(SHUTDOWN, 30, 0),
          file(TRUST, workingDirectory),
          file(REVOCATIONS, workingDirectory),
          Optional.ofNullable(get(AUDIENCE)),
          tenants(mode, workingDirectory),
          inbox(workingDirectory),
          evidence(workingDirectory),
          secrets(workingDirectory),
          queue(mode, workingDirectory),
          isOn(METRICS, "on"));
    }

    Evidence evidence(Path workingDirectory) {
      Optional<String> origin = Optional.ofNullable(get(ORIGIN));
      // C2SP signed-note: a key's name has neither spaces nor plus signs.
      if (origin.isPresent()
          && (origin.get().length() > MAX_ORIGIN || !origin.get().matches("[!-*,-~]+"))) {
        throw refused(
            ORIGIN,
            "is '"
                + origin.get()
                + "'; set it to the ledger's name, such as example.com/openexec: visible ASCII,"
                + " no plus sign, at most "
                + MAX_ORIGIN
                + " characters");
      }
      return new Evidence(
          Optional.ofNullable(get(RECEIPT_KEY)).map(workingDirectory::resolve),
          Optional.ofNullable(get(LEDGER_KEY)).map(workingDirectory::resolve),
          origin);
    }

    private Duration seconds(String name, int fallback, int least) {
      String seconds = orElse(name, Integer.toString(fallback));
      if (seconds.matches("[0-9]{1,4}") && Integer.parseInt(seconds) >= least) {
        return Duration.ofSeconds(Integer.parseInt(seconds));
      }
      throw refused(
          name, "is '" + seconds + "'; set it to a number of seconds, from " + least + " to 9999");
    }

    private boolean isTrue(String name, String fallback) {
      String value = orElse(name, fallback);
      if (!Set.of("true", "false").contains(value)) {
        throw refused(name, "is '" + value + "'; set it to true or false");
      }
      return value.equals("true");
    }

    private boolean isOn(String name, String fallback) {
      String value = orElse(name, fallback);
      if (!Set.of("on", "off").contains(value)) {
        throw refused(name, "is '" + value + "'; set it to on or off");
      }
      return value.equals("on");
    }

    private void checkLogLevel() {
      String level = orElse(LOG_LEVEL, "INFO");
      if (!LOG_LEVELS.contains(level)) {
        throw refused(LOG_LEVEL, "is '" + level + "'; set it to one of " + LOG_LEVELS);
      }
    }

    private Mode mode() {
      String mode = orElse(MODE, "demo");
      return switch (mode) {
        case "demo" -> Mode.DEMO;
        case "clawshield" -> Mode.CLAWSHIELD;
        default -> throw refused(MODE, "is '" + mode + "'; set it to demo or clawshield");
      };
    }

    private void checkSafe(Mode mode, boolean loopback) {
      if (get(MODE) == null) {
        for (String name : environment.keySet()) {
          if (name.startsWith("CLAWSHIELD_") || ONLY_IN_CLAWSHIELD_MODE.contains(name)) {
            throw refused(
                name,
                "is set and "
                    + MODE
                    + " is not: nothing would be verified; set "
                    + MODE
                    + "=clawshield, or unset it");
          }
        }
      }
      boolean insecure = isTrue(INSECURE_DEMO, "false");
      if (mode == Mode.DEMO && !loopback && !insecure) {
        throw refused(
            HOST,
            "is not a loopback address, and demo mode executes without approval; set "
                + MODE
                + "=clawshield, or "
                + INSECURE_DEMO
                + "=true if everyone who can reach it may"
                + " execute");
      }
    }

    private Optional<QueueSettings> queue(Mode mode, Path workingDirectory) {
      Optional<QueueSettings> queue = new QueueVariables(environment, workingDirectory).read();
      if (queue.isPresent()
          && mode == Mode.DEMO
          && !isTrue(INSECURE_DEMO, "false")
          && !QueueVariables.isLoopback(queue.get())) {
        throw refused(
            QueueVariables.URL,
            "names no broker on a loopback address, and demo mode executes without approval; set "
                + MODE
                + "=clawshield, or "
                + INSECURE_DEMO
                + "=true if everyone who can send to it may execute");
      }
      return queue;
    }

    private ApprovalKeys keys() {
      String pem = get(PUBLIC_KEY);
      try {
        return pem == null ? ApprovalKeys.none() : ApprovalKeys.parse(pem);
      } catch (IllegalArgumentException e) {
        throw refused(PUBLIC_KEY, "cannot be used: " + e.getMessage());
      }
    }

    private Optional<String> tenant() {
      Optional<String> tenant = Optional.ofNullable(get(TENANT));
      if (tenant.isPresent()
          && tenant.get().codePointCount(0, tenant.get().length()) > ApprovalVerifier.MAX_TENANT) {
        throw refused(TENANT, "has more than " + ApprovalVerifier.MAX_TENANT + " characters");
      }
      return tenant;
    }

    private AllowList allowList() {
      String list = environment.get(ALLOWED);
      if (list == null) {
        return AllowList.open();
      }
      Set<String> names =
          Arrays.stream(list.split(",", -1))
              .map(String::strip)
              .filter(name -> !name.isEmpty())
              .collect(Collectors.toSet());
      if (names.isEmpty()) {
        throw refused(
            ALLOWED,
            "is set but names no action; name some, or unset it to allow every registered one");
      }
      return AllowList.of(names);
    }

    private Optional<Path> file(String name, Path workingDirectory) {
      return Optional.ofNullable(get(name)).map(workingDirectory::resolve);
    }

    private Secrets secrets(Path workingDirectory) {
      Optional<Path> file = file(SECRETS, workingDirectory);
      try {
        return file.isEmpty() ? Secrets.of(environment) : Secrets.read(environment, file.get());
      } catch (IOException e) {
        throw refused(SECRETS, "cannot be used: " + e.getMessage());
      }
    }

    private Optional<Map<String, AllowList>> tenants(Mode mode, Path workingDirectory) {
      Optional<Path> file = file(TENANTS, workingDirectory);
      if (file.isEmpty()) {
        return Optional.empty();
      }
      if (mode == Mode.DEMO) {
        throw refused(TENANTS, "is set, and demo mode has one tenant only; unset it");
      }
      try {
        return Optional.of(AllowLists.parse(Files.readAllBytes(file.get())));
      } catch (IOException e) {
        throw refused(TENANTS, "cannot be read: " + Errors.rootCause(e));
      } catch (IllegalArgumentException e) {
        throw refused(TENANTS, "cannot be used: " + e.getMessage());
      }
    }

    private DatabaseUrl database(Path workingDirectory) {
      try {
        DatabaseUrl url =
            DatabaseUrl.parse(orElse(DB_URL, "sqlite:///openexec.db"), workingDirectory);
        String password = get(DB_PASSWORD);
        return password == null ? url : url.withPassword(password);
      } catch (IllegalArgumentException e) {
        throw refused(DB_URL, "cannot be used: " + e.getMessage());
      }
    }

    private int port() {
      String port = orElse(PORT, "5000");
      // Kubernetes sets a variable of this name to tcp://… for a service called openexec.
      if (port.matches("[0-9]{1,5}") && Integer.parseInt(port) <= 0xffff) {
        return Integer.parseInt(port);
      }
      throw refused(PORT, "is '" + port + "'; set it to a number from 0 to 65535");
    }

    private Path routes(Path workingDirectory, Path besideTheJar) {
      String folder = get(ROUTES);
      Path routes =
          folder == null ? besideTheJar.resolve("routes") : workingDirectory.resolve(folder);
      if (!Files.isDirectory(routes)) {
        throw refused(
            ROUTES,
            folder == null
                ? "is not set and there is no folder " + routes + "; set it to the folder of routes"
                : "is '" + folder + "', which is not a folder");
      }
      return routes;
    }

    private Optional<Path> inbox(Path workingDirectory) {
      Optional<Path> inbox =
          file(INBOX, workingDirectory).map(folder -> folder.toAbsolutePath().normalize());
      if (inbox.isPresent() && !Files.isDirectory(inbox.get(), LinkOption.NOFOLLOW_LINKS)) {
        throw refused(
            INBOX,
            Files.isSymbolicLink(inbox.get())
                ? "is '" + get(INBOX) + "', a symbolic link; name the folder itself"
                : "is '" + get(INBOX) + "', which is no folder; make it, or name one that exists");
      }
      inbox.ifPresent(folder -> requireOfItsOwn(folder, workingDirectory));
      return inbox;
    }

    /** What lies in an inbox is taken out of it, and for requests. */
    private void requireOfItsOwn(Path inbox, Path workingDirectory) {
      for (String name : List.of(TRUST, REVOCATIONS, TENANTS, SECRETS)) {
        Optional<Path> folder =
            file(name, workingDirectory).map(file -> file.toAbsolutePath().normalize().getParent());
        if (folder.equals(Optional.of(inbox))) {
          throw refused(
              INBOX,
              "is '" + get(INBOX) + "', where the file of " + name + " lies; make a folder for it");
        }
      }
    }

    private boolean isLoopback(String host) {
      try {
        return InetAddress.getByName(host).isLoopbackAddress();
      } catch (UnknownHostException e) {
        throw refused(HOST, "is '" + host + "', which is no address of this machine");
      }
    }

    private String orElse(String name, String fallback) {
      String value = get(name);
      return value == null ? fallback : value;
    }

    private @Nullable String get(String name) {
      String value = environment.get(name);
      if (value != null && value.isBlank()) {
        throw refused(name, "is set but empty; give it a value or unset it");
      }
      return value;
    }

    private static StartRefused refused(String name, String what) {
      return new StartRefused(name + " " + what);
    }
  }
}
