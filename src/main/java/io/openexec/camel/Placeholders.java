package io.openexec.camel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.spi.Resource;
import org.apache.camel.util.IOHelper;
import org.jspecify.annotations.Nullable;

/** What the files of the flow have filled in from the environment: often a password. */
final class Placeholders {
  private static final Pattern PLACEHOLDER =
      Pattern.compile("\\{\\{\\??(env|sys):([^}:?!]{1,128})[^}]*}}");

  /** What is shorter stands in other words too. */
  private static final int SHORTEST = 3;

  private Placeholders() {}

  /**
   * Puts the placeholders back where their values are quoted.
   *
   * @throws IOException if a file cannot be read
   */
  static String hideValues(String message, List<Resource> files) throws IOException {
    String hidden = message;
    for (Resource file : files) {
      try (InputStream in = file.getInputStream()) {
        Matcher placeholder =
            PLACEHOLDER.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        while (placeholder.find()) {
          String value = value(placeholder.group(1), placeholder.group(2));
          if (value != null) {
            for (String form : forms(value)) {
              hidden = hidden.replace(form, placeholder.group());
            }
          }
        }
      }
    }
    return hidden;
  }

  /** As it is, and its parts: what is between may have been encoded or decoded on the way. */
  private static List<String> forms(String value) {
    List<String> forms = new ArrayList<>(List.of(value));
    forms.addAll(List.of(value.split("[^A-Za-z0-9]+", 0)));
    forms.removeIf(form -> form.length() < SHORTEST);
    return forms;
  }

  private static @Nullable String value(String kind, String name) {
    return kind.equals("env") ? IOHelper.lookupEnvironmentVariable(name) : System.getProperty(name);
  }
}
