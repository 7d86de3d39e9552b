package io.openexec.camel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PostponementTest {

  @Test
  void thePauseDoublesUpToHalfAMinute() {
    long[] longest = {200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000};
    for (int times = 0; times < longest.length; times++) {
      assertThat(pauses(times)).allMatch(within(longest[times]));
    }
  }

  /** Else what was sent away together would come together again, and be sent away. */
  @Test
  void messagesThatWaitAreScattered() {
    assertThat(pauses(Postponement.MOST_TIMES)).hasSizeGreaterThan(90);
  }

  private static Predicate<Long> within(long longest) {
    return pause -> pause >= longest / 2 && pause <= longest;
  }

  private static Set<Long> pauses(int times) {
    return IntStream.range(0, 100)
        .mapToObj(i -> Postponement.pause(times).toMillis())
        .collect(Collectors.toSet());
  }
}
