package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process of which a thread has ended for want of memory does not stay as a half of itself. */
class EndWithoutMemoryTest {
  @TempDir Path directory;

  /** The process: one thread ends, as it is told, and another one never does. */
  public static void main(String[] arguments) throws InterruptedException {
    OpenExec.endWithoutMemory();
    Thread thread =
        new Thread(
            () -> {
              if (arguments[0].equals("memory")) {
                throw new OutOfMemoryError("Java heap space");
              }
              throw new IllegalStateException("a fault");
            },
            "ending");
    thread.start();
    thread.join();
    System.out.println("goes on");
    new CountDownLatch(1).await();
  }

  private Process start(String why) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            EndWithoutMemoryTest.class.getName(),
            why)
        .redirectError(directory.resolve("err").toFile())
        .start();
  }

  @Test
  void itEndsAndSaysWhichThreadAndWhy() throws Exception {
    Process process = start("memory");
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(3);
      assertThat(Files.readString(directory.resolve("err")))
          .contains("the thread ending ended: java.lang.OutOfMemoryError: Java heap space");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void itGoesOnAfterAnythingElse() throws Exception {
    Process process = start("fault");
    try {
      assertThat(process.inputReader().readLine()).isEqualTo("goes on");
      assertThat(Files.readString(directory.resolve("err"))).contains("a fault");
    } finally {
      process.destroyForcibly();
    }
  }
}
