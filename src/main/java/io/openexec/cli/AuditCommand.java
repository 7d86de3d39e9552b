package io.openexec.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.audit.ApproverKeys;
import io.openexec.audit.DatabaseAudit;
import io.openexec.audit.Keys;
import io.openexec.audit.LogAudit;
import io.openexec.audit.LogFiles;
import io.openexec.audit.Progress;
import io.openexec.audit.Report;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.SignedNote;
import io.openexec.receipt.StrictJson;
import io.openexec.store.DatabaseUrl;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code audit}: recomputes everything, and names the first thing that does not fit. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = {
      "Recomputes every receipt, execution, approval, leaf, tile and checkpoint on record, and names"
          + " the first thing that does not fit.",
      "From the database of OPENEXEC_DB_URL, where the service may be running and nothing is"
          + " changed; or, without a database, from a ledger's address or a directory with a copy of"
          + " it, which shows the receipts, and nothing of what they conceal. That each is there"
          + " once, and the one that it supersedes, too, only the database's audit finds out.",
      "Keys that are not given are taken from what is audited, and the report says so: whoever can"
          + " write there can then invent all of it. Whoever has the service's keys as well can tell"
          + " another story from the beginning; only a checkpoint that was kept elsewhere shows that."
    },
    footer = {
      "",
      "Exit codes: 0 everything fits; 1 something does not; 2 usage, or what cannot be read.",
      "",
      "  openexec audit --jwks jwks.json --ledger-key ledger.vkey --checkpoint last-month.txt",
      "  openexec audit --url https://openexec.example/ledger --json"
    })
final class AuditCommand implements Callable<Integer> {
  private static final int DOES_NOT_HOLD = 1;

  @Spec private CommandSpec spec;

  @ArgGroup private @Nullable Source source;

  @Option(
      names = "--jwks",
      paramLabel = "FILE",
      description = "The receipt keys to trust, as /.well-known/jwks.json has them.")
  private @Nullable Path jwks;

  @Option(
      names = "--ledger-key",
      paramLabel = "VKEY|FILE",
      description = "The ledger's verifier key to trust, as /ledger/key has it.")
  private @Nullable String ledgerKey;

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE",
      description =
          "A checkpoint that was kept: the ledger has to have passed through it. Any number.")
  private List<Path> checkpoints = List.of();

  @Option(
      names = "--witness",
      paramLabel = "VKEY|FILE",
      description =
          "A witness's verifier key: each kept checkpoint has to be cosigned by one of them.")
  private List<String> witnesses = List.of();

  @Option(
      names = "--approver-keys",
      paramLabel = "FILE",
      description = "The approvers' keys to trust, in PEM, as CLAWSHIELD_PUBLIC_KEY has them.")
  private @Nullable Path approverKeys;

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      description = "The keys of approval tokens to trust, as OPENEXEC_TRUST has them.")
  private @Nullable Path trust;

  @Option(
      names = "--audience",
      paramLabel = "NAME",
      description =
          "By which tokens may name the service, as OPENEXEC_AUDIENCE has it: what has another aud"
              + " does not fit. Any number.")
  private List<String> audiences = List.of();

  @Option(
      names = "--strict",
      description =
          "What cannot be verified does not fit: approvals by other keys than those given, tokens"
              + " with an aud if there is no --audience, leaves in no checkpoint, and receipts that"
              + " wait for the ledger for more than a minute.")
  private boolean strict;

  @Option(names = "--json", description = "Say it as one JSON object.")
  private boolean json;

  private final Supplier<DatabaseUrl> database;

  private static final class Source {
    @Option(
        names = "--url",
        paramLabel = "URL",
        description = "A ledger's address, such as http://localhost:5000/ledger.")
    private @Nullable URI url;

    @Option(
        names = "--tiles",
        paramLabel = "DIRECTORY",
        description =
            "A copy of a ledger, with its paths: checkpoint, tile/…; key and jwks.json if these are"
                + " not given.")
    private @Nullable Path tiles;
  }

  AuditCommand(Supplier<DatabaseUrl> database) {
    this.database = database;
  }

  @Override
  public Integer call() {
    Report report = audit();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.text(object(report)));
    } else {
      print(report, out);
    }
    out.flush();
    return report.holds() ? CommandLine.ExitCode.OK : DOES_NOT_HOLD;
  }

  private Report audit() {
    Keys keys = keys();
    PrintWriter err = spec.commandLine().getErr();
    Progress progress = new Progress(line -> err.println("audit: " + line));
    if (source == null) {
      return DatabaseAudit.of(database.get(), keys, progress);
    }
    return LogAudit.of(files(source), keys, progress);
  }

  private static LogFiles files(Source source) {
    if (source.tiles != null) {
      if (!Files.isDirectory(source.tiles)) {
        throw new Unusable("--tiles: " + source.tiles + " is not a directory");
      }
      return LogFiles.in(source.tiles);
    }
    try {
      return LogFiles.at(source.url == null ? URI.create("") : source.url);
    } catch (IllegalArgumentException e) {
      throw new Unusable("--url: " + e.getMessage());
    }
  }

  private Keys keys() {
    return new Keys(
        Optional.ofNullable(jwks).map(file -> Inputs.keys("--jwks", file)),
        Optional.ofNullable(ledgerKey)
            .map(text -> Inputs.verifierKey("--ledger-key", text, SignatureType.ED25519)),
        witnesses.stream()
            .distinct()
            .map(text -> Inputs.verifierKey("--witness", text, SignatureType.COSIGNATURE_V1))
            .toList(),
        checkpoints.stream()
            .map(file -> new Keys.Kept(file.toString(), Inputs.text(file, SignedNote.MAX_BYTES)))
            .toList(),
        approvers(),
        audiences,
        strict);
  }

  private ApproverKeys approvers() {
    try {
      return ApproverKeys.parse(text(approverKeys), text(trust));
    } catch (IllegalArgumentException e) {
      throw new Unusable("--approver-keys or --trust: " + e.getMessage());
    }
  }

  private static Optional<String> text(@Nullable Path file) {
    return Optional.ofNullable(file).map(path -> Inputs.text(path, StrictJson.MAX_LENGTH));
  }

  private static ObjectNode object(Report report) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("holds", report.holds());
    report
        .misfit()
        .ifPresent(
            misfit ->
                object
                    .putObject("misfit")
                    .put("where", misfit.where())
                    .put("expected", misfit.expected())
                    .put("found", misfit.found()));
    ObjectNode checked = object.putObject("checked");
    report.checked().forEach(checked::put);
    ArrayNode trusted = object.putArray("on_trust");
    report.trusted().forEach(trusted::add);
    return object;
  }

  private static void print(Report report, PrintWriter out) {
    report.checked().forEach((what, count) -> out.println("checked   " + what + ": " + count));
    report.trusted().forEach(what -> out.println("on trust  " + what));
    out.println(
        report
            .misfit()
            .map(misfit -> "DOES NOT FIT: " + misfit.getMessage())
            .orElse("Everything fits."));
  }
}
