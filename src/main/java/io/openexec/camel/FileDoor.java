package io.openexec.camel;

import io.openexec.execution.Answer;
import io.openexec.execution.Errors;
import io.openexec.inbox.Inbox;
import java.io.File;
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
import org.apache.camel.component.file.FileEndpoint;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileFilter;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Binds the file drop to its route, which looks for files. Of a file's names none gets further. */
final class FileDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileDoor.class);

  private static final Duration PAUSE = Duration.ofSeconds(15);
  private static final File PLACE_HOLDER = new File("OPENEXEC_INBOX");

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
    main.bind("inboxFilter", (GenericFileFilter<File>) this::takes);
    main.bind("takeFile", (Processor) this::take);
  }

  /** Makes the route's folder the configured one. */
  void prepare(CamelContext context) {
    // Properties of the routes are those of this program, and no variables that happen to be set.
    PropertiesComponent properties = (PropertiesComponent) context.getPropertiesComponent();
    properties.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_NEVER);
    properties.setSystemPropertiesMode(PropertiesComponent.SYSTEM_PROPERTIES_MODE_NEVER);
    context
        .getCamelContextExtension()
        .registerEndpointCallback(
            (uri, endpoint) -> {
              if (folder.isPresent()
                  && endpoint instanceof FileEndpoint files
                  && files.getFile().equals(PLACE_HOLDER)) {
                // Not by way of the URI: it cannot carry every name.
                files.setFile(folder.get().toFile());
                files.getConfiguration().setDirectory(folder.get().toString());
              }
              return endpoint;
            });
  }

  /** Takes hold of the folder, if there is one. */
  void open() throws IOException {
    if (folder.isPresent()) {
      inbox = Inbox.open(folder.get(), came, gates, room);
    }
  }

  /** Returns what is wrong, if no file can come in now. */
  Optional<String> problem() {
    if (inbox == null || folder.isEmpty()) {
      return Optional.empty();
    }
    Path open = folder.get();
    return Files.isDirectory(open) && Files.isReadable(open) && Files.isWritable(open)
        ? Optional.empty()
        : Optional.of("OPENEXEC_INBOX is no folder that can be read and written, any more");
  }

  Optional<Inbox> inbox() {
    return Optional.ofNullable(inbox);
  }

  private boolean takes(GenericFile<File> file) {
    Inbox open = inbox;
    return open != null
        && pausedUntil - System.nanoTime() <= 0
        && !file.isDirectory()
        && open.takes(file.getFile().toPath());
  }

  private void take(Exchange exchange) {
    Inbox open = inbox;
    if (open == null || !(exchange.getMessage().getBody() instanceof GenericFile<?> file)) {
      return;
    }
    Path path = ((File) file.getFile()).toPath();
    try {
      open.take(path);
    } catch (IOException e) {
      // Whatever it is, it is so for all of them, and likely in half a second still.
      pausedUntil = System.nanoTime() + PAUSE.toNanos();
      LOG.warn(
          "inbox: no file can be taken ({}), tried again in {} s",
          Errors.rootCause(e),
          PAUSE.toSeconds());
    }
  }

  @Override
  public void close() {
    Inbox open = inbox;
    if (open != null) {
      open.close();
    }
  }
}
