package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each test that SECURITY.md names exists. */
class SecurityDocTest {
  private static final Pattern NAMED =
      Pattern.compile(
          "`(?:([A-Z][A-Za-z0-9]*(?:Test|IT))(?:\\.([a-z][A-Za-z0-9]*))?|…([a-z][A-Za-z0-9]*))`");

  @Test
  void theTestsItNamesExist() throws IOException {
    Map<String, String> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
      }
    }
    int named = 0;
    for (String line : Files.readAllLines(Path.of("SECURITY.md"))) {
      String type = "";
      Matcher name = NAMED.matcher(line);
      while (name.find()) {
        type = name.group(1) == null ? type : name.group(1);
        String method = name.group(1) == null ? name.group(3) : name.group(2);
        assertThat(sources).as(line).containsKey(type);
        if (method != null) {
          assertThat(sources.get(type)).as(type).contains(" " + method + "(");
        }
        named++;
      }
    }
    assertThat(named).isGreaterThan(40);
  }
}
