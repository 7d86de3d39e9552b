package io.openexec.receipt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictJsonTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1,\"a\":2}|a duplicate member name",
        "{\"a\":1,\"\\u0061\":2}|a duplicate member name",
        "{\"x\":{\"a\":1,\"a\":2}}|a duplicate member name",
        "{} {}|content after the end",
        "{}]|malformed",
        "NaN|malformed",
        "[Infinity]|malformed",
        "[-Infinity]|malformed",
        "1e400|beyond the range of a double",
        "-1e400|beyond the range of a double",
        "\"\\ud800\"|lone surrogate",
        "\"\\udc00\\ud800\"|lone surrogate",
        "{\"\\udfff\":1}|lone surrogate",
        "{'a':1}|malformed",
        "{\"a\":01}|malformed",
        "{\"a\":1,}|malformed",
        "[1,2|malformed",
        "/* c */ 1|malformed",
      })
  void refusesWhatHasTwoMeaningsOrNone(String json, String reason) {
    assertThatThrownBy(() -> StrictJson.parse(json))
        .isInstanceOf(JsonRefused.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\n"})
  void refusesNothingAtAll(String blank) {
    assertThatThrownBy(() -> StrictJson.parse(blank)).hasMessage("empty");
  }

  @Test
  void refusesBytesThatAreNotUtf8() {
    byte[][] lies = {
      {'"', (byte) 0xc0, (byte) 0xaf, '"'}, // overlong
      {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'}, // an encoded surrogate
      {'"', (byte) 0xff, '"'},
      "{}".getBytes(StandardCharsets.UTF_16),
    };
    for (byte[] lie : lies) {
      assertThatThrownBy(() -> StrictJson.parse(lie)).hasMessage("not UTF-8");
    }
    assertThatThrownBy(() -> StrictJson.parse("\ufeff{}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(JsonRefused.class);
    assertThatThrownBy(() -> StrictJson.parse("{}".getBytes(StandardCharsets.UTF_16BE)))
        .isInstanceOf(JsonRefused.class);
  }

  @Test
  void boundsAreExact() throws JsonRefused {
    assertThat(StrictJson.parse("[".repeat(100) + "]".repeat(100)).isArray()).isTrue();
    assertThatThrownBy(() -> StrictJson.parse("[".repeat(101) + "]".repeat(101)))
        .hasMessageContaining("nested deeper than 100");
    assertThatThrownBy(() -> StrictJson.parse("[".repeat(500_000)))
        .hasMessageContaining("nested deeper than 100");

    assertThat(StrictJson.parse("9".repeat(4_300)).isIntegralNumber()).isTrue();
    assertThat(StrictJson.parse("-" + "9".repeat(4_300)).isIntegralNumber()).isTrue();
    assertThatThrownBy(() -> StrictJson.parse("9".repeat(4_301))).hasMessageContaining("4300");
    assertThatThrownBy(() -> StrictJson.parse("-" + "9".repeat(4_301)))
        .hasMessageContaining("4300");
    long begin = System.nanoTime();
    assertThatThrownBy(() -> StrictJson.parse("9".repeat(1_000_000)))
        .hasMessageContaining("100000 characters");
    assertThatThrownBy(() -> StrictJson.parse("9".repeat(99_999))).hasMessageContaining("4300");
    assertThat((System.nanoTime() - begin) / 1e9).as("seconds").isLessThan(1.5);
    assertThat(JsonValue.parse("0." + "1".repeat(90_000)).compact())
        .isEqualTo("0.1111111111111111");

    assertThatThrownBy(() -> StrictJson.parse(new byte[(1 << 20) + 1]))
        .hasMessageContaining("1048576 bytes");
  }

  @Test
  void fractionsAndExponentsAreDoublesFromTheParseOn() throws JsonRefused {
    assertThat(JsonValue.parse("[0.1000000000000000055511151231257827]").compact())
        .isEqualTo("[0.1]");
    assertThat(JsonValue.parse("{\"n\":9007199254740993.0}").toMap())
        .containsEntry("n", 9007199254740992.0);
    assertThat(JsonValue.parse("9007199254740993").compact()).isEqualTo("9007199254740993");
  }
}
