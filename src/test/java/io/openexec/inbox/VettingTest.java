package io.openexec.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why a file is left where it is, as a JVM of another locale says it. */
class VettingTest {
  @TempDir Path directory;

  /** Says what is wrong with each file in a folder. */
  public static void main(String[] arguments) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(arguments[0]))) {
      for (Path file : files) {
        System.out.println(Vetting.objection(file).orElse("nothing is wrong"));
      }
    }
  }

  private String saidWith(String locale) throws Exception {
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            VettingTest.class.getName(),
            directory.toString());
    java.environment().put("LC_ALL", locale);
    Process process = java.redirectErrorStream(true).start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  @Test
  void aNameThatThisLocaleCannotReadIsNotCalledWrong() throws Exception {
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    assumeThat(System.getProperty("sun.jnu.encoding")).isEqualTo("UTF-8");
    // Each byte that stands for no character would be counted as three.
    Files.createFile(directory.resolve("ж".repeat(40) + ".json"));
    assertThat(saidWith("C.UTF-8")).isEqualTo("nothing is wrong");
    assertThat(saidWith("C"))
        .startsWith("its name cannot be read: names are read as ANSI_X3.4-1968")
        .contains("LANG=C.UTF-8");
  }
}
