package io.openexec.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.CanonicalJson;
import io.openexec.receipt.OpenedReceipt;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify}: evidence, checked offline by somebody who trusts no more than a few keys. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Verifies evidence offline: an export, a receipt (a JWT, or an SD-JWT with disclosures), or"
          + " the answer of POST /execute or GET /receipts/ID.",
      "Get the keys from somebody you trust, not with the file: whoever invents a receipt invents"
          + " its keys, too. Keys that the file has in it are not looked at. What was not verified"
          + " is listed, and counts for nothing."
    },
    footer = {
      "",
      "Exit codes: 0 what was looked at holds, and the receipt is genuine by a trusted key; 1"
          + " something does not hold, or neither --jwks nor --ledger-key is given, so that nothing"
          + " shows who made it; 2 usage, or a file that is no evidence.",
      "",
      "  openexec verify export.json --jwks jwks.json --ledger-key ledger.vkey",
      "  openexec verify receipt.jwt --jwks jwks.json --json"
    })
final class VerifyCommand implements Callable<Integer> {
  private static final int DOES_NOT_HOLD = 1;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "What to verify.")
  private Path file;

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
      names = "--witness",
      paramLabel = "VKEY|FILE",
      description = "A witness's verifier key: the checkpoint has to be cosigned by it.")
  private List<String> witnesses = List.of();

  @Option(names = "--json", description = "Say it as one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    if (ledgerKey == null && !witnesses.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "a --witness cosigns what the ledger signs: give --ledger-key, too");
    }
    Verification verification =
        new Verification(jwks == null ? null : Inputs.keys("--jwks", jwks), ledger());
    verification.verify(Presented.parse(Inputs.text(file, Presented.MAX_LENGTH)));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.text(object(verification)));
    } else {
      print(verification, out);
    }
    out.flush();
    return verification.holds() ? CommandLine.ExitCode.OK : DOES_NOT_HOLD;
  }

  private @Nullable LedgerCheck ledger() {
    if (ledgerKey == null) {
      return null;
    }
    List<VerifierKey> cosigners =
        witnesses.stream()
            .distinct()
            .map(text -> Inputs.verifierKey("--witness", text, SignatureType.COSIGNATURE_V1))
            .toList();
    return new LedgerCheck(
        Inputs.verifierKey("--ledger-key", ledgerKey, SignatureType.ED25519), cosigners);
  }

  private static ObjectNode object(Verification verification) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("holds", verification.holds());
    object.set("findings", verification.findings().json());
    OpenedReceipt receipt = verification.latest();
    if (verification.holds() && receipt != null) {
      ObjectNode says = object.putObject("receipt");
      says.put("jti", receipt.id().toString());
      says.put("iss", receipt.issuer());
      says.put("issued_at", receipt.issuedAt().toString());
      says.put("status", receipt.status());
      receipt.reason().ifPresent(reason -> says.put("reason", reason));
      ObjectNode disclosed = says.putObject("disclosed");
      receipt
          .opened()
          .forEach((name, value) -> disclosed.putRawValue(name, new RawValue(value.compact())));
    }
    return object;
  }

  private static void print(Verification verification, PrintWriter out) {
    verification.findings().print(out);
    OpenedReceipt receipt = verification.latest();
    if (verification.holds() && receipt != null) {
      // Quoted: what is in a file is not for the terminal to interpret.
      out.println(
          CanonicalJson.quoted(receipt.issuer())
              + " says: "
              + CanonicalJson.quoted(receipt.status())
              + receipt.reason().map(reason -> " " + CanonicalJson.quoted(reason)).orElse("")
              + ", receipt "
              + receipt.id()
              + " of "
              + receipt.issuedAt());
      out.println("It holds, as far as it was verified.");
    } else if (!verification.findings().nothingFails()) {
      out.println("It does not hold.");
    } else {
      out.println("Nothing shows who made it: give --jwks or --ledger-key.");
    }
  }
}
