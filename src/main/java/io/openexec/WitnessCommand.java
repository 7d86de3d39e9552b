package io.openexec;

import io.openexec.ledger.Cosigner;
import io.openexec.ledger.NoteRefused;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.CanonicalJson;
import io.openexec.signature.KeyFile;
import io.openexec.signature.SigningKey;
import io.openexec.witness.CheckpointRefused;
import io.openexec.witness.LogAway;
import io.openexec.witness.RemoteLog;
import io.openexec.witness.Witness;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code witness}: cosigns a ledger's checkpoints, in a process and with a key of its own. */
@Command(
    name = "witness",
    mixinStandardHelpOptions = true,
    description = {
      "Pulls a ledger's checkpoints and cosigns them, as long as the ledger only ever grows.",
      "Run it on another machine, under another administrator, than the service: it is there to"
          + " notice when that one shows different histories to different people, or takes something"
          + " back. It serves GET /checkpoint (the ledger's note with its cosignature), GET /key (what"
          + " verifies that) and GET / (how it is doing)."
    },
    footer = {
      "",
      "Without a state file it begins with the tree without leaves, with which every ledger is"
          + " consistent; what the ledger was before its first pull, it cannot know. A state file"
          + " that is lost is such a beginning: keep it like the key. What contradicts what it has"
          + " cosigned is refused, and kept beside the state, signed by the ledger; the last good"
          + " cosignature stands.",
      "",
      "Exit codes: with --once 0 cosigned, 1 refused, 2 usage, or ledger or state out of reach;"
          + " without, it runs until it is stopped, or 2 if it does not start.",
      "",
      "  openexec witness --log http://ledger.example:5000/ledger \\",
      "    --log-key ledger.vkey --key witness.pem --name witness.example/w1 \\",
      "    --state witness.state"
    })
final class WitnessCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(WitnessCommand.class);
  private static final int COSIGNED = 0;
  private static final int REFUSED = 1;
  private static final int MAX_VERIFIER_KEY = 1_024;
  private static final int MAX_PORT = 65_535;
  private static final int MAX_PAUSE = 86_400;
  private static final int THUMBPRINT = 16;
  private static final Pattern ADDRESS =
      Pattern.compile("(?:\\[([0-9a-fA-F:.]+)\\]|([^:\\[\\]]+)):([0-9]{1,5})");

  @Spec private CommandSpec spec;

  @Option(
      names = "--log",
      required = true,
      paramLabel = "URL",
      description = "The ledger, below which are checkpoint and tile/.")
  private String log;

  @Option(
      names = "--log-key",
      required = true,
      paramLabel = "VKEY|FILE",
      description = "The ledger's verifier key, as its page key shows it, or a file with it.")
  private String logKey;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "The witness's own private key, used for nothing else ('openexec keygen').")
  private Path key;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "Of the witness, and part of its verifier key: the one that keygen --name was given."
              + " Default: witness/ and the beginning of its key's thumbprint.")
  private @Nullable String name;

  @Option(
      names = "--state",
      required = true,
      paramLabel = "FILE",
      description = "Where it remembers what it cosigned last.")
  private Path state;

  @Option(
      names = "--listen",
      defaultValue = "127.0.0.1:5001",
      paramLabel = "HOST:PORT",
      description = "Where it serves. Default: ${DEFAULT-VALUE}; port 0 takes a free one.")
  private String listen;

  @Option(
      names = "--every",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description = "The pause between two pulls, 1 to 86400. Default: ${DEFAULT-VALUE}.")
  private int every;

  @Option(
      names = "--once",
      description = "Pulls once, prints the cosigned checkpoint, serves nothing, and ends.")
  private boolean once;

  @Option(names = "--json", description = "With --once: say what came of it as one JSON object.")
  private boolean json;

  private final Clock clock;
  private String said = "";

  WitnessCommand(Clock clock) {
    this.clock = clock;
  }

  @Override
  public Integer call() {
    if (every < 1 || every > MAX_PAUSE) {
      throw usage("--every is 1 to " + MAX_PAUSE + " seconds");
    }
    if (json && !once) {
      throw usage("--json goes with --once");
    }
    Matcher address = ADDRESS.matcher(listen);
    if (!address.matches() || Integer.parseInt(address.group(3)) > MAX_PORT) {
      throw usage("--listen is HOST:PORT, such as 127.0.0.1:5001");
    }
    String host = address.group(1) == null ? address.group(2) : address.group(1);
    RemoteLog remote = remoteLog();
    try (Witness witness = open(remote)) {
      return once ? pullOnce(witness) : run(witness, host, Integer.parseInt(address.group(3)));
    } catch (IOException e) {
      return unreadable(e);
    }
  }

  private Witness open(RemoteLog remote) throws IOException {
    VerifierKey verifierKey = logKey();
    SigningKey own = KeyFile.read(key);
    String thumbprint = own.verificationKey().thumbprint();
    try {
      Cosigner cosigner =
          new Cosigner(name == null ? "witness/" + thumbprint.substring(0, THUMBPRINT) : name, own);
      return Witness.open(remote, verifierKey, cosigner, state, clock);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private RemoteLog remoteLog() {
    try {
      return new RemoteLog(URI.create(log));
    } catch (IllegalArgumentException e) {
      throw usage("--log: " + e.getMessage());
    }
  }

  private VerifierKey logKey() throws IOException {
    try {
      return VerifierKey.parse(isFile(logKey) ? line(Path.of(logKey)) : logKey);
    } catch (NoteRefused e) {
      throw usage("--log-key: " + e.getMessage());
    }
  }

  private static boolean isFile(String path) {
    try {
      return Files.isRegularFile(Path.of(path));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static String line(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_VERIFIER_KEY), StandardCharsets.UTF_8).strip();
    }
  }

  private int pullOnce(Witness witness) throws IOException {
    try {
      printed(witness.pull());
      return COSIGNED;
    } catch (CheckpointRefused e) {
      notCosigned("not cosigned: ", String.valueOf(e.getMessage()));
      return REFUSED;
    } catch (LogAway e) {
      notCosigned("not cosigned: ", String.valueOf(e.getMessage()));
      return CommandLine.ExitCode.USAGE;
    }
  }

  private void printed(VerifiedCheckpoint cosigned) {
    String note = new String(cosigned.note().encode(), StandardCharsets.UTF_8);
    PrintWriter out = spec.commandLine().getOut();
    out.print(
        json
            ? "{\"cosigned\":true,\"size\":%d,\"checkpoint\":%s}%n"
                .formatted(cosigned.head().size(), CanonicalJson.quoted(note))
            : note);
    out.flush();
  }

  private void notCosigned(String prefix, String why) {
    if (json) {
      spec.commandLine()
          .getOut()
          .printf("{\"cosigned\":false,\"error\":%s}%n", CanonicalJson.quoted(why));
    } else {
      spec.commandLine().getErr().println(prefix + why);
    }
  }

  /** Serves, and pulls again and again, until the process is stopped: at whatever point. */
  private int run(Witness witness, String host, int port) throws IOException {
    try (WitnessPages pages = new WitnessPages(witness, host, port)) {
      spec.commandLine()
          .getOut()
          .printf(
              "OpenExec %s witness ready on http://%s:%d, %s%n",
              Status.VERSION,
              host.contains(":") ? "[" + host + "]" : host,
              pages.port(),
              witness.verifierKey().text());
      spec.commandLine().getOut().flush();
      while (!Thread.currentThread().isInterrupted()) {
        pull(witness);
        TimeUnit.SECONDS.sleep(every);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return COSIGNED;
  }

  private void pull(Witness witness) {
    try {
      witness.pull();
      if (!said.isEmpty()) {
        LOG.info("the ledger is cosigned again");
      }
      said = "";
    } catch (CheckpointRefused e) {
      say("not cosigned", e);
    } catch (LogAway e) {
      say("the ledger is away", e);
    } catch (IOException | RuntimeException e) {
      say("the state cannot be kept, or worse", e);
    }
  }

  /** Says what it has not just said. */
  private void say(String what, Exception why) {
    String line = what + ": " + why.getMessage();
    if (!line.equals(said)) {
      LOG.warn("{}", line);
    }
    said = line;
  }

  private int unreadable(IOException why) {
    // The file system's own errors often say no more than a name.
    String what = why instanceof FileSystemException ? why.toString() : why.getMessage();
    notCosigned("the witness cannot go on: ", String.valueOf(what));
    return CommandLine.ExitCode.USAGE;
  }

  private ParameterException usage(String why) {
    return new ParameterException(spec.commandLine(), why);
  }
}
