package io.openexec.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A service under test, in a process of its own. */
final class ServiceProcess implements AutoCloseable {
  private static final Pattern READY = Pattern.compile("ready on http://[^ ]*:([0-9]+)");
  private static final int SECONDS_TO_STOP = 60;

  private final Process process;
  private final Path directory;
  private final int port;
  private final double secondsToReady;

  private ServiceProcess(Process process, Path directory, int port, double secondsToReady) {
    this.process = process;
    this.directory = directory;
    this.port = port;
    this.secondsToReady = secondsToReady;
  }

  /**
   * Starts a service in a folder of its own and waits for the line that says it is ready.
   *
   * @throws NotReady if it ends without that line
   */
  static ServiceProcess start(Path directory, List<String> command, Map<String, String> environment)
      throws IOException, NotReady {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(directory.resolve("err.txt").toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("OPENEXEC_") || name.startsWith("CLAWSHIELD_"));
    builder.environment().putAll(environment);
    long begin = System.nanoTime();
    Process process = builder.start();
    // A run that is interrupted leaves nothing running.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "bench-kill"));
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher ready = READY.matcher(line);
      if (ready.find()) {
        double seconds = (System.nanoTime() - begin) / 1e9;
        return new ServiceProcess(process, directory, Integer.parseInt(ready.group(1)), seconds);
      }
    }
    process.destroyForcibly();
    throw new NotReady(lastLine(Files.readString(directory.resolve("err.txt"))));
  }

  /** The options that every service under test is started with. */
  static List<String> java(Path home) {
    return List.of(
        home.resolve("bin").resolve("java").toString(), "-Xmx256m", "-Xlog:gc:file=gc.log");
  }

  private static String lastLine(String text) {
    List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
    return lines.isEmpty()
        ? "it said nothing"
        : lines.get(lines.size() - 1).replaceFirst("^OpenExec does not start: ", "");
  }

  int port() {
    return port;
  }

  double secondsToReady() {
    return secondsToReady;
  }

  /** Returns the processor time that it has used so far. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  Memory memory() throws IOException {
    return Memory.of(process.pid());
  }

  Pauses pauses() throws IOException {
    return Pauses.of(directory.resolve("gc.log"));
  }

  /** Tells it to end, as a service manager does, and waits until it has. */
  void stop() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
        throw new IOException("a service did not stop within " + SECONDS_TO_STOP + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Kills it, if it still runs. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  /** A service that did not start, with what it said. */
  static final class NotReady extends Exception {
    private static final long serialVersionUID = 1;

    NotReady(String message) {
      super(message);
    }
  }
}
