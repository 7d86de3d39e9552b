package io.openexec.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a service's collector stopped it for, from its log.
 *
 * @param full how many pauses were for the full heap
 * @param longest in milliseconds
 */
record Pauses(int all, int full, double longest) {
  private static final Pattern PAUSE = Pattern.compile(" Pause (Full)?.* ([0-9.]+)ms$");

  static Pauses of(Path log) throws IOException {
    int all = 0;
    int full = 0;
    double longest = 0;
    for (String line : Files.readAllLines(log)) {
      Matcher pause = PAUSE.matcher(line);
      if (pause.find()) {
        all++;
        full += pause.group(1) == null ? 0 : 1;
        longest = Math.max(longest, Double.parseDouble(pause.group(2)));
      }
    }
    return new Pauses(all, full, longest);
  }
}
