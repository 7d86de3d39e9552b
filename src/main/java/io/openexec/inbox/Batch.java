package io.openexec.inbox;

import io.openexec.boundary.Refusal;
import io.openexec.execution.Answer;
import io.openexec.execution.Errors;
import io.openexec.receipt.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One file: its requests go through the gates, many at once, and their answers out in the order of
 * its lines. It is read a turn at a time, so that others have theirs. A request whose answer is not
 * final waits where it is, in the file, which is read again for it: so what is kept in memory is
 * bounded, however long the file is, and however much of it waits.
 */
final class Batch {
  /** A turn is over after so many lines, if nothing ends it before. */
  private static final int TURN = 1024;

  /** And after so many bytes. */
  private static final int TURN_BYTES = 16 << 20;

  private static final int NOT_READY = 503;

  private final Folder folder;
  private final Path claimed;
  private final Ways ways;
  private final Turns turns;
  private final Progress progress;
  private final Answers answers;
  private final Pace pace = new Pace();
  private Answers.@Nullable Open open;

  // Where this pass through the file is, and where the next one is to begin.
  private Lines.Place next = Lines.BEGIN;
  private Lines.@Nullable Place waits;
  private boolean atEnd;
  // What comes after it is read when all before it is answered: its lines have their numbers then.
  private long end = Long.MAX_VALUE;
  private State state = State.QUEUED;
  private boolean counted;
  private @Nullable Exception failure;

  /** Whether its turn is to come, or is now, or waits for what is under way; or it is over. */
  private enum State {
    QUEUED,
    TURN,
    PARKED,
    OVER
  }

  /**
   * What all files go.
   *
   * @param came is told of each request, once
   * @param gates answers a request, its bytes; the answer need not be final
   * @param window how many requests of all files may be under way
   * @param writer where answers are written
   * @param every how often the log says how far a file is
   */
  record Ways(
      Runnable came,
      Function<byte[], CompletableFuture<Answer>> gates,
      Window window,
      Executor writer,
      Duration every) {}

  /** Who gives files their turns. */
  interface Turns {
    /** Gives it its next {@link #turn} after a pause; returns false if there will be none. */
    boolean after(Duration pause, Batch batch);

    /** It could not be answered to its end. */
    void failed(Path claimed, Exception why);

    /** Says something of it that the operator should know. */
    void warn(Path claimed, String what);

    /** It is answered to its end, and was moved there: this file of that size. */
    void finished(Path moved, @Nullable Object key, long size);

    /** Counts so many more files that wait, and returns how many there are. */
    int waiting(int more);
  }

  /**
   * Begins with the first line.
   *
   * @throws IOException if its answers cannot be kept, or its size cannot be told
   */
  Batch(Folder folder, Path claimed, Ways ways, Counts counts, Turns turns) throws IOException {
    this.folder = folder;
    this.claimed = claimed;
    this.ways = ways;
    this.turns = turns;
    this.answers = folder.answersOf(claimed);
    if (answers.published() > 0) {
      atEnd = true;
      end = answers.published();
    }
    this.progress = new Progress(claimed, Files.size(claimed), counts, ways.every());
  }

  /** Reads on as far as it may; or if all is answered, publishes that and moves the file away. */
  void turn() {
    beginTurn();
    try {
      folder.check();
      if (begin()) {
        publish();
      } else {
        readOn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e);
    } catch (IOException | RuntimeException e) {
      fail(e);
    } catch (Error e) {
      // Short of memory, say: it is tried again.
      fail(new IllegalStateException(e));
    }
    proceed(State.TURN);
  }

  private synchronized void beginTurn() {
    state = State.TURN;
  }

  /** Returns whether every line has its answer. */
  private synchronized boolean begin() throws IOException {
    if (open == null) {
      open = answers.open();
    }
    if (atEnd && waits != null) {
      next = waits;
      waits = null;
      atEnd = false;
    }
    // What comes after its answers were published is too late.
    return atEnd && (answers.published() > 0 || !goesOn());
  }

  /** Returns whether something was added to the file since it was read; then that comes next. */
  private boolean goesOn() throws IOException {
    if (Files.size(claimed) <= end) {
      return false;
    }
    turns.warn(claimed, "was written to after it was taken, and is read on");
    end = Long.MAX_VALUE;
    atEnd = false;
    return true;
  }

  private void readOn() throws IOException, InterruptedException {
    try (Lines lines = Lines.of(claimed, StrictJson.MAX_LENGTH, next, end)) {
      long turnEnds = next.position() + TURN_BYTES;
      for (int i = 0; i < TURN && next.position() < turnEnds && hasRoom(); i++) {
        Lines.Place place = lines.place();
        Lines.Line line = lines.next();
        next = lines.place();
        if (line == null) {
          readToTheEnd();
          return;
        }
        if (line.kind() != Lines.Kind.UNFINISHED) {
          take(line, place, progress.read(line.number(), next.position()));
        }
        if (next.after() == Lines.After.OPEN_LINE) {
          // Whatever comes now is its rest.
          readToTheEnd();
          return;
        }
      }
    }
  }

  private synchronized void readToTheEnd() {
    atEnd = true;
    end = next.position();
  }

  private synchronized boolean hasRoom() {
    return failure == null && pace.hasRoom();
  }

  private void take(Lines.Line line, Lines.Place place, boolean first)
      throws IOException, InterruptedException {
    // An empty file of one request is answered as an empty body is.
    if ((line.isBlank() && Lines.areIn(claimed)) || isAnswered(line)) {
      progress.skipped(first);
      return;
    }
    if (first) {
      ways.came().run();
    }
    if (line.kind() != Lines.Kind.REQUEST) {
      keep(line.number(), Answer.refusing(refusal(line.kind())));
      return;
    }
    byte[] request = line.bytes();
    boolean again = begun(line.number(), request.length);
    try {
      if (!ways.window().run(request.length, () -> execute(request, place, again))) {
        putOff(place, request.length, again);
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      over(request.length);
      throw e;
    }
  }

  /** Leaves a request in the file until there is room in memory for it. */
  private synchronized void putOff(Lines.Place place, int length, boolean again)
      throws IOException {
    if (!again) {
      kept().wasSentAway(place.lines() + 1);
    }
    waitFrom(place);
    pace.over(length);
  }

  private static Refusal refusal(Lines.Kind kind) {
    return switch (kind) {
      case REST -> Refusal.cutOff();
      case ENDLESS -> Refusal.endless(StrictJson.MAX_LENGTH);
      default -> Refusal.tooLarge(StrictJson.MAX_LENGTH);
    };
  }

  private synchronized boolean isAnswered(Lines.Line line) throws IOException {
    return kept().has(line.number());
  }

  private Answers.Open kept() {
    if (open == null) {
      throw new IllegalStateException("the answers are not open");
    }
    return open;
  }

  private synchronized boolean begun(long line, int length) throws IOException {
    boolean again = kept().asks(line);
    pace.begun(length);
    return again;
  }

  private synchronized void over(int length) {
    pace.over(length);
  }

  private CompletableFuture<Void> execute(byte[] request, Lines.Place place, boolean again) {
    return ways.gates()
        .apply(request)
        .handleAsync(
            (answer, error) -> {
              try {
                if (error != null) {
                  turns.warn(claimed, "is tried again: " + Errors.rootCause(error));
                }
                come(place, error == null ? answer : null, request, again);
              } finally {
                over(request.length);
                proceed(State.PARKED);
              }
              return null;
            },
            ways.writer());
  }

  /**
   * Takes an answer, which need not be final; null stands for none.
   *
   * @param again whether the request was asked for before, and may have been executed then
   */
  private synchronized void come(
      Lines.Place place, @Nullable Answer answer, byte[] request, boolean again) {
    try {
      if (answer != null && answer.isFinal()) {
        keep(place.lines() + 1, again ? AskedAgain.honest(request, answer) : answer);
        return;
      }
      if (answer != null && answer.status() == NOT_READY && !again) {
        kept().wasSentAway(place.lines() + 1);
      }
      waitFrom(place);
    } catch (IOException | RuntimeException e) {
      fail(e);
    } catch (Error e) {
      fail(new IllegalStateException(e));
    }
  }

  private synchronized void keep(long line, Answer answer) throws IOException {
    kept().put(line, Receipts.line(line, answer), answer.isProblem());
    pace.answered();
    progress.answered(answer.status());
  }

  private void waitFrom(Lines.Place place) {
    pace.cameForNothing();
    if (waits == null || place.lines() < waits.lines()) {
      waits = place;
    }
    count(true);
  }

  private void count(boolean waiting) {
    if (counted != waiting) {
      counted = waiting;
      int unused = turns.waiting(waiting ? 1 : -1);
    }
  }

  private synchronized void fail(Exception why) {
    if (failure == null) {
      failure = why;
    }
  }

  private void publish() throws IOException {
    boolean refused;
    synchronized (this) {
      answerWhatIsGone();
      // A success comes again as it is; a refusal might not.
      kept().publishes(end, progress.refused() > 0 || answers.isRecovered());
      refused = Receipts.publish(folder, claimed, kept());
      close();
    }
    folder.check();
    // Where it is moved to, others may put something else in its place at once.
    Object key = Afterwards.key(claimed);
    Path moved = folder.finish(claimed, refused);
    answers.discard();
    progress.done(refused);
    end();
    turns.finished(moved, key, end);
  }

  /** A line that was read, and was cut off before it was answered, has its answer as well. */
  private void answerWhatIsGone() throws IOException {
    for (long line : kept().missing()) {
      turns.warn(claimed, "was cut off after it was taken");
      keep(line, Answer.refusing(Refusal.gone()));
    }
  }

  private synchronized void end() {
    state = State.OVER;
    count(false);
    progress.end();
  }

  /** Sees to what comes next, if it is in that state. */
  private synchronized void proceed(State expected) {
    if (state != expected) {
      return;
    }
    state = State.PARKED;
    if (pace.isIdle()) {
      closeQuietly();
    }
    if (failure != null) {
      if (pace.isIdle()) {
        end();
        discardQuietly();
        turns.failed(claimed, failure);
      }
    } else if (!atEnd) {
      if (pace.hasMuchRoom()) {
        queue(pace.untilNextTurn(turns.waiting(0)));
      }
    } else if (pace.isIdle()) {
      endPass();
    }
  }

  private void endPass() {
    if (waits == null) {
      count(false);
      queue(Duration.ZERO);
    } else {
      progress.waits(waits.lines() + 1);
      queue(pace.untilNextPass(turns.waiting(0)));
    }
  }

  private void queue(Duration pause) {
    state = State.QUEUED;
    if (!turns.after(pause, this)) {
      end();
    }
  }

  /** Until the next try, others may need the disk; what was published has to stay as it is. */
  private void discardQuietly() {
    try {
      if (answers.published() == 0 && folder.isFull()) {
        answers.forget();
      }
    } catch (IOException e) {
      turns.warn(claimed, "leaves answers behind: " + Errors.rootCause(e));
    }
  }

  private void closeQuietly() {
    try {
      close();
    } catch (IOException e) {
      fail(e);
    }
  }

  private void close() throws IOException {
    Answers.Open closing = open;
    open = null;
    if (closing != null) {
      closing.close();
    }
  }
}
