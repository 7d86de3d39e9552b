package io.openexec.cli;

import io.openexec.store.DatabaseUrl;
import java.io.InputStream;
import java.time.Clock;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** The commands, as picocli takes them. */
public final class Commands {
  private Commands() {}

  /**
   * Adds the commands.
   *
   * @param database the one of {@code OPENEXEC_DB_URL}, asked for by the commands that need it; it
   *     may throw, and the message then says in one line why
   * @param stdin what is approved
   * @return the same command line, which says in one line why a command failed
   */
  public static CommandLine addTo(
      CommandLine commandLine, Supplier<DatabaseUrl> database, InputStream stdin) {
    return commandLine
        .addSubcommand(new KeygenCommand())
        .addSubcommand(new ApproveCommand(stdin, Clock.systemUTC()))
        .addSubcommand(new ExportCommand(database))
        .addSubcommand(new VerifyCommand())
        .addSubcommand(new AuditCommand(database))
        .setExecutionExceptionHandler(Commands::failed);
  }

  private static int failed(Exception e, CommandLine command, ParseResult parsed) {
    String message = e.getMessage();
    command
        .getErr()
        .println(
            command.getCommandName()
                + ": "
                + (message == null
                    ? "failed with " + e.getClass().getName()
                    : message.lines().findFirst().orElse("")));
    return CommandLine.ExitCode.USAGE;
  }
}
