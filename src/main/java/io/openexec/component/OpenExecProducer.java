package io.openexec.component;

import io.openexec.boundary.Refusal;
import io.openexec.camel.Content;
import io.openexec.camel.Utf8;
import io.openexec.execution.Answer;
import java.util.concurrent.ExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.DefaultProducer;

/**
 * Sends the body through the gates, and nothing else of the message. The answer is the new body, as
 * text (a file of the ledger as bytes), with the headers that an HTTP door would send: {@code
 * CamelHttpResponseCode}, {@code Content-Type}, {@code Idempotent-Replayed}, {@code Retry-After}.
 * The message's other headers stay. A refusal is an answer and no exception.
 *
 * <p>It waits in the application's thread, and the application's route goes on in that. The gates
 * have few threads, and what an application does in them would be done instead of executing: a
 * route that asks again, and waits, would wait for itself.
 */
final class OpenExecProducer extends DefaultProducer {
  private final OpenExecComponent component;
  private final Operation operation;

  OpenExecProducer(OpenExecEndpoint endpoint, OpenExecComponent component, Operation operation) {
    super(endpoint);
    this.component = component;
    this.operation = operation;
  }

  @Override
  public void process(Exchange exchange) throws Exception {
    Object answer = answer(exchange.getMessage());
    if (answer instanceof Content content) {
      exchange.getMessage().setBody(content.bytes());
      exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, content.type());
      exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, 200);
    } else {
      put(exchange.getMessage(), (Answer) answer);
    }
  }

  private Object answer(Message message) throws Exception {
    try {
      return component.service().send(operation.path(), Utf8.of(message)).get();
    } catch (Refusal e) {
      return Answer.refusing(e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw e;
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
