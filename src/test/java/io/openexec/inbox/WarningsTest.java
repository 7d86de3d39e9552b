package io.openexec.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** However many files are bad, the log stays one that can be read. */
class WarningsTest {
  private static final Duration PERIOD = Duration.ofMinutes(1);

  @TempDir Path directory;
  private final AtomicLong now = new AtomicLong();
  private final Warnings warnings = new Warnings(PERIOD, now::get);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(Warnings.class);

  @BeforeEach
  void listen() {
    logger.setLevel(Level.WARN);
    logger.setAdditive(false);
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
    logger.setAdditive(true);
    logger.setLevel(null);
  }

  private List<String> lines() {
    return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void whatIsTooMuchIsCounted() {
    for (int n = 0; n < 250; n++) {
      warnings.warn("w" + n);
    }
    warnings.endPeriod();
    assertThat(lines()).hasSize(100).last().isEqualTo("inbox: w99");
    now.addAndGet(PERIOD.toNanos());
    warnings.endPeriod();
    assertThat(lines()).hasSize(101).last().asString().contains("150");
    now.addAndGet(PERIOD.toNanos());
    warnings.warn("again");
    assertThat(lines()).hasSize(102).last().isEqualTo("inbox: again");
  }

  @Test
  void tenThousandBadFilesAreNoFlood() throws Exception {
    Vetting vetting = new Vetting(Duration.ZERO, warnings);
    int bad = 10_001;
    for (int n = 0; n < bad; n++) {
      Files.createFile(directory.resolve("bad" + n + ".txt"));
    }
    // More than are remembered, so all of them are looked at as new ones, time after time.
    for (int look = 0; look < 3; look++) {
      for (int n = 0; n < bad; n++) {
        assertThat(vetting.takes(directory.resolve("bad" + n + ".txt"))).isFalse();
      }
    }
    assertThat(lines()).hasSize(100);
    now.addAndGet(PERIOD.toNanos());
    warnings.endPeriod();
    assertThat(lines()).hasSize(101).last().asString().contains(Integer.toString(3 * bad - 100));
  }
}
