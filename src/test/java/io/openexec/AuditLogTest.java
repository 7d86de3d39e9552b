package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.execution.Evidence;
import io.openexec.execution.Outcome;
import io.openexec.execution.RecordedRequest;
import io.openexec.ledger.Checkpoint;
import io.openexec.ledger.EntryBundle;
import io.openexec.ledger.Hashing;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.NoteSigner;
import io.openexec.ledger.TreeHead;
import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.JwkSet;
import io.openexec.testing.Keys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log of one receipt, all of whose signatures are good, and which is wrong all the same. */
class AuditLogTest {
  @TempDir Path directory;
  private Path log;
  private byte[] entry;

  @BeforeEach
  void aLogOfOneReceipt() throws IOException {
    log = Files.createDirectory(directory.resolve("log"));
    Evidence evidence = Keys.evidence();
    RecordedRequest request =
        new RecordedRequest(
            ExecutionId.of("", "n"), "", "\"n\"", "echo", "{}", null, Instant.EPOCH);
    entry =
        evidence
            .of(request, Outcome.failed("no"), null)
            .evidence()
            .getBytes(StandardCharsets.US_ASCII);
    write("tile/entries/000.p/1", EntryBundle.encode(List.of(entry)));
    write("tile/0/000.p/1", Hashing.leaf(entry).bytes());
    write("checkpoint", checkpoint(Keys.ORIGIN, 1, Hashing.leaf(entry)));
    write(
        "key",
        new NoteSigner(Keys.ORIGIN, Keys.LEDGER)
            .verifierKey()
            .text()
            .getBytes(StandardCharsets.US_ASCII));
    write(
        "jwks.json",
        JwkSet.of(List.of(Keys.RECEIPTS.verificationKey()))
            .json()
            .toString()
            .getBytes(StandardCharsets.US_ASCII));
  }

  private void write(String path, byte[] content) throws IOException {
    Path file = log.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private static byte[] checkpoint(String origin, long size, NodeHash root) {
    return new NoteSigner(origin, Keys.LEDGER)
        .sign(new Checkpoint(origin, new TreeHead(size, root)).text())
        .encode();
  }

  private void finds(String misfit, String... more) {
    Terminal terminal = new Terminal(directory);
    List<String> args = new ArrayList<>(List.of("audit", "--tiles", log.toString()));
    args.addAll(List.of(more));
    int code = terminal.run(args.toArray(String[]::new));
    if (misfit.isEmpty()) {
      assertThat(code).as(terminal.out() + terminal.err()).isZero();
    } else {
      assertThat(code).as(terminal.out() + terminal.err()).isEqualTo(1);
      assertThat(terminal.out()).contains("DOES NOT FIT: ").contains(misfit);
    }
  }

  @Test
  void itFits() {
    finds("");
  }

  @Test
  void aReceiptOfAnotherLogIsNoneOfThisOne() throws IOException {
    write("checkpoint", checkpoint("example.com/other", 1, Hashing.leaf(entry)));
    write(
        "key",
        new NoteSigner("example.com/other", Keys.LEDGER)
            .verifierKey()
            .text()
            .getBytes(StandardCharsets.US_ASCII));
    finds("leaf 0: iss: expected \"example.com/other\"");
  }

  @Test
  void aCheckpointIsOfTheTreeThatIsThere() throws IOException {
    write("checkpoint", checkpoint(Keys.ORIGIN, 1, Hashing.EMPTY_ROOT));
    finds("checkpoint of size 1: root");
  }

  @Test
  void aLogThatIsSmallerThanOneThatWasKeptWasCutOff() throws IOException {
    Path kept = directory.resolve("kept");
    Files.write(kept, checkpoint(Keys.ORIGIN, 2, Hashing.EMPTY_ROOT));
    finds("at least 2 leaves, found 1", "--checkpoint", kept.toString());
  }

  @Test
  void thatAReceiptIsThereTwiceOnlyTheDatabaseTells() throws IOException {
    NodeHash leaf = Hashing.leaf(entry);
    Files.delete(log.resolve("tile/0/000.p/1"));
    byte[] tile = Arrays.copyOf(leaf.bytes(), 2 * NodeHash.BYTES);
    System.arraycopy(tile, 0, tile, NodeHash.BYTES, NodeHash.BYTES);
    write("tile/0/000.p/2", tile);
    write("tile/entries/000.p/2", EntryBundle.encode(List.of(entry, entry)));
    write("checkpoint", checkpoint(Keys.ORIGIN, 2, Hashing.node(leaf, leaf)));
    finds("");
  }

  @Test
  void aReceiptHasItsOwnPlaceOnly() throws IOException {
    write("tile/0/000.p/1", Hashing.EMPTY_ROOT.bytes());
    finds("(leaf 0)");
  }
}
