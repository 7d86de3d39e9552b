package io.openexec.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.ProcessorEndpoint;

/**
 * An effect that can be counted from outside: {@code trace:FILE} appends the payload's member
 * {@code id} as a line.
 *
 * <p>{@code before=FILE} waits until that file exists before the effect, {@code hold=FILE} after
 * it; {@code raise=CLASS} raises that exception after the effect, {@code refuse=CLASS} instead of
 * it; {@code answer=TEXT} makes the body that text. Without an answer the result is <code>
 * {"traced": id}</code>.
 */
public final class TraceComponent extends DefaultComponent {

  @Override
  protected Endpoint createEndpoint(String uri, String file, Map<String, Object> parameters) {
    String before = getAndRemoveParameter(parameters, "before", String.class);
    String hold = getAndRemoveParameter(parameters, "hold", String.class);
    String raise = getAndRemoveParameter(parameters, "raise", String.class);
    String refuse = getAndRemoveParameter(parameters, "refuse", String.class);
    String answer = getAndRemoveParameter(parameters, "answer", String.class);
    return new ProcessorEndpoint(
        uri,
        this,
        exchange -> {
          awaitFile(before);
          raise(refuse);
          append(Path.of(file), exchange);
          awaitFile(hold);
          raise(raise);
          Message message = exchange.getMessage();
          message.setBody(answer != null ? answer : Map.of("traced", id(exchange)));
        });
  }

  private static Object id(Exchange exchange) {
    return exchange.getMessage().getBody(Map.class).get("id");
  }

  private static void append(Path file, Exchange exchange) throws IOException {
    Files.write(
        file,
        (id(exchange) + "\n").getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private static void awaitFile(String file) throws InterruptedException {
    while (file != null && Files.notExists(Path.of(file))) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static void raise(String type) throws Exception {
    if (type != null) {
      throw Class.forName(type)
          .asSubclass(Exception.class)
          .getConstructor(String.class)
          .newInstance("secret-in-a-message");
    }
  }
}
