package io.openexec.component;

import io.openexec.camel.Content;
import io.openexec.camel.Utf8;
import io.openexec.execution.Answer;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.DefaultAsyncProducer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the body through the gates, and nothing else of the message. The answer is the new body, as
 * text (a file of the ledger as bytes), with the headers that an HTTP door would send: {@code
 * CamelHttpResponseCode}, {@code Content-Type}, {@code Idempotent-Replayed}, {@code Retry-After}.
 * The message's other headers stay. A refusal is an answer and no exception.
 */
final class OpenExecProducer extends DefaultAsyncProducer {
  private final OpenExecComponent component;
  private final Operation operation;

  OpenExecProducer(OpenExecEndpoint endpoint, OpenExecComponent component, Operation operation) {
    super(endpoint);
    this.component = component;
    this.operation = operation;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    try {
      var unused =
          component
              .service()
              .send(operation.path(), Utf8.of(exchange.getMessage()))
              .whenComplete(
                  (answer, failure) -> {
                    end(exchange, answer, failure);
                    callback.done(false);
                  });
      return false;
    } catch (RuntimeException e) {
      exchange.setException(e);
      callback.done(true);
      return true;
    }
  }

  private static void end(Exchange exchange, Object answer, @Nullable Throwable failure) {
    if (failure != null) {
      exchange.setException(failure);
    } else if (answer instanceof Content content) {
      exchange.getMessage().setBody(content.bytes());
      exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, content.type());
      exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, 200);
    } else {
      put(exchange.getMessage(), (Answer) answer);
    }
  }

  private static void put(Message message, Answer answer) {
    message.setBody(answer.json());
    message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
    message.setHeader(Exchange.CONTENT_TYPE, answer.mediaType());
    message.removeHeader("Idempotent-Replayed");
    message.removeHeader("Retry-After");
    if (answer.replayed()) {
      message.setHeader("Idempotent-Replayed", true);
    }
    answer.retryAfter().ifPresent(seconds -> message.setHeader("Retry-After", seconds));
  }
}
