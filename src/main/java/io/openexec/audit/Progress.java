package io.openexec.audit;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Says every few seconds how far a long audit has come. */
public final class Progress {
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final Consumer<String> line;
  private long said = System.nanoTime();

  /** Says it there, a line at a time. */
  public Progress(Consumer<String> line) {
    this.line = line;
  }

  void at(String what, long done) {
    if (System.nanoTime() - said > PAUSE_NANOS) {
      line.accept(what + ": " + done + " so far");
      said = System.nanoTime();
    }
  }
}
