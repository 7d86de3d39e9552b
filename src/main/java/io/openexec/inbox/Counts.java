package io.openexec.inbox;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What came in by files since the start. */
public final class Counts {
  private final LongAdder filesDone = new LongAdder();
  private final LongAdder filesRefused = new LongAdder();
  private final LongAdder linesSucceeded = new LongAdder();
  private final LongAdder linesRefused = new LongAdder();
  private final LongAdder linesRead = new LongAdder();
  private final AtomicLong filesOpen = new AtomicLong();

  Counts() {}

  void opened() {
    filesOpen.incrementAndGet();
  }

  void closed() {
    filesOpen.decrementAndGet();
  }

  void finished(boolean refused) {
    (refused ? filesRefused : filesDone).increment();
  }

  void read() {
    linesRead.increment();
  }

  void answered(int status) {
    (status < 300 ? linesSucceeded : linesRefused).increment();
  }

  /** Returns how many files had all their lines executed. */
  public long filesDone() {
    return filesDone.sum();
  }

  /** Returns how many files had a line that was refused, or whose action failed. */
  public long filesRefused() {
    return filesRefused.sum();
  }

  /** Returns how many files are being answered. */
  public long filesOpen() {
    return filesOpen.get();
  }

  /** Returns how many lines were read, blank ones and those of repeated attempts included. */
  public long linesRead() {
    return linesRead.sum();
  }

  /** Returns how many lines were answered by a success. */
  public long linesSucceeded() {
    return linesSucceeded.sum();
  }

  /** Returns how many lines were answered by anything else. */
  public long linesRefused() {
    return linesRefused.sum();
  }
}
