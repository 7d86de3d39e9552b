package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Keys;
import io.openexec.testing.ManyExecutions;
import io.openexec.testing.Packaged;
import io.openexec.testing.Postgres;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An audit takes as much memory for many rows as for few. {@code -Daudit.rows=200000} makes it as
 * many as that; without, it is a short one, of larger rows that would not fit into the heap either.
 */
class AuditMemoryIT {
  private static final boolean LONG = System.getProperty("audit.rows") != null;
  private static final int ROWS = Integer.getInteger("audit.rows", 5_000);
  private static final int TEXT = LONG ? 200 : 2_000;
  private static final String HEAP = "-Xmx32m";

  @TempDir Path directory;

  @Test
  @Timeout(900)
  void memoryIsTheSameHoweverMuchIsOnRecord() throws Exception {
    audit(TestDatabase.sqlite(directory));
    audit(Postgres.database());
  }

  private void audit(TestDatabase database) throws Exception {
    Path work = Files.createDirectory(directory.resolve(database.toString()));
    TestService.Setup setup = new TestService.Setup(work).on(database);
    Map<String, String> keys = Keys.files(work);
    keys.forEach(setup::with);
    setup.start().close();
    ManyExecutions.write(database, ROWS, TEXT);
    ProcessBuilder audit =
        Packaged.command(work, setup.environment(), false, HEAP, "-XX:+UseSerialGC")
            .redirectOutput(work.resolve("out.txt").toFile());
    List<String> command = new ArrayList<>(audit.command());
    command.add("audit");
    Process process = audit.command(command).start();
    try {
      assertThat(process.waitFor(10, TimeUnit.MINUTES)).as("it ended").isTrue();
    } finally {
      process.destroyForcibly();
    }
    String out = Files.readString(work.resolve("out.txt"));
    assertThat(process.exitValue())
        .as(database + ": " + out + Files.readString(work.resolve("err.txt")))
        .isZero();
    assertThat(out).contains("executions: " + ROWS, "leaves: " + ROWS, "Everything fits.");
  }
}
