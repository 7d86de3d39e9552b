package io.openexec.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/** What the figures depend on besides the code. */
final class Machine {
  private static final int SYNCS = 100;
  private static final int PAGE = 4096;

  private Machine() {}

  static String describe(Site site) throws IOException {
    return String.format(
        Locale.ROOT,
        "%s, %d cores, %d MiB memory, %s, %s %s, services on %s, load before %.2f, databases on %s"
            + " (a sync of 4 KiB takes %.2f ms)",
        Instant.now().truncatedTo(ChronoUnit.MINUTES),
        Runtime.getRuntime().availableProcessors(),
        mebibytes(valueIn("/proc/meminfo", "MemTotal")),
        valueIn("/proc/cpuinfo", "model name"),
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        java(site.javaHome()),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
        Files.getFileStore(site.work()).type(),
        syncMillis(site.work()));
  }

  private static long mebibytes(String kibibytes) {
    String digits = kibibytes.replaceAll("[^0-9]", "");
    return digits.isEmpty() ? 0 : Long.parseLong(digits) / 1024;
  }

  private static String valueIn(String file, String name) throws IOException {
    if (Files.exists(Path.of(file))) {
      for (String line : Files.readAllLines(Path.of(file))) {
        if (line.startsWith(name)) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    }
    return "unknown";
  }

  private static String java(Path home) throws IOException {
    Process process =
        new ProcessBuilder(home.resolve("bin").resolve("java").toString(), "-version")
            .redirectErrorStream(true)
            .start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    return lines.get(Math.min(1, lines.size() - 1)).replace("Runtime Environment ", "");
  }

  /** What every durable answer waits for, alone. */
  private static double syncMillis(Path directory) throws IOException {
    Path file = directory.resolve("sync");
    Samples samples = new Samples();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < SYNCS; i++) {
        long begin = System.nanoTime();
        channel.write(ByteBuffer.allocate(PAGE));
        channel.force(false);
        samples.add(System.nanoTime() - begin);
      }
    }
    Files.delete(file);
    return samples.sorted().millis(0.5);
  }
}
