package io.openexec.camel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.Eventually;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two sides share the room: neither takes all of it from the other, and nobody waits for ever. */
class CapacityTest {
  private static final int HALF = 100_000;
  private static final long SOON = 10_000;

  private final Capacity capacity = new Capacity(3, HALF);
  private final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void end() {
    threads.forEach(Thread::interrupt);
  }

  /** Somebody who waits, or is just about to. */
  private FutureTask<Capacity.Ticket> waiting(long length) {
    FutureTask<Capacity.Ticket> task = new FutureTask<>(() -> capacity.await(length));
    Thread thread = new Thread(task);
    threads.add(thread);
    thread.start();
    Eventually.within(SOON, () -> task.isDone() || thread.getState() == Thread.State.WAITING);
    return task;
  }

  private static Capacity.Ticket ticketOf(FutureTask<Capacity.Ticket> task) throws Exception {
    return task.get(SOON, TimeUnit.MILLISECONDS);
  }

  private static void assertWaits(FutureTask<Capacity.Ticket> task) {
    assertThatThrownBy(() -> task.get(50, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void httpHasAllOfItAsLongAsNobodyWaits() {
    Capacity.Ticket first = capacity.enter(HALF);
    Capacity.Ticket second = capacity.enter(HALF);
    assertThat(first).isNotNull();
    assertThat(second).isNotNull();
    assertThat(capacity.enter(1)).isNull();
    second.leave();
    second.leave();
    assertThat(capacity.underWay()).isEqualTo(1);
    assertThat(capacity.enter(HALF)).isNotNull();
  }

  @Test
  void requestsOverHttpAreCountedToo() {
    for (int i = 0; i < 3; i++) {
      assertThat(capacity.enter(0)).isNotNull();
    }
    assertThat(capacity.enter(0)).isNull();
  }

  @Test
  void whoeverWaitsLeavesHttpItsHalf() throws Exception {
    ticketOf(waiting(HALF));
    FutureTask<Capacity.Ticket> second = waiting(HALF);
    assertWaits(second);
    assertThat(capacity.enter(HALF)).isNotNull();
    assertThat(capacity.enter(HALF / 4)).isNull();
  }

  @Test
  void httpKeepsNobodyWaitingBeyondWhatIsUnderWay() throws Exception {
    Capacity.Ticket first = capacity.enter(HALF);
    Capacity.Ticket second = capacity.enter(HALF);
    FutureTask<Capacity.Ticket> waiting = waiting(HALF);
    assertWaits(waiting);
    first.leave();
    // Nor does a new request push in before it.
    assertThat(capacity.enter(HALF / 4)).isNull();
    Capacity.Ticket third = ticketOf(waiting);
    assertThat(capacity.enter(HALF / 4)).isNull();
    third.leave();
    second.leave();
    assertThat(capacity.enter(2 * HALF)).isNotNull();
  }

  @Test
  void whoCameFirstGoesFirst() throws Exception {
    Capacity.Ticket first = ticketOf(waiting(HALF));
    FutureTask<Capacity.Ticket> large = waiting(HALF);
    FutureTask<Capacity.Ticket> smaller = waiting(HALF / 4);
    assertWaits(smaller);
    first.leave();
    ticketOf(large).leave();
    ticketOf(smaller).leave();
  }

  @Test
  void smallOnesDoNotStandBehindLargeOnesAsLongAsThereAreFew() throws Exception {
    ticketOf(waiting(HALF));
    FutureTask<Capacity.Ticket> large = waiting(HALF);
    Capacity.Ticket small = null;
    for (int taken = 0; taken + 1_024 <= HALF / 8; taken += 1_024) {
      small = ticketOf(waiting(1));
    }
    FutureTask<Capacity.Ticket> oneMore = waiting(1);
    assertWaits(large);
    assertWaits(oneMore);
    small.leave();
    ticketOf(waiting(1)).leave();
  }

  @Test
  void whatIsLargerThanAllOfItIsWorkedOnWhenItsSideIsFree() throws Exception {
    assertThat(capacity.enter(Long.MAX_VALUE)).isNotNull();
    FutureTask<Capacity.Ticket> huge = waiting(Long.MAX_VALUE);
    ticketOf(huge).leave();
    ticketOf(waiting(HALF)).leave();
  }

  @Test
  void whoGivesUpLeavesNothingTaken() throws Exception {
    Capacity.Ticket first = capacity.enter(HALF);
    Capacity.Ticket second = capacity.enter(HALF);
    FutureTask<Capacity.Ticket> waiting = waiting(HALF);
    assertWaits(waiting);
    threads.forEach(Thread::interrupt);
    assertThatThrownBy(() -> ticketOf(waiting)).isInstanceOf(ExecutionException.class);
    first.leave();
    assertThat(capacity.enter(HALF)).isNotNull();
    second.leave();
    ticketOf(waiting(HALF)).leave();
  }

  @Test
  void neverMoreThanThereIs() throws Exception {
    int each = HALF / 4;
    List<CompletableFuture<Integer>> most = new ArrayList<>();
    AtomicInteger inside = new AtomicInteger();
    for (int i = 0; i < 16; i++) {
      most.add(
          CompletableFuture.supplyAsync(
              () -> {
                int highest = 0;
                for (int n = 0; n < 500; n++) {
                  try {
                    Capacity.Ticket ticket = capacity.await(each);
                    highest = Math.max(highest, inside.incrementAndGet());
                    Thread.onSpinWait();
                    inside.decrementAndGet();
                    ticket.leave();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                }
                return highest;
              },
              task -> new Thread(task).start()));
    }
    for (CompletableFuture<Integer> highest : most) {
      assertThat(highest.get(SOON, TimeUnit.MILLISECONDS)).isBetween(1, 4);
    }
    assertThat(capacity.enter(2 * HALF)).isNotNull();
    assertThat(capacity.enter(HALF)).isNotNull();
  }
}
