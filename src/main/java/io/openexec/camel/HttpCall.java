package io.openexec.camel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.jspecify.annotations.Nullable;

/**
 * A step {@code to: http://…} or {@code https://…} of an action: sends the body as JSON, makes the
 * answer the body, as bytes, and puts its status into the header {@code httpStatus}.
 *
 * <p>The call is an exchange of its own, so that neither do headers of the action's message steer
 * it, nor do those of the answer come back.
 */
final class HttpCall implements Processor {
  private final Endpoint target;
  private final Producer producer;

  /**
   * Makes the step.
   *
   * @param target where to, with all that is fixed
   * @param producer the target's, which has been started
   */
  HttpCall(Endpoint target, Producer producer) {
    this.target = target;
    this.producer = producer;
  }

  @Override
  public void process(Exchange exchange) throws Exception {
    Message message = exchange.getMessage();
    Exchange call = target.createExchange(ExchangePattern.InOut);
    call.getMessage().setBody(bytes(message.getBody()));
    call.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
    producer.process(call);
    Message answer = call.getMessage();
    byte[] body = answer.getBody(byte[].class);
    if (body != null && !LargeResults.hold(body.length)) {
      throw new IOException("no memory for such an answer in the action's time");
    }
    message.setBody(body);
    message.setHeader("httpStatus", answer.getHeader(Exchange.HTTP_RESPONSE_CODE));
  }

  private static byte[] bytes(@Nullable Object body) {
    if (body instanceof byte[] bytes) {
      return bytes;
    }
    if (body instanceof String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    throw new IllegalArgumentException("http: needs text or bytes; marshal the body before it");
  }
}
