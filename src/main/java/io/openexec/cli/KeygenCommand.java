package io.openexec.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.execution.Errors;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.JwkSet;
import io.openexec.signature.KeyFile;
import io.openexec.signature.SigningKey;
import io.openexec.signature.VerificationKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
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

/** {@code keygen}: a new private key, and what others need to know of it. */
@Command(
    name = "keygen",
    mixinStandardHelpOptions = true,
    description = {
      "Makes an Ed25519 private key in FILE, which only its owner may read, and shows its public"
          + " half.",
      "An existing file is never written over; with --public it is read instead. The private half"
          + " is never shown."
    },
    footer = {
      "",
      "Exit codes: 0 made, or shown; 2 usage, or a file that cannot be made or read.",
      "",
      "  openexec keygen approver.pem",
      "  openexec keygen --public approver.pem --trust --tenant tenant-001 --iss alice",
      "  openexec keygen witness.pem --name witness.example/w1"
    })
final class KeygenCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The private key's file: PKCS #8 in PEM.")
  private Path file;

  @Option(names = "--public", description = "Show the public half of the key that FILE holds.")
  private boolean existing;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "Show the verifier keys (C2SP signed-note) of the key under that name: of a log (that is"
              + " its OPENEXEC_ORIGIN), and of a witness (its --name). The name is part of them.")
  private @Nullable String name;

  @ArgGroup(exclusive = false)
  private @Nullable Trust trust;

  @Option(names = "--json", description = "Show it as one JSON object.")
  private boolean json;

  private static final class Trust {
    @Option(
        names = "--trust",
        required = true,
        description = "Show the entry for the JWK set of OPENEXEC_TRUST, and nothing else.")
    private boolean wanted;

    @Option(
        names = "--tenant",
        required = true,
        paramLabel = "TENANT",
        description = "For whom the key's tokens are.")
    private String tenant;

    @Option(
        names = "--iss",
        required = true,
        paramLabel = "ISSUER",
        description = "Who approves with it: what its tokens have as their iss.")
    private String issuer;
  }

  @Override
  public Integer call() {
    check();
    VerificationKey key = (existing ? Inputs.key(file) : make()).verificationKey();
    PrintWriter out = spec.commandLine().getOut();
    if (trust != null && trust.wanted) {
      out.println(Json.text(trusted(key, trust)));
    } else if (json) {
      out.println(Json.text(object(key)));
    } else {
      print(key, out);
    }
    out.flush();
    return CommandLine.ExitCode.OK;
  }

  /** Before anything is made. */
  private void check() {
    if (name != null) {
      try {
        verifierKey(name, SignatureType.ED25519, SigningKey.generate().verificationKey());
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), "--name: " + e.getMessage(), e);
      }
    }
    if (trust != null) {
      checkName("--tenant", trust.tenant);
      checkName("--iss", trust.issuer);
    }
  }

  private void checkName(String option, String value) {
    int length = value.codePointCount(0, value.length());
    if (length < 1 || length > ApprovalVerifier.MAX_TENANT) {
      throw new ParameterException(
          spec.commandLine(),
          option + " must have 1 to " + ApprovalVerifier.MAX_TENANT + " characters");
    }
  }

  private SigningKey make() {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new Unusable(file + " cannot be made: its directory does not exist");
    }
    try {
      return KeyFile.make(file);
    } catch (FileAlreadyExistsException e) {
      throw new Unusable(
          file + " exists, and is not written over; --public shows the public half of a key");
    } catch (IOException e) {
      throw new Unusable(file + " cannot be made: " + Errors.rootCause(e));
    }
  }

  private static String verifierKey(String name, SignatureType type, VerificationKey key) {
    return new VerifierKey(name, type, key).text();
  }

  private static String pem(VerificationKey key) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getEncoder().encodeToString(key.spki())
        + "\n-----END PUBLIC KEY-----\n";
  }

  private static ObjectNode trusted(VerificationKey key, Trust trust) {
    return JwkSet.jwk(key).put("tenant_id", trust.tenant).put("iss", trust.issuer);
  }

  private ObjectNode object(VerificationKey key) {
    ObjectNode jwk = JwkSet.jwk(key);
    ObjectNode object = jwk.objectNode();
    object.put("file", file.toString());
    object.put("pem", pem(key));
    object.set("jwk", jwk);
    if (name != null) {
      object.put("verifier_key", verifierKey(name, SignatureType.ED25519, key));
      object.put("cosigner_key", verifierKey(name, SignatureType.COSIGNATURE_V1, key));
    }
    return object;
  }

  private void print(VerificationKey key, PrintWriter out) {
    out.println("The public half of " + file + ", in PEM (for CLAWSHIELD_PUBLIC_KEY):");
    out.print(pem(key));
    out.println("as a JWK, whose kid is its thumbprint (RFC 7638):");
    out.println(Json.text(JwkSet.jwk(key)));
    if (name != null) {
      out.println("as the verifier key of a log:");
      out.println(verifierKey(name, SignatureType.ED25519, key));
      out.println(
          "as the verifier key of a witness (cosignature/v1), run with --name " + name + ":");
      out.println(verifierKey(name, SignatureType.COSIGNATURE_V1, key));
    }
  }
}
