package io.openexec;

import io.openexec.boundary.Refusal;
import io.openexec.receipt.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file whose content counts as it is now. Whoever looks at it compares the bytes, since a time of
 * change may stay the same where the content does not. While it cannot be read, or says nothing
 * that makes sense, nothing counts: least of all what it said before; nor does what it said a
 * second ago.
 *
 * @param <T> what it says
 */
final class WatchedFile<T> {
  /** The most bytes of a file: what a JSON text may have. */
  static final int MAX_LENGTH = StrictJson.MAX_LENGTH;

  private static final Logger LOG = LoggerFactory.getLogger(WatchedFile.class);
  // The bound of "within a second of a change": where a look takes longer, as on a disk that hangs,
  // what the one before it saw counts no more.
  private static final Duration STALE = Duration.ofSeconds(1);

  private final String variable;
  private final Path file;
  private final Function<byte[], T> parser;
  private final LongSupplier nanoTime;
  private volatile State<T> state;

  private record State<T>(
      @Nullable ByteBuffer content, @Nullable T value, @Nullable String problem, long seenAt) {}

  /**
   * Reads a file.
   *
   * @param variable what names the file in the configuration
   * @param parser throws an {@link IllegalArgumentException} that says what is wrong
   * @param nanoTime as {@link System#nanoTime}
   * @throws StartRefused if it cannot be used
   */
  WatchedFile(String variable, Path file, Function<byte[], T> parser, LongSupplier nanoTime) {
    this.variable = variable;
    this.file = file;
    this.parser = parser;
    this.nanoTime = nanoTime;
    this.state = read(new State<>(null, null, null, 0));
    if (state.problem() != null) {
      throw new StartRefused(state.problem());
    }
  }

  /** Looks at the file. Not by several threads at a time. Throws nothing. */
  void look() {
    State<T> before = state;
    State<T> now = read(before);
    state = now;
    String problem = now.problem();
    if (problem != null && !problem.equals(before.problem())) {
      LOG.error("{}; what depends on it is refused until it is put right", problem);
    } else if (problem == null && now.value() != before.value()) {
      LOG.info("{} has changed, and was read again", variable);
    }
  }

  private State<T> read(State<T> before) {
    long now = nanoTime.getAsLong();
    try {
      byte[] content = bytes();
      return ByteBuffer.wrap(content).equals(before.content())
          ? new State<>(before.content(), before.value(), before.problem(), now)
          : parsed(content, now);
    } catch (IOException | RuntimeException | Error e) {
      // An Error too: whoever looks must not end of it and leave what was. By its class, for the
      // message of the system names the file, and everyone may ask why the service is not ready.
      String why = e instanceof Unfit ? e.getMessage() : e.getClass().getSimpleName();
      return new State<>(null, null, variable + " cannot be read: " + why, now);
    }
  }

  private static final class Unfit extends IOException {
    private static final long serialVersionUID = 1L;

    Unfit(String message) {
      super(message);
    }
  }

  private State<T> parsed(byte[] content, long now) {
    try {
      return new State<>(ByteBuffer.wrap(content), parser.apply(content), null, now);
    } catch (IllegalArgumentException e) {
      return new State<>(
          ByteBuffer.wrap(content), null, variable + " cannot be used: " + e.getMessage(), now);
    }
  }

  private byte[] bytes() throws IOException {
    // A pipe would never end.
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new Unfit("not a regular file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_LENGTH + 1);
      if (content.length > MAX_LENGTH) {
        throw new Unfit("longer than " + MAX_LENGTH + " bytes");
      }
      return content;
    }
  }

  /**
   * Returns what the file says.
   *
   * @throws Refusal 503 if that cannot be told
   */
  T get() {
    State<T> known = state;
    T value = known.value();
    if (value == null || isStale(known)) {
      throw Refusal.trustUnavailable();
    }
    return value;
  }

  /** Returns why it cannot be told what the file says; empty if it can. */
  Optional<String> problem() {
    State<T> known = state;
    return isStale(known)
        ? Optional.of(variable + " could not be looked at for a second")
        : Optional.ofNullable(known.problem());
  }

  private boolean isStale(State<T> known) {
    return nanoTime.getAsLong() - known.seenAt() > STALE.toNanos();
  }
}
