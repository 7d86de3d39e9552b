package io.openexec.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.RequestParser;
import io.openexec.execution.Errors;
import io.openexec.receipt.StrictJson;
import io.openexec.signature.SigningKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code approve}: an approver's word on a request. */
@Command(
    name = "approve",
    mixinStandardHelpOptions = true,
    description = {
      "Approves a request: reads the JSON of POST /execute (action, payload, nonce) from standard"
          + " input, and writes it with the approval in it, ready to be sent.",
      "Read what you approve: the signature is over exactly this action and payload, for one"
          + " execution. An approval that the request has already is replaced. Nothing is sent to"
          + " anyone."
    },
    footer = {
      "",
      "Exit codes: 0 approved; 2 usage, or a request or key that cannot be used.",
      "",
      "  openexec approve --key approver.pem --tenant tenant-001 < request.json |"
          + " curl -X POST localhost:5000/execute -H 'Content-Type: application/json' -d @-",
      "  openexec approve --token --key alice.pem --iss alice --key bob.pem --iss bob --tenant"
          + " tenant-001 --nonce-bound < request.json"
    })
final class ApproveCommand implements Callable<Integer> {
  private static final long MAX_TTL = Duration.ofDays(366).toSeconds();

  @Spec private CommandSpec spec;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "The approver's private key (see keygen). With --token up to 16.")
  private List<Path> keys;

  @Option(
      names = "--tenant",
      required = true,
      paramLabel = "TENANT",
      description = "For whom it is approved.")
  private String tenant;

  @Option(
      names = "--token",
      description = "Mint a token (a signed JWT) instead of an artifact of OpenExec 0.1.10.")
  private boolean token;

  @Option(
      names = "--iss",
      paramLabel = "ISSUER",
      description = "Tokens only: who approves, one for each --key, in the same order.")
  private List<String> issuers = List.of();

  @Option(
      names = "--ttl",
      defaultValue = "300",
      paramLabel = "SECONDS",
      description = "How long it may be used (default: ${DEFAULT-VALUE}).")
  private long ttl;

  @Option(
      names = "--aud",
      paramLabel = "AUDIENCE",
      description = "Tokens only: a service that may take it (its OPENEXEC_AUDIENCE).")
  private List<String> audience = List.of();

  @Option(
      names = "--nonce-bound",
      description = "Tokens only: it is good for the request's nonce and no other.")
  private boolean nonceBound;

  @Option(
      names = "--scope",
      paramLabel = "ACTION",
      description = "Tokens only: an action that it is limited to; the request's is one of them.")
  private List<String> scope = List.of();

  @Option(
      names = "--nbf",
      paramLabel = "INSTANT",
      description = "Tokens only: from when on it may be used, such as 2026-03-01T12:00:00Z.")
  private @Nullable Instant notBefore;

  @Option(
      names = "--only",
      description = "Write the approval alone: the artifact's object, or each token on a line.")
  private boolean only;

  private final InputStream stdin;
  private final Clock clock;

  ApproveCommand(InputStream stdin, Clock clock) {
    this.stdin = stdin;
    this.clock = clock;
  }

  @Override
  public Integer call() {
    check();
    List<SigningKey> signers = keys.stream().map(Inputs::key).toList();
    Terms terms = terms(request());
    PrintWriter out = spec.commandLine().getOut();
    if (token) {
      writeTokens(terms, tokens(terms, signers), out);
    } else {
      ObjectNode artifact = Approvals.artifact(terms, signers.get(0));
      out.println(only ? Json.text(artifact) : with(terms, "approval_artifact", artifact));
    }
    out.flush();
    return CommandLine.ExitCode.OK;
  }

  private void check() {
    checkName("--tenant", tenant);
    issuers.forEach(issuer -> checkName("--iss", issuer));
    if (ttl < 1 || ttl > MAX_TTL) {
      throw usage("--ttl must be from 1 to " + MAX_TTL);
    }
    if (!token) {
      checkArtifact();
    } else if (keys.size() > RequestParser.MAX_TOKENS) {
      throw usage("a request has at most " + RequestParser.MAX_TOKENS + " tokens");
    } else if (issuers.size() != keys.size()) {
      throw usage("a token needs its issuer: give one --iss for each --key");
    } else if (new HashSet<>(issuers).size() != issuers.size()) {
      throw usage("two tokens of one --iss count once; give each --key an --iss of its own");
    }
  }

  private void checkArtifact() {
    if (keys.size() > 1) {
      throw usage("a request has one artifact; use --token to have several approve it");
    }
    if (!issuers.isEmpty()
        || !audience.isEmpty()
        || nonceBound
        || !scope.isEmpty()
        || notBefore != null) {
      throw usage(
          "an artifact has no room for --iss, --aud, --nonce-bound, --scope or --nbf: use"
              + " --token");
    }
  }

  private void checkName(String option, String value) {
    int length = value.codePointCount(0, value.length());
    if (length < 1 || length > ApprovalVerifier.MAX_TENANT) {
      throw usage(option + " must have 1 to " + ApprovalVerifier.MAX_TENANT + " characters");
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private ExecutionRequest request() {
    try {
      return RequestParser.parse(Inputs.bytes(stdin, "the request", StrictJson.MAX_LENGTH));
    } catch (Refusal e) {
      throw new Unusable("nothing to approve on standard input: " + e.detail());
    } catch (IOException e) {
      throw new Unusable("standard input cannot be read: " + Errors.rootCause(e));
    }
  }

  private Terms terms(ExecutionRequest request) {
    if (!scope.isEmpty() && !scope.contains(request.action())) {
      throw usage("--scope must name the request's own action, too");
    }
    if (scope.stream().anyMatch(action -> action.isEmpty() || action.contains(" "))) {
      throw usage("--scope names one action, without spaces; give several by several");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    return new Terms(
        request, tenant, now, Duration.ofSeconds(ttl), audience, nonceBound, scope, notBefore);
  }

  private List<String> tokens(Terms terms, List<SigningKey> signers) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < signers.size(); i++) {
      tokens.add(Approvals.token(terms, issuers.get(i), signers.get(i)));
    }
    return tokens;
  }

  private void writeTokens(Terms terms, List<String> tokens, PrintWriter out) {
    if (only) {
      tokens.forEach(out::println);
    } else if (tokens.size() == 1) {
      out.println(with(terms, "approval_token", TextNode.valueOf(tokens.get(0))));
    } else {
      ArrayNode all = JsonNodeFactory.instance.arrayNode();
      tokens.forEach(all::add);
      out.println(with(terms, "approval_token", all));
    }
  }

  private static String with(Terms terms, String member, JsonNode approval) {
    ExecutionRequest request = terms.request();
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("action", request.action());
    // The canonical form: nothing that was not hashed is sent.
    object.putRawValue("payload", new RawValue(request.payload().compact()));
    object.put("nonce", request.nonce());
    object.set(member, approval);
    return Json.text(object);
  }
}
