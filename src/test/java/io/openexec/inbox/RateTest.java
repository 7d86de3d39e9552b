package io.openexec.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateTest {
  @Test
  void soManyInAPeriodAndThenAgain() {
    AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    Rate rate = new Rate(2, Duration.ofNanos(10), now::get);
    for (int period = 0; period < 3; period++) {
      assertThat(rate.isOneMore()).isTrue();
      assertThat(rate.isOneMore()).isTrue();
      assertThat(rate.isOneMore()).isFalse();
      now.addAndGet(9);
      assertThat(rate.isOneMore()).isFalse();
      now.addAndGet(1);
    }
  }
}
