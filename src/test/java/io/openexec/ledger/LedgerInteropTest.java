package io.openexec.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Go's golang.org/x/mod/sumdb (note, tlog) reads what is written here, and finds what is wrong. */
class LedgerInteropTest {
  private static final Path SOURCE = Path.of("src/test/interop/go/ledger.go");
  // Where Debian's package golang-golang-x-mod-dev puts it.
  private static final Path GO_PATH = Path.of("/usr/share/gocode");

  @TempDir static Path build;
  @TempDir Path directory;

  @BeforeAll
  static void compile() throws Exception {
    assumeTrue(Files.isDirectory(GO_PATH.resolve("src/golang.org/x/mod/sumdb/tlog")));
    assumeTrue(
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(path -> Files.isExecutable(Path.of(path, "go"))));
    ProcessBuilder compiler =
        new ProcessBuilder(
            "go", "build", "-o", build.resolve("ledger").toString(), SOURCE.toString());
    compiler
        .environment()
        .putAll(
            Map.of(
                "GO111MODULE", "off",
                "GOPATH", GO_PATH.toString(),
                "GOCACHE", build.resolve("cache").toString()));
    Ended ended = run(compiler, build);
    assertThat(ended.code).as(ended.output).isZero();
  }

  private record Ended(int code, String output) {}

  private static Ended run(ProcessBuilder builder, Path output) throws Exception {
    Path file = Files.createTempFile(output, "go", ".txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(file.toFile()).start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Ended(process.exitValue(), Files.readString(file));
  }

  private Ended check() throws Exception {
    return run(new ProcessBuilder(build.resolve("ledger").toString(), directory.toString()), build);
  }

  private void assertRefused(String check) throws Exception {
    Ended ended = check();
    assertThat(ended.code).as(ended.output).isEqualTo(1);
    assertThat(ended.output).contains("{\"check\":\"" + check + "\",\"holds\":false");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 255, 256, 257, 1_000})
  void itHolds(int size) throws Exception {
    LedgerDirectory.write(directory, size, (size + 1) / 2);
    Ended ended = check();
    assertThat(ended.code).as(ended.output).isZero();
    assertThat(ended.output.lines())
        .containsExactly(
            Stream.of("note", "root", "entries", "inclusion", "consistency", "cosignature")
                .map(check -> "{\"check\":\"" + check + "\",\"holds\":true}")
                .toArray(String[]::new));
  }

  @Test
  void aFlippedByteInAnyFileIsRefused() throws Exception {
    LedgerDirectory.write(directory, 600, 300);
    refusedWhenFlipped("checkpoint", 25, "note");
    refusedWhenFlipped("key", 0, "note");
    refusedWhenFlipped("tile/1/000.p/2", 0, "root");
    refusedWhenFlipped("tile/0/002.p/88", 40, "root");
    refusedWhenFlipped("tile/0/000", 8_191, "entries");
    refusedWhenFlipped("tile/0/001", 0, "entries");
    refusedWhenFlipped("tile/entries/000", 2, "entries");
    refusedWhenFlipped("tile/entries/002.p/88", 3, "entries");
    refusedWhenFlipped("inclusion", 45, "inclusion");
    refusedWhenFlipped("older", 25, "consistency");
    refusedWhenFlipped("consistency", 45, "consistency");
    refusedWhenFlipped("witness", 0, "cosignature");
    assertThat(check().code).as("all is as it was").isZero();
  }

  private void refusedWhenFlipped(String name, int index, String check) throws Exception {
    Path file = directory.resolve(name);
    byte[] good = Files.readAllBytes(file);
    byte[] flipped = good.clone();
    flipped[index] ^= 1;
    Files.write(file, flipped);
    assertRefused(check);
    Files.write(file, good);
  }

  @Test
  void aForkIsRefused() throws Exception {
    LedgerDirectory.write(directory, 300, 200);
    Checkpoint other =
        new Checkpoint(Notes.ORIGIN, new TreeHead(200, Hashing.leaf(NaiveTree.data(0))));
    Files.writeString(directory.resolve("older"), Notes.text(Notes.LOG.sign(other.text())));
    assertRefused("consistency");
  }

  @Test
  void aMissingTileIsRefused() throws Exception {
    LedgerDirectory.write(directory, 257, 1);
    for (String tile : List.of("tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1")) {
      Path file = directory.resolve(tile);
      byte[] content = Files.readAllBytes(file);
      Files.delete(file);
      assertThat(check().code).as(tile).isEqualTo(1);
      Files.write(file, content);
    }
  }
}
