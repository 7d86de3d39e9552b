package io.openexec.camel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PostponementTest {

  @Test
  void thePauseDoublesUpToHalfAMinute() {
    assertThat(IntStream.rangeClosed(0, 8).mapToObj(Postponement::pause).map(Duration::toMillis))
        .containsExactly(200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 12_800L, 25_600L, 30_000L);
  }
}
