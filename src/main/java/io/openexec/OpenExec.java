package io.openexec;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Objects;

/** The command that runs the service. */
public final class OpenExec {
  private static final int REFUSED = 1;

  private OpenExec() {}

  /** Runs the service, configured by the environment, until it is told to end. */
  public static void main(String[] args) {
    try {
      Configuration configuration =
          Configuration.of(System.getenv(), Path.of("").toAbsolutePath(), besideTheJar());
      Service service = Service.start(configuration, Clock.systemUTC());
      Runtime.getRuntime().addShutdownHook(new Thread(service::close, "openexec-stop"));
      System.out.println(service.readyLine());
    } catch (StartRefused e) {
      System.err.println("OpenExec does not start: " + e.getMessage());
      System.exit(REFUSED);
    }
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
}
