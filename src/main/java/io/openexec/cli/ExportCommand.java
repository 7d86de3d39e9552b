package io.openexec.cli;

import io.openexec.execution.Errors;
import io.openexec.execution.StoreUnavailable;
import io.openexec.store.DatabaseUrl;
import io.openexec.store.Databases;
import io.openexec.store.RecordReader;
import io.openexec.store.RecordReader.Recorded;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code export}: all that is on record of one execution, for an auditor. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes one JSON file with all that is on record of an execution: the request, its approvals,"
          + " the result, the receipt with what opens it, its place in the ledger, and the receipts"
          + " before it.",
      "The file is as confidential as the request. It is read from the database, where the service"
          + " may be running, and nothing is changed there; verify checks it."
    },
    footer = {
      "",
      "The database is the one of OPENEXEC_DB_URL. Exit codes: 0 exported; 1 nothing to export (no"
          + " such id, or it has no receipt yet); 2 usage, or a database that cannot be read.",
      "",
      "  openexec export 5ca09451-db84-8915-bc5d-3bc6df465eff --out export.json"
    })
final class ExportCommand implements Callable<Integer> {
  private static final int NOTHING = 1;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ID", description = "An execution's id, a denial's, or a receipt's jti.")
  private UUID id;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write it there, for its owner's eyes; never over an existing file.")
  private @Nullable Path out;

  private final Supplier<DatabaseUrl> database;

  ExportCommand(Supplier<DatabaseUrl> database) {
    this.database = database;
  }

  @Override
  public Integer call() {
    try (RecordReader reader = Databases.read(database.get())) {
      Optional<Recorded> recorded = reader.find(id);
      if (recorded.isEmpty()) {
        return nothing("no execution, denial or receipt with evidence has that id");
      }
      if (recorded.get().latest().isEmpty()) {
        return nothing("it has no receipt: its outcome is not on record yet");
      }
      write(
          Json.text(
              Export.of(
                  id,
                  recorded.get(),
                  recorded.get().latest().get(),
                  reader.receiptKeys(),
                  reader.log())));
      return CommandLine.ExitCode.OK;
    } catch (StoreUnavailable e) {
      throw new Unusable("the database cannot be read: " + Errors.rootCause(e));
    }
  }

  private int nothing(String why) {
    spec.commandLine().getErr().println("not exported: " + why);
    return NOTHING;
  }

  private void write(String json) {
    if (out == null) {
      PrintWriter stdout = spec.commandLine().getOut();
      stdout.println(json);
      stdout.flush();
      return;
    }
    try {
      Files.createFile(out, owner(out));
      Files.writeString(out, json + "\n", StandardCharsets.US_ASCII);
    } catch (NoSuchFileException e) {
      throw new Unusable(out + " cannot be written: its directory does not exist");
    } catch (FileAlreadyExistsException e) {
      throw new Unusable(out + " exists, and is not written over");
    } catch (IOException e) {
      throw new Unusable(out + " cannot be written: " + Errors.rootCause(e));
    }
  }

  private static FileAttribute<?>[] owner(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }
}
