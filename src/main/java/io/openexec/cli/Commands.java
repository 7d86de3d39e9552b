package io.openexec.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.openexec.store.DatabaseUrl;
import java.io.InputStream;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The commands, as picocli takes them. */
public final class Commands {
  private static final String JSON = "--json";

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
    IParameterExceptionHandler usage = commandLine.getParameterExceptionHandler();
    return commandLine
        .addSubcommand(new KeygenCommand())
        .addSubcommand(new ApproveCommand(stdin, Clock.systemUTC()))
        .addSubcommand(new ExportCommand(database))
        .addSubcommand(new VerifyCommand())
        .addSubcommand(new AuditCommand(database))
        .setExecutionExceptionHandler(Commands::failed)
        .setParameterExceptionHandler((e, args) -> misused(e, args, usage));
  }

  private static int failed(Exception e, CommandLine command, ParseResult parsed) {
    String why = e.getMessage() == null ? "failed with " + e.getClass().getName() : firstLine(e);
    if (command.getParseResult().hasMatchedOption(JSON)) {
      printError(command, why);
    } else {
      command.getErr().println(command.getCommandName() + ": " + why);
    }
    return CommandLine.ExitCode.USAGE;
  }

  private static int misused(
      ParameterException e, String[] args, IParameterExceptionHandler otherwise) throws Exception {
    // What was wrong may keep the rest from being parsed.
    if (List.of(args).contains(JSON)) {
      printError(e.getCommandLine(), firstLine(e));
      return CommandLine.ExitCode.USAGE;
    }
    return otherwise.handleParseException(e, args);
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private static void printError(CommandLine command, String why) {
    command.getOut().println(Json.text(JsonNodeFactory.instance.objectNode().put("error", why)));
    command.getOut().flush();
  }
}
