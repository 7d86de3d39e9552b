package io.openexec;

import io.openexec.cli.Commands;
import io.openexec.signature.Ed25519Provider;
import java.io.InputStream;
import java.io.ObjectInputFilter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: runs the service, or one of the operator's commands. */
@Command(
    name = "openexec",
    mixinStandardHelpOptions = true,
    versionProvider = OpenExec.Version.class,
    description = {
      "Executes only what has already been approved, exactly that, exactly once.",
      "Without a command it runs the service, configured by environment variables (see README)."
    })
public final class OpenExec implements Callable<Integer> {
  private static final int REFUSED = 1;
  // As the JVM's own -XX:+ExitOnOutOfMemoryError.
  private static final int WITHOUT_MEMORY = 3;
  // As after SIGKILL.
  private static final int HELD_UP = 137;
  private static final Duration PATIENCE_OF_OTHERS = Duration.ofMinutes(1);
  private static final int FIRST_TO_WARN_OF_UNSAFE = 24;

  private OpenExec() {}

  /** Runs what the arguments say; without any, the service, until it is told to end. */
  public static void main(String[] args) {
    if (Runtime.version().feature() >= FIRST_TO_WARN_OF_UNSAFE) {
      // Netty does without; the JDK would print a warning beside the one line that says ready.
      System.getProperties().putIfAbsent("io.netty.noUnsafe", "true");
    }
    if (ObjectInputFilter.Config.getSerialFilter() == null) {
      // Nothing here reads serialised objects; so whoever gets some read gets nothing made of them.
      ObjectInputFilter.Config.setSerialFilter(ObjectInputFilter.Config.createFilter("!*"));
    }
    // Here and not where Logback looks for it: an application that has this jar logs as it likes.
    System.getProperties().putIfAbsent("logback.configurationFile", "io/openexec/logback.xml");
    int code =
        args.length == 0
            ? new OpenExec().call()
            : commandLine(System.getenv(), Path.of("").toAbsolutePath(), besideTheJar(), System.in)
                .execute(args);
    if (code != 0) {
      System.exit(code);
    }
  }

  /** Returns all the commands, for these circumstances. */
  static CommandLine commandLine(
      Map<String, String> environment,
      Path workingDirectory,
      Path besideTheJar,
      InputStream stdin) {
    return Commands.addTo(
        new CommandLine(new OpenExec())
            .addSubcommand(new SettleCommand(environment, workingDirectory, besideTheJar))
            .addSubcommand(new WitnessCommand(Clock.systemUTC())),
        () -> Configuration.database(environment, workingDirectory),
        stdin);
  }

  @Command(
      name = "serve",
      mixinStandardHelpOptions = true,
      description = {
        "Runs the service until it is told to end, as openexec does without a command.",
        "It is configured by environment variables (see README), and says on standard output when"
            + " it is ready."
      },
      footer = {"", "Exit codes: 0 it ended when it was told to, 1 it does not start."})
  int serve() {
    return call();
  }

  /**
   * Ends the process when a thread of it has ended for want of memory: what is left would answer
   * nobody, and never end. One that is killed loses nothing, and can be started again.
   */
  static void endWithoutMemory() {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, error) -> {
          try {
            System.err.println("the thread " + thread.getName() + " ended: " + error);
          } finally {
            if (error instanceof OutOfMemoryError) {
              Runtime.getRuntime().halt(WITHOUT_MEMORY);
            }
          }
        });
  }

  /** Starts the service, which then lives on in threads of its own. */
  @Override
  public Integer call() {
    endWithoutMemory();
    // It takes a while to load its native library, and nobody needs it before the routes stand.
    new Thread(Ed25519Provider::fastest, "openexec-ed25519").start();
    try {
      Configuration configuration =
          Configuration.of(System.getenv(), Path.of("").toAbsolutePath(), besideTheJar());
      CompletableFuture<Service> started = new CompletableFuture<>();
      // Before the start, so that a signal in its middle finds the hook, which then waits for it.
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> closeWhenStarted(started, configuration.shutdown()), "openexec-stop"));
      try {
        Service service = Service.start(configuration, Clock.systemUTC());
        System.out.println(service.readyLine());
        started.complete(service);
      } finally {
        started.cancel(false);
      }
      return 0;
    } catch (StartRefused e) {
      System.err.println("OpenExec does not start: " + e.getMessage());
      return REFUSED;
    }
  }

  private static void closeWhenStarted(CompletableFuture<Service> started, Duration patience) {
    endAfter(patience.plus(PATIENCE_OF_OTHERS));
    try {
      started.join().close();
    } catch (CancellationException e) {
      // It never started, and has said why.
    }
  }

  /**
   * Ends the process as if it were killed, which loses nothing: what is not ours, such as a client
   * of a broker that hangs, may hold up the stop for ever.
   */
  private static void endAfter(Duration time) {
    Thread watch =
        new Thread(
            () -> {
              try {
                TimeUnit.MILLISECONDS.sleep(time.toMillis());
                System.err.println("the stop takes too long: the process ends as it is");
                Runtime.getRuntime().halt(HELD_UP);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "openexec-end");
    watch.setDaemon(true);
    watch.start();
  }

  /** Returns the folder that holds the jar (or, from a build tree, the classes). */
  private static Path besideTheJar() {
    try {
      Path code =
          Path.of(OpenExec.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Objects.requireNonNull(code.toAbsolutePath().getParent());
    } catch (URISyntaxException e) {
      throw new StartRefused("the place of the jar cannot be told; set OPENEXEC_ROUTES", e);
    }
  }

  /** The version, for {@code --version}. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"OpenExec " + Status.VERSION};
    }
  }
}
