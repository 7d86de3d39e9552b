package io.openexec;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Somebody who types commands, in this process. */
final class Terminal {
  private final Path directory;
  private final Map<String, String> environment;
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  Terminal(Path directory) {
    this(directory, Map.of());
  }

  Terminal(Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = environment;
  }

  /** Returns the exit code; what was written is this command's alone. */
  int run(String... args) {
    return runWith("", args);
  }

  int runWith(String stdin, String... args) {
    out = new StringWriter();
    err = new StringWriter();
    return OpenExec.commandLine(
            environment,
            directory,
            directory,
            new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }
}
