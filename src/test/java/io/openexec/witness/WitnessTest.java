package io.openexec.witness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import io.openexec.ledger.Checkpoint;
import io.openexec.ledger.ConsistencyProof;
import io.openexec.ledger.Cosigner;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.NoteSigner;
import io.openexec.ledger.ProofRefused;
import io.openexec.ledger.SignedNote;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TilePath;
import io.openexec.ledger.TreeHead;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.signature.SigningKey;
import io.openexec.testing.LogServer;
import io.openexec.testing.LogServer.Tree;
import io.openexec.witness.CheckpointRefused.Kind;
import io.openexec.witness.Witness.Step;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A witness cosigns a log that only grows, and nothing that contradicts what it handed out. */
class WitnessTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration LITTLE_PATIENCE = Duration.ofMillis(300);
  private static final int[] SIZES = {0, 1, 2, 3, 7, 8, 255, 256, 257, 258, 511, 512, 513, 600};

  @TempDir Path directory;
  private final LogServer log = new LogServer();
  private final Cosigner cosigner = new Cosigner("witness.example/w1", SigningKey.generate());

  private static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @AfterEach
  void stop() {
    log.close();
  }

  private Path state() {
    return directory.resolve("state");
  }

  private Witness witness() throws IOException {
    return witness(step -> {});
  }

  private Witness witness(Consumer<Step> observer) throws IOException {
    return witness(state(), NOW, observer);
  }

  private Witness witness(Path state, Instant now, Consumer<Step> observer) throws IOException {
    return witness(state, now, PATIENCE, observer);
  }

  private Witness witness(Path state, Instant now, Duration patience, Consumer<Step> observer)
      throws IOException {
    return Witness.open(
        new RemoteLog(log.address(), patience),
        log.signer().verifierKey(),
        cosigner,
        state,
        Clock.fixed(now, ZoneOffset.UTC),
        observer);
  }

  private VerifiedCheckpoint verified(SignedNote note) throws Exception {
    VerifiedCheckpoint checkpoint =
        VerifiedCheckpoint.open(
            note.encode(), log.signer().verifierKey(), List.of(cosigner.verifierKey()));
    assertThat(checkpoint.cosignatures()).hasSize(1);
    return checkpoint;
  }

  /** What anybody could have got from it by now. */
  private TreeHead handedOut(Witness witness) {
    return witness.status().cosigned().map(VerifiedCheckpoint::head).orElse(TreeHead.EMPTY);
  }

  private void assertRefused(Witness witness, Kind kind) {
    TreeHead before = handedOut(witness);
    CheckpointRefused refused = catchThrowableOfType(CheckpointRefused.class, witness::pull);
    assertThat(refused).isNotNull();
    assertThat(refused.kind()).as(refused.getMessage()).isEqualTo(kind);
    assertThat(handedOut(witness)).as("the last good one stands").isEqualTo(before);
    assertThat(witness.status().refused().orElseThrow().why()).isSameAs(refused);
  }

  @Test
  void cosignsFromEverySizeToEveryLargerOne() throws Exception {
    for (int from : SIZES) {
      for (int to : SIZES) {
        if (from <= to) {
          Path state = directory.resolve(from + "-" + to);
          try (Witness witness = witness(state, NOW, step -> {})) {
            log.show(from);
            assertThat(verified(witness.pull().note()).head()).isEqualTo(Tree.of(from).head());
            log.show(to);
            assertThat(verified(witness.pull().note()).head()).isEqualTo(Tree.of(to).head());
          }
        }
      }
    }
  }

  @Test
  void growsLeafByLeafAndByManyAcrossRestarts() throws Exception {
    for (int size = 250; size <= 260; size++) {
      log.show(size);
      try (Witness witness = witness()) {
        witness.pull();
      }
    }
    log.show(65_537);
    try (Witness witness = witness()) {
      assertThat(handedOut(witness)).isEqualTo(Tree.of(260).head());
      witness.pull();
    }
    assertThat(verified(SignedNote.parse(Files.readAllBytes(state()))).head().size())
        .isEqualTo(65_537);
  }

  @Test
  void theNoteHasTheLogsSignatureAndTheCosignatureAndNoOthers() throws Exception {
    Tree tree = Tree.of(5);
    SignedNote signed = log.signer().sign(new Checkpoint(LogServer.ORIGIN, tree.head()).text());
    SignedNote other = new NoteSigner("other.example", SigningKey.generate()).sign(signed.text());
    SignedNote decorated = signed;
    while (decorated.signatures().size() < SignedNote.MAX_SIGNATURES) {
      decorated = decorated.with(other.signatures().get(0));
    }
    log.show(tree, decorated);
    try (Witness witness = witness()) {
      SignedNote note = witness.pull().note();
      assertThat(note.text()).isEqualTo(signed.text());
      assertThat(note.signatures()).hasSize(2).startsWith(signed.signatures().get(0));
      log.show(tree, note);
      assertThat(witness.pull().note()).as("its own comes back").isEqualTo(note);
    }
  }

  @Test
  void aSmallerOneIsRefused() throws Exception {
    log.show(300);
    try (Witness witness = witness()) {
      witness.pull();
      for (int size : new int[] {299, 256, 1, 0}) {
        log.show(size);
        assertRefused(witness, Kind.SMALLER);
      }
    }
    try (Witness witness = witness()) {
      assertRefused(witness, Kind.SMALLER);
      log.show(301);
      assertThat(witness.pull().head().size()).as("and it goes on").isEqualTo(301);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,0", "2,1", "256,255", "256,0", "257,256", "300,17", "600,599"})
  void anotherTreeOfTheSameSizeIsRefused(int size, int common) throws Exception {
    log.show(size);
    try (Witness witness = witness()) {
      witness.pull();
      log.show(Tree.of("fork", common, size));
      assertRefused(witness, Kind.FORKED);
    }
    try (Witness witness = witness()) {
      assertRefused(witness, Kind.FORKED);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1,0,2",
    "2,1,3",
    "255,254,256",
    "256,255,257",
    "256,0,512",
    "257,256,258",
    "300,17,600",
    "512,511,513",
    "600,599,70000"
  })
  void aLargerTreeThatDoesNotBeginWithTheLastOneIsRefused(int size, int common, int larger)
      throws Exception {
    log.show(size);
    try (Witness witness = witness()) {
      witness.pull();
      log.show(Tree.of("fork", common, larger));
      assertRefused(witness, Kind.INCONSISTENT);
    }
    try (Witness witness = witness()) {
      assertRefused(witness, Kind.INCONSISTENT);
      log.show(Tree.of("branch", size, larger));
      assertThat(witness.pull().head().size()).as("from there on: growth").isEqualTo(larger);
    }
  }

  @Test
  void aForkIsRefusedHoweverItsTilesAreMixedWithTheOldOnes() throws Exception {
    Tree honest = Tree.of(700);
    Tree forked = Tree.of("fork", 100, 700);
    log.show(300);
    try (Witness witness = witness()) {
      witness.pull();
      log.show(forked);
      for (int seed = 0; seed < 100; seed++) {
        Random random = new Random(seed);
        log.lying(
            (exchange, path) -> {
              TileId id = (TileId) TilePath.parse(path).orElse(null);
              if (id == null) {
                return false;
              }
              Tree mixed = random.nextBoolean() ? honest : forked;
              LogServer.answer(exchange, 200, mixed.tile(id).orElseThrow().bytes());
              return true;
            });
        assertThatThrownBy(witness::pull).isInstanceOf(CheckpointRefused.class);
        assertThat(handedOut(witness).size()).isEqualTo(300);
      }
    }
  }

  @Test
  void whatTheLogDidNotSignIsRefused() throws Exception {
    Tree tree = Tree.of(9);
    String text = new Checkpoint(LogServer.ORIGIN, tree.head()).text();
    SignedNote signed = log.signer().sign(text);
    byte[] flipped = signed.encode();
    flipped[flipped.length - 10] ^= 1;
    String other = "ledger.example/two";
    List<byte[]> notes =
        List.of(
            flipped,
            new SignedNote(text.replace("9", "8"), signed.signatures()).encode(),
            new NoteSigner(LogServer.ORIGIN, SigningKey.generate()).sign(text).encode(),
            new NoteSigner(other, SigningKey.generate()).sign(text).encode(),
            log.signer().sign(new Checkpoint(other, tree.head()).text()).encode(),
            log.signer().sign("no checkpoint\n").encode(),
            text.getBytes(UTF_8),
            "<html>sign in first</html>".getBytes(UTF_8),
            new byte[0],
            new byte[] {(byte) 0xff, 0});
    log.show(4);
    try (Witness witness = witness()) {
      witness.pull();
      for (byte[] note : notes) {
        log.show(tree, note);
        assertRefused(witness, Kind.UNSIGNED);
      }
      assertThat(witness.status().evidence()).as("anybody could have made these").isZero();
      log.show(tree);
      witness.pull();
    }
  }

  @Test
  void damagedTilesAreRefused() throws Exception {
    List<LogServer.Lie> damages =
        List.of(
            damage(bytes -> bytes[0] ^= 1),
            damage(bytes -> bytes[bytes.length - 1] ^= (byte) 0x80),
            (exchange, path) -> cut(exchange, path, 1),
            (exchange, path) -> cut(exchange, path, NodeHash.BYTES),
            (exchange, path) -> answer(exchange, path, 200, new byte[0]),
            (exchange, path) -> answer(exchange, path, 200, new byte[8_192]),
            (exchange, path) -> answer(exchange, path, 404, new byte[0]));
    log.show(257);
    try (Witness witness = witness()) {
      witness.pull();
      log.show(600);
      for (LogServer.Lie damaged : damages) {
        log.lying(damaged);
        assertRefused(witness, Kind.DAMAGED);
      }
      log.honest();
      assertThat(witness.pull().head().size()).isEqualTo(600);
    }
  }

  @Test
  void theFirstOneTooMustHaveItsTiles() throws Exception {
    log.show(300).lying((exchange, path) -> answer(exchange, path, 404, new byte[0]));
    try (Witness witness = witness()) {
      assertRefused(witness, Kind.DAMAGED);
      log.lying(damage(bytes -> bytes[0] ^= 1));
      assertRefused(witness, Kind.DAMAGED);
    }
  }

  @Test
  void aLogWhoseTilesAreDamagedOnTheWayIsNotSaidToContradictItself() throws Exception {
    log.show(257);
    try (Witness witness = witness()) {
      witness.pull();
      log.show(600);
      // The root of 600 does without this tile; the proof needs it.
      LogServer.Lie damage = damage(bytes -> bytes[0] ^= 1);
      log.lying((exchange, path) -> path.equals("tile/0/001") && damage.answer(exchange, path));
      assertRefused(witness, Kind.DAMAGED);
    }
  }

  private LogServer.Lie damage(Consumer<byte[]> change) {
    return (exchange, path) -> {
      byte[] bytes = tile(path);
      if (bytes.length > 0) {
        change.accept(bytes);
      }
      return answer(exchange, path, bytes.length > 0 ? 200 : 404, bytes);
    };
  }

  private boolean cut(HttpExchange exchange, String path, int by) throws IOException {
    byte[] bytes = tile(path);
    int length = Math.max(0, bytes.length - by);
    return answer(exchange, path, length > 0 ? 200 : 404, Arrays.copyOf(bytes, length));
  }

  private static byte[] tile(String path) {
    return TilePath.parse(path)
        .map(TileId.class::cast)
        .flatMap(id -> Tree.of(600).tile(id).map(hashes -> hashes.first(id.width()).bytes()))
        .orElse(new byte[0]);
  }

  private static boolean answer(HttpExchange exchange, String path, int status, byte[] content)
      throws IOException {
    if (path.equals("checkpoint")) {
      return false;
    }
    LogServer.answer(exchange, status, content);
    return true;
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void whateverItCrashesAtItNeverContradictsWhatItHandedOut(Step crash) throws Exception {
    log.show(200);
    List<TreeHead> handedOut = Collections.synchronizedList(new ArrayList<>());
    try (Witness witness =
        witness(
            step -> {
              if (step == crash && !handedOut.isEmpty()) {
                throw new Crash();
              }
            })) {
      witness.pull();
      handedOut.add(handedOut(witness));
      log.show(300);
      assertThatThrownBy(witness::pull).isInstanceOf(Crash.class);
      handedOut.add(handedOut(witness));
    }
    boolean advanced = handedOut.get(1).size() == 300;
    assertThat(advanced).isEqualTo(crash == Step.SERVED);
    boolean kept = crash == Step.KEPT || crash == Step.SERVED;
    try (Witness witness = witness()) {
      assertThat(handedOut(witness).size()).isEqualTo(kept ? 300 : 200);
      log.show(Tree.of("fork", 199, 301));
      assertRefused(witness, Kind.INCONSISTENT);
      log.show(Tree.of("branch", 200, 300));
      if (kept) {
        assertRefused(witness, Kind.FORKED);
        log.show(301);
      }
      // Where nothing was kept nothing was handed out, so the branch contradicts nothing.
      witness.pull();
    }
  }

  @Test
  void whatCannotBeKeptIsNotHandedOut() throws Exception {
    log.show(3);
    try (Witness witness = witness()) {
      witness.pull();
      // The way to the state is blocked, for root too.
      Path inTheWay = Files.createDirectories(directory.resolve("state.unfinished/x")).getParent();
      log.show(4);
      assertThatThrownBy(witness::pull).isInstanceOf(IOException.class);
      assertThat(handedOut(witness).size()).isEqualTo(3);
      assertThat(witness.status().refused()).as("no fault of the log's").isEmpty();
      Files.delete(inTheWay.resolve("x"));
      witness.pull();
      assertThat(handedOut(witness).size()).isEqualTo(4);
    }
  }

  @Test
  void leftoversOfACrashInTheMiddleOfWritingAreNoState() throws Exception {
    log.show(3);
    try (Witness witness = witness()) {
      witness.pull();
    }
    Files.writeString(directory.resolve("state.unfinished"), "half a no");
    log.show(4);
    try (Witness witness = witness()) {
      assertThat(handedOut(witness).size()).isEqualTo(3);
      witness.pull();
    }
    assertThat(directory.resolve("state.unfinished")).doesNotExist();
  }

  @Test
  void twoNeverShareAState() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("elsewhere"), directory);
    try (Witness first = witness()) {
      for (Path name : List.of(state(), link.resolve("state"))) {
        assertThatThrownBy(() -> witness(name, NOW, step -> {}))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("is another witness's, which is running");
      }
      first.pull();
    }
    Path alias = Files.createSymbolicLink(directory.resolve("alias"), state());
    assertThatThrownBy(() -> witness(alias, NOW, step -> {})).hasMessageContaining("is not a file");
    witness().close();
  }

  @Test
  void aStateThatIsNotItsOwnStopsIt() throws Exception {
    log.show(3);
    byte[] good;
    try (Witness witness = witness()) {
      good = witness.pull().note().encode();
    }
    byte[] flipped = good.clone();
    flipped[flipped.length - 10] ^= 1;
    SignedNote note = SignedNote.parse(good);
    byte[] uncosigned = new SignedNote(note.text(), note.signatures().subList(0, 1)).encode();
    for (byte[] content :
        List.of(flipped, uncosigned, new byte[0], new byte[SignedNote.MAX_BYTES + 1])) {
      Files.write(state(), content);
      assertThatThrownBy(this::witness).isInstanceOf(IOException.class);
      assertThat(state()).as("untouched").hasBinaryContent(content);
    }
    Files.write(state(), good);
    try (LogServer other = new LogServer()) {
      assertThatThrownBy(
              () ->
                  Witness.open(
                      new RemoteLog(other.address()),
                      other.signer().verifierKey(),
                      cosigner,
                      state(),
                      Clock.systemUTC()))
          .hasMessageContaining("does not hold a checkpoint of " + LogServer.ORIGIN);
    }
    witness().close();
  }

  @Test
  void aTimeIsFreshAndNeverBeforeAnEarlierOne() throws Exception {
    log.show(3);
    assertThat(timeAt(NOW)).isEqualTo(NOW);
    assertThat(timeAt(NOW.plusSeconds(10))).isEqualTo(NOW.plusSeconds(10));
    assertThat(timeAt(NOW.plusSeconds(2))).as("set back").isEqualTo(NOW.plusSeconds(10));
    log.show(4);
    assertThat(timeAt(NOW.minusSeconds(99))).isEqualTo(NOW.plusSeconds(10));
    assertThat(timeAt(NOW.plusSeconds(11))).isEqualTo(NOW.plusSeconds(11));
  }

  private Instant timeAt(Instant now) throws Exception {
    try (Witness witness = witness(state(), now, step -> {})) {
      SignedNote note = witness.pull().note();
      assertThat(state()).as("kept, with its time").hasBinaryContent(note.encode());
      return Instant.ofEpochSecond(verified(note).cosignatures().get(0).time());
    }
  }

  @Test
  void bothNotesOfAContradictionAreKept() throws Exception {
    log.show(300);
    try (Witness witness = witness()) {
      SignedNote cosigned = witness.pull().note();
      Tree fork = Tree.of("fork", 17, 600);
      log.show(fork);
      assertRefused(witness, Kind.INCONSISTENT);
      assertRefused(witness, Kind.INCONSISTENT);

      Path refused = only(".refused");
      String name = String.valueOf(refused.getFileName()).replace(".refused", "");
      assertThat(name).startsWith("state.inconsistent-600-");
      assertThat(directory.resolve(name + ".cosigned")).hasBinaryContent(cosigned.encode());
      VerifiedCheckpoint second =
          VerifiedCheckpoint.open(
              Files.readAllBytes(refused), log.signer().verifierKey(), List.of());
      assertThat(second.head()).isEqualTo(fork.head());
      List<NodeHash> hashes =
          Files.readAllLines(directory.resolve(name + ".proof")).stream()
              .map(NodeHash::parseBase64)
              .toList();
      ConsistencyProof proof = new ConsistencyProof(300, 600, hashes);
      proof.verify(Tree.of("fork", 17, 300).head().root(), second.head().root());
      assertThatThrownBy(() -> proof.verify(Tree.of(300).head().root(), second.head().root()))
          .isInstanceOf(ProofRefused.class);
      assertThat(witness.status().evidence()).isEqualTo(1);
    }
    try (Witness witness = witness()) {
      assertThat(witness.status().evidence()).isEqualTo(1);
    }
  }

  private Path only(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(suffix)).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  @Test
  void theEvidenceIsBoundedByKind() throws Exception {
    log.show(300);
    try (Witness witness = witness()) {
      witness.pull();
      for (int size = 1; size <= 2 * EvidenceFiles.MOST_OF_A_KIND; size++) {
        log.show(size);
        assertRefused(witness, Kind.SMALLER);
      }
      assertThat(witness.status().evidence()).isEqualTo(EvidenceFiles.MOST_OF_A_KIND);
      log.show(Tree.of("fork", 0, 300));
      assertRefused(witness, Kind.FORKED);
      assertThat(witness.status().evidence()).isEqualTo(EvidenceFiles.MOST_OF_A_KIND + 1);
    }
  }

  @Test
  void whatItWritesIsItsOwnersOnly() throws Exception {
    log.show(3);
    try (Witness witness = witness()) {
      witness.pull();
      log.show(2);
      assertRefused(witness, Kind.SMALLER);
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void aLogThatIsAwayIsNotRefused() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    List<LogServer.Lie> absences =
        List.of(
            (exchange, path) -> away(exchange, 500),
            (exchange, path) -> away(exchange, 404),
            (exchange, path) -> {
              exchange.getResponseHeaders().set("Location", "/ledger/elsewhere");
              return away(exchange, 302);
            },
            (exchange, path) -> {
              LogServer.answer(exchange, 200, new byte[SignedNote.MAX_BYTES + 1]);
              return true;
            },
            (exchange, path) -> stall(exchange, end));
    log.show(3);
    try (Witness witness = witness(state(), NOW, LITTLE_PATIENCE, step -> {})) {
      witness.pull();
      log.show(4);
      for (LogServer.Lie absent : absences) {
        log.lying(absent);
        assertThatThrownBy(witness::pull).isInstanceOf(LogAway.class);
        assertThat(witness.status().refused()).isEmpty();
        assertThat(handedOut(witness).size()).isEqualTo(3);
      }
      end.countDown();
      assertThat(log.asked()).doesNotContain("elsewhere");
      log.lying((exchange, path) -> path.startsWith("tile/") && away(exchange, 503));
      assertThatThrownBy(witness::pull).isInstanceOf(LogAway.class);
      log.honest();
      assertThat(witness.pull().head().size()).isEqualTo(4);
      log.close();
      assertThatThrownBy(witness::pull).isInstanceOf(LogAway.class);
    }
  }

  private static boolean away(HttpExchange exchange, int status) throws IOException {
    LogServer.answer(exchange, status, new byte[0]);
    return true;
  }

  /** Begins an answer and goes no further. */
  private static boolean stall(HttpExchange exchange, CountDownLatch end) throws IOException {
    exchange.sendResponseHeaders(200, 100);
    OutputStream body = exchange.getResponseBody();
    body.write('l');
    body.flush();
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return true;
  }

  @Test
  void keysAndAddressesThatCannotBeRight() throws Exception {
    SigningKey key = SigningKey.generate();
    RemoteLog remote = new RemoteLog(log.address());
    NoteSigner theLog = new NoteSigner("log.example", key);
    for (Cosigner wrong :
        List.of(
            new Cosigner("witness.example", key),
            new Cosigner("log.example", SigningKey.generate()))) {
      assertThatThrownBy(
              () -> Witness.open(remote, theLog.verifierKey(), wrong, state(), Clock.systemUTC()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("of its own");
    }
    assertThatThrownBy(
            () ->
                Witness.open(
                    remote,
                    new Cosigner("other.example", key).verifierKey(),
                    cosigner,
                    state(),
                    Clock.systemUTC()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(directory).isEmptyDirectory();
    for (String address :
        List.of(
            "ftp://x/",
            "file:///etc",
            "x",
            "http:///x",
            "http://u:p@x/",
            "http://x/?q",
            "http://x#f")) {
      assertThatThrownBy(() -> new RemoteLog(URI.create(address)))
          .as(address)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
