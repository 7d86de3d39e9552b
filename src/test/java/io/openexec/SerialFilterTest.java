package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InvalidClassException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** In a process of ours nothing is deserialised, unless its operator wants it otherwise. */
class SerialFilterTest {

  /** Runs a command of ours, and then reads a serialised object. */
  public static void main(String[] args) throws Exception {
    OpenExec.main(new String[] {"--version"});
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new ObjectOutputStream(bytes).writeObject(Instant.EPOCH);
    try {
      new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
      System.out.println("was read");
    } catch (InvalidClassException e) {
      System.out.println("was refused");
    }
  }

  private static String outputWith(String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), SerialFilterTest.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  @Test
  void nothingIsDeserialised() throws Exception {
    assertThat(outputWith()).contains("was refused");
  }

  @Test
  void theOperatorsOwnFilterStays() throws Exception {
    assertThat(outputWith("-Djdk.serialFilter=java.time.*;!*")).contains("was read");
  }
}
