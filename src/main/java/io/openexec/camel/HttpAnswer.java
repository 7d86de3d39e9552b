package io.openexec.camel;

import io.openexec.execution.Answer;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/** The last step of the HTTP door: an {@link Answer} becomes the response. */
final class HttpAnswer implements Processor {

  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    Answer answer = (Answer) message.getBody();
    message.removeHeaders("*");
    message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
    headers(answer).forEach(message::setHeader);
    // By far the cheapest body of this component, and the one that gets a Content-Length.
    message.setBody(ByteBuffer.wrap(answer.bytes()));
  }

  static Map<String, String> headers(Answer answer) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(
        Exchange.CONTENT_TYPE,
        answer.isProblem() ? "application/problem+json" : "application/json");
    headers.put("X-Content-Type-Options", "nosniff");
    if (answer.replayed()) {
      headers.put("Idempotent-Replayed", "true");
    }
    answer.retryAfter().ifPresent(seconds -> headers.put("Retry-After", Integer.toString(seconds)));
    return headers;
  }
}
