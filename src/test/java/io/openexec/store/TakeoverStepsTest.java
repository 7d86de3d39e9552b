package io.openexec.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.execution.Execution;
import io.openexec.receipt.Hash;
import io.openexec.testing.Keys;
import io.openexec.testing.OldOpenExec;
import io.openexec.testing.OldOpenExec.Old;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A takeover that fails, or is killed, at any step: the old file is as it was, or it is done. */
class TakeoverStepsTest {
  private static final int KILLED = 86;

  @TempDir Path directory;
  private Path file;
  private Old old;
  private byte[] before;

  @BeforeEach
  void anOldDatabase() throws Exception {
    file = directory.resolve("openexec.db");
    try (OldOpenExec database = new OldOpenExec(file)) {
      old = database.echo("{\"msg\": \"hello\"}", "n");
    }
    before = Files.readAllBytes(file);
  }

  private static void takeOver(Path file, Takeover.Progress progress) throws Exception {
    new Takeover(file, "", Clock.systemUTC(), progress).run();
  }

  private void assertTheNextStartCompletesIt() throws Exception {
    try (JdbcExecutionStore store =
        Databases.open(
            new DatabaseUrl.Sqlite(file),
            Optional.of(""),
            ExecutionStoreTest.LEASE,
            Keys.signatories(),
            Runnable::run,
            Clock.systemUTC())) {
      Execution found = store.find(ExecutionStoreTest.request("n")).orElseThrow();
      assertThat(found.result()).isEqualTo(old.result());
      assertThat(store.issued(UUID.fromString(old.id()), new Hash(old.receipt()))).isTrue();
    }
    assertThat(Files.readAllBytes(directory.resolve("openexec.db.0.1.10"))).isEqualTo(before);
    assertThat(directory.toFile().list())
        .containsExactlyInAnyOrder("openexec.db", "openexec.db.lock", "openexec.db.0.1.10");
  }

  @ParameterizedTest
  @EnumSource(Takeover.Step.class)
  void aFailureLeavesTheOldFileAsItWas(Takeover.Step at) throws Exception {
    assertThatThrownBy(
            () ->
                takeOver(
                    file,
                    step -> {
                      if (step == at) {
                        throw new IOException("the disk is gone");
                      }
                    }))
        .hasMessage("the disk is gone");
    if (at != Takeover.Step.RENAMED) {
      assertThat(Files.readAllBytes(file)).isEqualTo(before);
      assertThat(directory.toFile().list()).containsExactly("openexec.db");
    }
    assertTheNextStartCompletesIt();
  }

  @ParameterizedTest
  @EnumSource(Takeover.Step.class)
  void aKillLeavesTheOldFileOrTheNewOne(Takeover.Step at) throws Exception {
    Process killed =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Killed.class.getName(),
                file.toString(),
                at.name())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(killed.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(killed.exitValue()).isEqualTo(KILLED);
    Path name = at == Takeover.Step.RENAMED ? directory.resolve("openexec.db.0.1.10") : file;
    assertThat(Files.readAllBytes(name)).isEqualTo(before);
    assertTheNextStartCompletesIt();
  }

  /** A process that ends in the middle, without a chance to clear up. */
  static final class Killed {
    private Killed() {}

    public static void main(String[] args) throws Exception {
      takeOver(
          Path.of(args[0]),
          step -> {
            if (step.name().equals(args[1])) {
              Runtime.getRuntime().halt(KILLED);
            }
          });
    }
  }

  @Test
  void nobodyWritesTheOldFileMeanwhile() throws Exception {
    AtomicInteger refused = new AtomicInteger();
    takeOver(
        file,
        step -> {
          if (step != Takeover.Step.RENAMED) {
            try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = other.createStatement()) {
              statement.execute("PRAGMA busy_timeout=0");
              statement.execute("UPDATE execution_log SET action = 'pay'");
            } catch (SQLException e) {
              refused.incrementAndGet();
            }
          }
        });
    assertThat(refused).hasValue(Takeover.Step.values().length - 1);
    assertTheNextStartCompletesIt();
  }

  @Test
  void theNewFileIsWholeBeforeItHasTheName() throws Exception {
    takeOver(
        file,
        step -> {
          if (step == Takeover.Step.SYNCED) {
            Path alone = directory.resolve("alone.db");
            Files.copy(directory.resolve("openexec.db.takeover"), alone);
            try (Connection copy = DriverManager.getConnection("jdbc:sqlite:" + alone)) {
              assertThat(new TakenOverTable(copy).find("n").orElseThrow().result())
                  .isEqualTo(old.result());
              assertThat(new TakenOverTable(copy).since()).isPresent();
            } catch (SQLException e) {
              throw new IOException(e);
            }
            for (String suffix : new String[] {"", "-wal", "-shm"}) {
              Files.deleteIfExists(directory.resolve("alone.db" + suffix));
            }
          }
        });
    assertTheNextStartCompletesIt();
  }
}
