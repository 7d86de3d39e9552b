package io.openexec.inbox;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** The names in a folder, one at a time, round after round: however many, none is kept. */
final class Sweep implements AutoCloseable {
  private final Path folder;
  private @Nullable DirectoryStream<Path> open;
  private Iterator<Path> rest = Collections.emptyIterator();

  Sweep(Path folder) {
    this.folder = folder;
  }

  /** Returns the next one; null when a round is over, and then begins another one. */
  @SuppressWarnings("StreamResourceLeak") // Closed when the round is over, or with this.
  @Nullable Path next() throws IOException {
    if (open == null) {
      open = Files.newDirectoryStream(folder);
      rest = open.iterator();
    }
    try {
      if (rest.hasNext()) {
        return rest.next();
      }
    } catch (DirectoryIteratorException e) {
      close();
      throw e.getCause();
    }
    close();
    return null;
  }

  @Override
  public void close() throws IOException {
    DirectoryStream<Path> closing = open;
    open = null;
    if (closing != null) {
      closing.close();
    }
  }
}
