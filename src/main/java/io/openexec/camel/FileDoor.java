package io.openexec.camel;

import io.openexec.execution.Answer;
import io.openexec.execution.Errors;
import io.openexec.inbox.Inbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds the file drop to its route, which says when to look for files. Camel's own consumer of
 * files would hold the names of all that are there.
 */
final class FileDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileDoor.class);

  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Optional<Path> folder;
  private final Runnable came;
  private final Function<byte[], CompletableFuture<Answer>> gates;
  private final Inbox.Room room;
  private volatile @Nullable Inbox inbox;
  private volatile long pausedUntil = System.nanoTime();

  FileDoor(
      Optional<Path> folder,
      Runnable came,
      Function<byte[], CompletableFuture<Answer>> gates,
      Inbox.Room room) {
    this.came = came;
    this.folder = folder;
    this.gates = gates;
    this.room = room;
  }

  /** Binds what the route names. */
  void bindTo(Main main) {
    main.addInitialProperty("openexec.inbox.open", Boolean.toString(folder.isPresent()));
    main.bind("lookForFiles", (Processor) this::look);
  }

  /** Properties of the routes are those of this program, and no variables that happen to be set. */
  static void prepare(CamelContext context) {
    PropertiesComponent properties = (PropertiesComponent) context.getPropertiesComponent();
    properties.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_NEVER);
    properties.setSystemPropertiesMode(PropertiesComponent.SYSTEM_PROPERTIES_MODE_NEVER);
  }

  /** Takes hold of the folder, if there is one. */
  void open() throws IOException {
    if (folder.isPresent()) {
      inbox = Inbox.open(folder.get(), came, gates, room);
    }
  }

  /** Returns what is wrong, if no file can come in now. */
  Optional<String> problem() {
    Inbox open = inbox;
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    if (open == null) {
      return Optional.of("OPENEXEC_INBOX is not open yet");
    }
    Path root = folder.get();
    return Files.isDirectory(root) && Files.isReadable(root) && Files.isWritable(root)
        ? open.problem().map(problem -> "OPENEXEC_INBOX: " + problem)
        : Optional.of("OPENEXEC_INBOX is no folder that can be read and written, any more");
  }

  Optional<Inbox> inbox() {
    return Optional.ofNullable(inbox);
  }

  /** Looks what is there; the route says when. */
  private void look(Exchange exchange) {
    Inbox open = inbox;
    if (open == null || pausedUntil - System.nanoTime() > 0) {
      exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, false);
      return;
    }
    boolean any = false;
    try {
      any = open.look();
    } catch (IOException | RuntimeException e) {
      // Whatever it is, it is so for all of them, and likely in half a second still.
      pausedUntil = System.nanoTime() + PAUSE.toNanos();
      LOG.warn(
          "inbox: no file can be taken ({}), tried again in {} s",
          Errors.rootCause(e),
          PAUSE.toSeconds());
    }
    // If there was any, there may be more at once.
    exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, any);
  }

  @Override
  public void close() {
    Inbox open = inbox;
    if (open != null) {
      open.close();
    }
  }
}
