package io.openexec.camel;

import io.openexec.execution.Answer;
import io.openexec.execution.Errors;
import io.openexec.inbox.Inbox;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
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

  private final Optional<Path> folder;
  private final Function<byte[], CompletableFuture<Answer>> gates;
  private volatile @Nullable Inbox inbox;

  FileDoor(Optional<Path> folder, Function<byte[], CompletableFuture<Answer>> gates) {
    this.folder = folder;
    this.gates = gates;
  }

  /** Binds what the route names. */
  void bindTo(Main main) {
    main.addInitialProperty("openexec.inbox.open", Boolean.toString(folder.isPresent()));
    main.addInitialProperty(
        "openexec.inbox.folder", folder.map(path -> encoded(path.toString())).orElse("none"));
    main.bind("inboxFilter", (GenericFileFilter<File>) this::takes);
    main.bind("takeFile", (Processor) this::take);
  }

  /** Properties of the routes are those of this program, and no variables that happen to be set. */
  static void keepOthersFromConfiguring(CamelContext context) {
    PropertiesComponent properties = (PropertiesComponent) context.getPropertiesComponent();
    properties.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_NEVER);
    properties.setSystemPropertiesMode(PropertiesComponent.SYSTEM_PROPERTIES_MODE_NEVER);
  }

  /** Percent-encodes what a URI's path, or Camel, would take for something else (RFC 3986). */
  private static String encoded(String path) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c < 0x80 && (Character.isLetterOrDigit(c) || "/-._~".indexOf(c) >= 0)) {
        encoded.append(c);
      } else {
        encoded.append(String.format("%%%02X", b & 0xff));
      }
    }
    return encoded.toString();
  }

  /** Takes hold of the folder, if there is one. */
  void open() throws IOException {
    if (folder.isPresent()) {
      inbox = Inbox.open(folder.get(), gates);
    }
  }

  Optional<Inbox> inbox() {
    return Optional.ofNullable(inbox);
  }

  private boolean takes(GenericFile<File> file) {
    Inbox open = inbox;
    return open != null && !file.isDirectory() && open.takes(file.getFile().toPath());
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
      LOG.warn("inbox: a file cannot be taken: {}", Errors.rootCause(e));
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
