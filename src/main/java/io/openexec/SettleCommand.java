package io.openexec;

import io.openexec.camel.RegistryDigest;
import io.openexec.execution.Answer;
import io.openexec.execution.Claim.OnRecord;
import io.openexec.execution.Errors;
import io.openexec.execution.Execution;
import io.openexec.execution.ExecutionStore;
import io.openexec.execution.Outcome;
import io.openexec.execution.StoreUnavailable;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.StrictJson;
import io.openexec.store.DatabaseUrl;
import io.openexec.store.Databases;
import io.openexec.store.Signatories;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code settle}: an operator's word on an execution whose outcome is unknown. */
@Command(
    name = "settle",
    mixinStandardHelpOptions = true,
    description = {
      "Settles an execution whose outcome is unknown, after its target was looked at.",
      "The service may be running; it answers replays by the settlement from then on. What was on"
          + " record before stays in the history, and an execution is settled once."
    },
    footer = {
      "",
      "The database is the one of OPENEXEC_DB_URL. Exit codes: 0 settled, 1 not settled (no such"
          + " execution, or its outcome is not unknown), 2 usage or unreadable database.",
      "",
      "  openexec settle 5ca09451-db84-8915-bc5d-3bc6df465eff --failed --reason rolled_back",
      "  openexec settle 5ca09451-db84-8915-bc5d-3bc6df465eff --succeeded '{\"paid\": true}'"
          + " --reason seen_on_statement"
    })
final class SettleCommand implements Callable<Integer> {
  private static final int SETTLED = 0;
  private static final int NOT_SETTLED = 1;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ID", description = "The execution's id, from its 409 answer.")
  private UUID id;

  @ArgGroup(multiplicity = "1")
  private How how;

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "CODE",
      description = "Why, recorded and answered: lower snake case, at most 64 characters.")
  private String reason;

  @Option(
      names = "--json",
      description = "Say what came of it as one JSON object, with the answer if it is settled.")
  private boolean json;

  private final Map<String, String> environment;
  private final Path workingDirectory;
  private final Path besideTheJar;

  private static final class How {
    @Option(
        names = "--succeeded",
        paramLabel = "RESULT",
        description = "It took effect; its result, a JSON object.")
    private @Nullable String result;

    @Option(names = "--failed", description = "It did not take effect, and never will.")
    private boolean failed;
  }

  SettleCommand(Map<String, String> environment, Path workingDirectory, Path besideTheJar) {
    this.environment = environment;
    this.workingDirectory = workingDirectory;
    this.besideTheJar = besideTheJar;
  }

  @Override
  public Integer call() {
    Outcome outcome = outcome();
    try (ExecutionStore store = Databases.attach(database(), signatories(), Clock.systemUTC())) {
      Optional<Execution> settled = store.settle(id, outcome);
      if (settled.isEmpty()) {
        return notSettled("no execution of that id has an unknown outcome", NOT_SETTLED);
      }
      String answer = Answer.of(new OnRecord(settled.get(), true)).json();
      spec.commandLine()
          .getOut()
          .println(json ? "{\"settled\":true,\"answer\":" + answer + "}" : answer);
      return SETTLED;
    } catch (IllegalStateException e) {
      return notSettled(String.valueOf(e.getMessage()), CommandLine.ExitCode.USAGE);
    } catch (StoreUnavailable e) {
      return notSettled(
          "the database cannot be written: " + Errors.rootCause(e), CommandLine.ExitCode.USAGE);
    }
  }

  private int notSettled(String why, int code) {
    if (json) {
      spec.commandLine()
          .getOut()
          .println("{\"settled\":false,\"error\":" + CanonicalJson.quoted(why) + "}");
    } else {
      spec.commandLine().getErr().println("not settled: " + why);
    }
    return code;
  }

  private Outcome outcome() {
    if (!Outcome.isReason(reason)) {
      throw new ParameterException(
          spec.commandLine(), "--reason must be lower snake case, such as rolled_back");
    }
    if (how.failed || how.result == null) {
      return Outcome.failed(reason);
    }
    try {
      return Outcome.succeeded(JsonValue.ofObject(StrictJson.parse(how.result))).because(reason);
    } catch (JsonRefused e) {
      throw new ParameterException(
          spec.commandLine(), "--succeeded must be a JSON object: " + e.getMessage(), e);
    }
  }

  private Signatories signatories() {
    try {
      Path routes = Configuration.routes(environment, workingDirectory, besideTheJar);
      return new KeyFiles(
          Configuration.evidence(environment, workingDirectory),
          database(),
          RegistryDigest.of(routes));
    } catch (StartRefused e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new ParameterException(
          spec.commandLine(), "the routes cannot be read: " + Errors.rootCause(e), e);
    }
  }

  private DatabaseUrl database() {
    try {
      return Configuration.database(environment, workingDirectory);
    } catch (StartRefused e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
