package io.openexec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.openexec.ledger.Cosigner;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.signature.KeyFile;
import io.openexec.testing.LogServer;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The witness as it is run, beside the real service and beside a log that lies. */
class WitnessCommandTest {
  private static final Pattern READY =
      Pattern.compile("OpenExec \\S+ witness ready on http://127\\.0\\.0\\.1:(\\d+), (\\S+)\n");

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path key;

  @BeforeEach
  void makeKey() throws IOException {
    key = directory.resolve("witness.pem");
    KeyFile.make(key);
  }

  private int witness(String... args) {
    return new CommandLine(new WitnessCommand(Clock.systemUTC()))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private String[] arguments(String log, String logKey, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("--log", log, "--log-key", logKey, "--key", key.toString()));
    arguments.addAll(List.of("--state", directory.resolve("state").toString()));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private int once(String log, String logKey, String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    all.add("--once");
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return witness(arguments(log, logKey, all.toArray(String[]::new)));
  }

  private static String ledger(TestService service) {
    return "http://127.0.0.1:" + service.port() + "/ledger";
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private VerifiedCheckpoint cosigned(String note, String logKey) throws Exception {
    String name = "w.example/1";
    VerifierKey own = new Cosigner(name, KeyFile.read(key)).verifierKey();
    VerifiedCheckpoint checkpoint =
        VerifiedCheckpoint.open(note.getBytes(UTF_8), VerifierKey.parse(logKey), List.of(own));
    assertThat(checkpoint.cosignatures()).hasSize(1);
    return checkpoint;
  }

  @Test
  void aServiceThatGrowsIsCosignedAndOneThatWasSetBackIsNot() throws Exception {
    Path first = Files.createDirectory(directory.resolve("first"));
    Path again = Files.createDirectory(directory.resolve("again"));
    String logKey;
    try (TestService service = new TestService.Setup(first).start()) {
      logKey = service.requests().get("/ledger/key").text().strip();
      for (int n = 1; n <= 3; n++) {
        service.requests().execute("echo", "{}", "n" + n);
        int size = n;
        await(
            () ->
                once(ledger(service), logKey, "--name", "w.example/1") == 0
                    && size(out.toString()) >= size);
        assertThat(cosigned(out.toString(), logKey).head().size()).isEqualTo(size);
      }
    }
    // The same keys over a database that has forgotten.
    TestService.Setup forgetful = new TestService.Setup(again);
    for (String kind : new String[] {"ledger", "receipt"}) {
      forgetful.with(
          kind.equals("ledger") ? "OPENEXEC_LEDGER_KEY" : "OPENEXEC_RECEIPT_KEY",
          first.resolve("openexec.db." + kind + "-key.pem").toString());
    }
    try (TestService service = forgetful.start()) {
      assertThat(service.requests().get("/ledger/key").text().strip()).isEqualTo(logKey);
      service.requests().execute("echo", "{}", "other");
      await(() -> service.requests().get("/ledger/checkpoint").status() == 200);
      assertThat(once(ledger(service), logKey, "--name", "w.example/1")).isEqualTo(1);
      assertThat(err.toString()).contains("not cosigned: the log shows a tree of");
      for (int n = 0; n < 3; n++) {
        service.requests().execute("echo", "{}", "more" + n);
      }
      await(() -> size(service.requests().get("/ledger/checkpoint").text()) >= 4);
      assertThat(once(ledger(service), logKey, "--name", "w.example/1")).isEqualTo(1);
      assertThat(err.toString()).contains("begins with another tree of 3 than it had signed");
    }
    assertThat(cosigned(Files.readString(directory.resolve("state")), logKey).head().size())
        .isEqualTo(3);
  }

  private static long size(String note) {
    // -1 for what is no note: nothing is cosigned, or published, yet.
    return note.contains("\n\n") ? Long.parseLong(note.split("\n", -1)[1]) : -1;
  }

  @Test
  void servesWhatItCosignedAndSaysWhatItRefused() throws Exception {
    try (LogServer log = new LogServer()) {
      String logKey = log.signer().verifierKey().text();
      FutureTask<Integer> running =
          new FutureTask<>(
              () ->
                  witness(
                      arguments(
                          log.address().toString(),
                          logKey,
                          "--listen",
                          "127.0.0.1:0",
                          "--every",
                          "1",
                          "--name",
                          "w.example/1")));
      Thread thread = new Thread(running, "witness");
      thread.start();
      await(() -> READY.matcher(out.toString()).matches());
      Matcher ready = READY.matcher(out.toString());
      assertThat(ready.matches()).isTrue();
      Requests witness = new Requests(Integer.parseInt(ready.group(1)));
      assertThat(witness.get("/key").text().strip()).isEqualTo(ready.group(2));

      log.show(300);
      await(() -> size(witness.get("/checkpoint").text()) == 300);
      Reply checkpoint = witness.get("/checkpoint");
      assertThat(cosigned(checkpoint.text(), logKey).head())
          .isEqualTo(LogServer.Tree.of(300).head());
      assertThat(checkpoint.header("Content-Type")).contains("text/plain; charset=utf-8");
      assertThat(witness.get("/").json().path("refused").isNull()).isTrue();

      log.show(200);
      await(() -> !witness.get("/").json().path("refused").isNull());
      assertThat(witness.get("/").json().path("refused").path("kind").asText())
          .isEqualTo("smaller");
      assertThat(witness.get("/").json().path("checkpoint").path("size").asLong()).isEqualTo(300);
      assertThat(witness.get("/").json().path("evidence").asLong()).isEqualTo(1);
      assertThat(size(witness.get("/checkpoint").text())).as("stands").isEqualTo(300);

      assertThat(once(log.address().toString(), logKey)).as("its state is held").isEqualTo(2);
      assertThat(witness.get("/state").status()).isEqualTo(404);
      Reply post = witness.send(witness.to("/").POST(BodyPublishers.ofString("x")).build());
      assertThat(post.status()).isEqualTo(405);
      assertThat(post.header("Allow")).contains("GET, HEAD");

      thread.interrupt();
      assertThat(running.get(20, TimeUnit.SECONDS)).isZero();
    }
  }

  @Test
  void usageAndWhatIsOutOfReachAre2() throws Exception {
    try (LogServer log = new LogServer()) {
      String address = log.address().toString();
      String good = log.signer().verifierKey().text();
      Path file = Files.writeString(directory.resolve("ledger.vkey"), good + "\n");
      assertThat(once(address, file.toString())).as(err.toString()).isZero();
      assertThat(once(address + "/", good)).as(err.toString()).isZero();

      assertThat(once(address, good.substring(1))).isEqualTo(2);
      assertThat(err.toString()).contains("--log-key");
      assertThat(once(address, directory.resolve("none").toString())).isEqualTo(2);
      assertThat(once("ftp://x", good)).isEqualTo(2);
      assertThat(once(address, good, "--name", "a b")).isEqualTo(2);
      assertThat(once(address, good, "--name", LogServer.ORIGIN)).isEqualTo(2);
      assertThat(err.toString()).contains("a name of its own");
      assertThat(once(address, good, "--every", "0")).isEqualTo(2);
      assertThat(once(address, good, "--listen", "5001")).isEqualTo(2);
      assertThat(once(address, good, "--listen", "x:65536")).isEqualTo(2);
      assertThat(once(address, good, "--listen", "not.a.host.invalid:1")).as("unused").isZero();
      assertThat(witness(arguments(address, good, "--listen", "not.a.host.invalid:1")))
          .isEqualTo(2);
      assertThat(err.toString()).contains("cannot go on");

      log.lying((exchange, path) -> true);
      assertThat(once(address, good)).isEqualTo(2);
      assertThat(err.toString()).startsWith("not cosigned: " + address);
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
      assertThat(once(address, good)).isEqualTo(2);
      assertThat(err.toString()).contains("chmod 600");
    }
  }

  @Test
  void onRequestOnePullIsSaidInJson() throws Exception {
    ObjectMapper json = new ObjectMapper();
    try (LogServer log = new LogServer()) {
      String address = log.address().toString();
      String logKey = log.signer().verifierKey().text();
      log.show(5);
      assertThat(once(address, logKey, "--name", "w.example/1", "--json")).as("" + err).isZero();
      JsonNode pulled = json.readTree(out.toString());
      assertThat(pulled.path("cosigned").asBoolean()).isTrue();
      assertThat(pulled.path("size").asLong()).isEqualTo(5);
      assertThat(cosigned(pulled.path("checkpoint").asText(), logKey).head().size()).isEqualTo(5);

      log.show(4);
      assertThat(once(address, logKey, "--name", "w.example/1", "--json")).isEqualTo(1);
      JsonNode refused = json.readTree(out.toString());
      assertThat(refused.path("cosigned").isBoolean()).isTrue();
      assertThat(refused.path("cosigned").asBoolean()).isFalse();
      assertThat(refused.path("error").asText()).contains("the log shows a tree of");

      String nowhere = "http://127.0.0.1:1/ledger";
      assertThat(once(nowhere, logKey, "--name", "w.example/1", "--json")).isEqualTo(2);
      assertThat(json.readTree(out.toString()).path("error").asText())
          .contains("cannot connect to 127.0.0.1:1: is the service running there?")
          .doesNotContain("Exception");
      assertThat(once("http://nowhere.invalid/ledger", logKey, "--name", "w.example/1"))
          .isEqualTo(2);
      assertThat(err.toString()).contains("cannot connect to nowhere.invalid: ");

      key = directory.resolve("none.pem");
      assertThat(once(address, logKey, "--json")).isEqualTo(2);
      assertThat(json.readTree(out.toString()).path("error").asText()).contains("is not a file");
      assertThat(err.toString()).isEmpty();
      assertThat(witness(arguments(address, logKey, "--json"))).isEqualTo(2);
      assertThat(err.toString()).contains("--json goes with --once");
    }
  }

  @Test
  void theLogsOwnKeyIsNoWitnesss() throws Exception {
    try (TestService service = new TestService.Setup(directory).start()) {
      String logKey = service.requests().get("/ledger/key").text().strip();
      key = directory.resolve("openexec.db.ledger-key.pem");
      assertThat(once(ledger(service), logKey)).isEqualTo(2);
      assertThat(err.toString()).contains("a key and a name of its own");
      assertThat(directory.resolve("state")).doesNotExist();
    }
  }
}
