package io.openexec.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process's resident memory in MiB, now and at its highest. */
record Memory(double now, double peak) {

  static Memory of(long pid) throws IOException {
    Path status = Path.of("/proc", Long.toString(pid), "status");
    return Files.exists(status)
        ? new Memory(mebibytes(status, "VmRSS:"), mebibytes(status, "VmHWM:"))
        : new Memory(Double.NaN, Double.NaN);
  }

  private static double mebibytes(Path status, String name) throws IOException {
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
      }
    }
    return Double.NaN;
  }
}
