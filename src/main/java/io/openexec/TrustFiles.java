package io.openexec;

import io.openexec.boundary.Revocations;
import io.openexec.boundary.Trust;
import io.openexec.boundary.TrustSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** The trust file and the revocation list, looked at often enough to be a second old at most. */
final class TrustFiles implements TrustSource, AutoCloseable {
  private static final Duration EVERY = Duration.ofMillis(250);

  private final Optional<WatchedFile<Trust>> trust;
  private final Optional<WatchedFile<Revocations>> revocations;
  private final Thread watcher = new Thread(this::watch, "openexec-trust");

  /**
   * Reads the files that are configured, and keeps looking at them.
   *
   * @throws StartRefused if one of them cannot be used
   */
  TrustFiles(Optional<Path> trust, Optional<Path> revocations) {
    this.trust = watched("OPENEXEC_TRUST", trust, Trust::parse);
    this.revocations = watched("OPENEXEC_REVOCATIONS", revocations, Revocations::parse);
    watcher.setDaemon(true);
    watcher.start();
  }

  private static <T> Optional<WatchedFile<T>> watched(
      String variable, Optional<Path> file, Function<byte[], T> parser) {
    return file.map(path -> new WatchedFile<>(variable, path, parser, System::nanoTime));
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(EVERY.toMillis());
        revocations.ifPresent(WatchedFile::look);
        trust.ifPresent(WatchedFile::look);
      }
    } catch (InterruptedException e) {
      // close() says that it is enough.
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Optional<Trust> trust() {
    return trust.map(WatchedFile::get);
  }

  @Override
  public Revocations revocations() {
    return revocations.map(WatchedFile::get).orElse(Revocations.NONE);
  }

  /** Returns why either file cannot be used at the moment, in sentences for an operator. */
  List<String> problems() {
    return Stream.of(trust.flatMap(WatchedFile::problem), revocations.flatMap(WatchedFile::problem))
        .flatMap(Optional::stream)
        .toList();
  }

  /** Returns whether there is a trust file that says that nobody is trusted. */
  boolean hasNoKey() {
    return problems().isEmpty() && trust.map(file -> file.get().isEmpty()).orElse(false);
  }

  /** Stops looking. */
  @Override
  public void close() {
    watcher.interrupt();
  }
}
