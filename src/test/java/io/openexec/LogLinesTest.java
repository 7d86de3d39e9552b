package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The service's own configuration of its log: whatever is logged, a line of it says what it is. */
class LogLinesTest {
  private static final String FORGED = "2026-01-01T00:00:00.000Z INFO  OpenExec forged";

  private final LoggerContext context = new LoggerContext();
  private final Logger logger = context.getLogger("io.openexec.Somewhere");
  private ConsoleAppender<ILoggingEvent> appender;

  @BeforeEach
  @SuppressWarnings("unchecked")
  void configure() throws Exception {
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(Path.of("src/main/resources/io/openexec/logback.xml").toFile());
    appender =
        (ConsoleAppender<ILoggingEvent>)
            context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).getAppender("STDERR");
  }

  @AfterEach
  void stop() {
    context.stop();
  }

  private List<String> lines(String message, Throwable error) {
    LoggingEvent event =
        new LoggingEvent("x", logger, Level.ERROR, "said {}", error, new Object[] {message});
    String text = new String(appender.getEncoder().encode(event), StandardCharsets.UTF_8);
    assertThat(text).endsWith("\n");
    List<String> lines = List.of(text.split("\n"));
    for (String line : lines) {
      assertThat(line.codePoints())
          .as(line)
          .noneMatch(
              c ->
                  Character.isISOControl(c)
                      || Character.getType(c) == Character.FORMAT
                      || Character.getType(c) == Character.LINE_SEPARATOR
                      || Character.getType(c) == Character.PARAGRAPH_SEPARATOR);
    }
    return lines;
  }

  /** Ends of lines, what terminals obey, what turns text around, what is not seen. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\u000b",
        "\f",
        "\b",
        "\0",
        "\u001b[2K",
        "\u001b]0;x\u0007",
        "\u007f",
        "\u0085",
        "\u009b31m",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff"
      })
  void noCharacterOfWhatIsLoggedEndsALineOrSteersATerminal(String control) {
    String hostile = "a" + control + FORGED;
    assertThat(lines(hostile, null)).hasSize(1);

    Throwable error = new IllegalStateException(hostile, new IllegalArgumentException(hostile));
    error.addSuppressed(new IllegalStateException(hostile));
    List<String> lines = lines("fault", error);
    assertThat(lines.get(0)).endsWith("said fault");
    assertThat(lines.subList(1, lines.size()))
        .hasSizeGreaterThan(3)
        .allMatch(line -> line.startsWith("  "));
  }

  @Test
  void whatIsHarmlessIsLoggedAsItIs() {
    assertThat(lines("caf\u00e9 \u4e2d \ud83d\ude00 {} %msg", null).get(0))
        .endsWith("ERROR Somewhere said caf\u00e9 \u4e2d \ud83d\ude00 {} %msg");
    List<String> lines = lines("fault", new IllegalStateException("why"));
    assertThat(lines.get(1)).isEqualTo("  java.lang.IllegalStateException: why");
    assertThat(lines.get(2)).startsWith("   at io.openexec.LogLinesTest.");
  }
}
