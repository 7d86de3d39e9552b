package io.openexec.testing;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The packaged service in a process of its own, as its users run it. */
public final class Packaged implements AutoCloseable {
  public static final Path JAR = Path.of("target/openexec.jar").toAbsolutePath();

  /** An option for processes that live for seconds: without the compiler whose work pays later. */
  public static final String SOON = "-XX:TieredStopAtLevel=1";

  private static final Pattern READY = Pattern.compile("ready on http://[^ ]*:([0-9]+)");
  private static final int MAX_LINES = 100;

  private final Process process;
  private final String readyLine;
  private final Requests requests;

  private Packaged(Process process, String readyLine, int port) {
    this.process = process;
    this.readyLine = readyLine;
    this.requests = new Requests(port);
  }

  /** How a process that ended by itself ended. */
  public record Ended(int code, String out, String err) {}

  /** The command of the README; with {@code trace:} on its class path where a test needs that. */
  public static ProcessBuilder command(
      Path directory, Map<String, String> environment, boolean tracing, String... options) {
    List<String> java =
        Stream.concat(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                Stream.of(options))
            .toList();
    List<String> service =
        tracing
            ? List.of(
                "-cp",
                JAR + File.pathSeparator + Path.of("target/test-classes").toAbsolutePath(),
                "io.openexec.OpenExec")
            : List.of("-jar", JAR.toString());
    ProcessBuilder builder =
        new ProcessBuilder(Stream.concat(java.stream(), service.stream()).toList())
            .directory(directory.toFile())
            .redirectError(directory.resolve("err.txt").toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("OPENEXEC_") || name.startsWith("CLAWSHIELD_"));
    builder.environment().putAll(environment);
    return builder;
  }

  /** Starts a service and waits for the line that says it is ready. */
  public static Packaged start(
      Path directory, Map<String, String> environment, boolean tracing, String... options)
      throws IOException {
    Process process = command(directory, environment, tracing, options).start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    for (int i = 0; line != null && i < MAX_LINES; i++, line = out.readLine()) {
      Matcher ready = READY.matcher(line);
      if (ready.find()) {
        return new Packaged(process, line, Integer.parseInt(ready.group(1)));
      }
    }
    process.destroyForcibly();
    throw new IllegalStateException("not ready: " + Files.readString(directory.resolve("err.txt")));
  }

  /** Runs a command that is expected to end by itself. */
  public static Ended run(Path directory, Map<String, String> environment)
      throws IOException, InterruptedException {
    Process process =
        command(directory, environment, false)
            .redirectOutput(directory.resolve("out.txt").toFile())
            .start();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("still running");
    }
    return new Ended(
        process.exitValue(),
        Files.readString(directory.resolve("out.txt")),
        Files.readString(directory.resolve("err.txt")));
  }

  public String readyLine() {
    return readyLine;
  }

  public Requests requests() {
    return requests;
  }

  /** SIGKILL: nothing of it runs any more when this returns. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Sends a signal, by its name without SIG. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start().waitFor();
  }

  /** SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public int awaitEnd() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    kill();
  }
}
