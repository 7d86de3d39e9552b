package io.openexec.camel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.execution.Action;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;

/**
 * An action's route as the kernel runs it. The exchange starts clean: the payload as a map is the
 * body, and nothing else of the request is there. The body at the end is the result: a JSON object
 * as a map, a tree, or text. A list, as of rows, becomes the member {@code rows} of one.
 */
final class CamelAction implements Action.Body {
  private static final JsonMapper MAPPER = new JsonMapper();

  private final Supplier<ProducerTemplate> producer;
  private final String uri;
  private final Duration timeout;
  private volatile @Nullable Endpoint endpoint;

  /**
   * Makes the body of an action.
   *
   * @param producer what sends to the route, available when the first request comes
   * @param uri where the route begins, fixed
   * @param timeout after which it may begin to send nothing more
   */
  CamelAction(Supplier<ProducerTemplate> producer, String uri, Duration timeout) {
    this.timeout = timeout;
    this.producer = producer;
    this.uri = uri;
  }

  @Override
  public JsonValue run(JsonValue payload) throws Exception {
    ProducerTemplate template = producer.get();
    Endpoint route = endpoint(template.getCamelContext());
    Exchange exchange = route.createExchange(ExchangePattern.InOut);
    exchange.getMessage().setBody(payload.toMap());
    Effects effects = Effects.watch(exchange, timeout);
    LargeResults.Execution execution = LargeResults.begin(timeout);
    try {
      return result(template.send(route, exchange), effects);
    } finally {
      execution.end();
    }
  }

  private static JsonValue result(Exchange done, Effects effects) throws Exception {
    if (done.getException() != null) {
      throw effects.judge(done.getException());
    }
    try {
      return result(done.getMessage().getBody());
    } catch (IOException | RuntimeException e) {
      throw effects.judge(e);
    }
  }

  private Endpoint endpoint(CamelContext context) {
    Endpoint known = endpoint;
    if (known == null) {
      known = context.getEndpoint(uri);
      endpoint = known;
    }
    return known;
  }

  private static JsonValue result(@Nullable Object body) throws JsonRefused, IOException {
    JsonNode tree;
    if (body instanceof String text) {
      tree = StrictJson.parse(text);
    } else if (body instanceof byte[] bytes) {
      tree = StrictJson.parse(bytes);
    } else if (body instanceof InputStream in) {
      try (in) {
        tree = StrictJson.parse(in.readNBytes(StrictJson.MAX_LENGTH + 1));
      }
    } else {
      Object object = body instanceof List<?> rows ? Map.of("rows", rows) : body;
      tree = StrictJson.normalize(MAPPER.valueToTree(object));
    }
    JsonValue result = JsonValue.ofObject(tree);
    if (result.compact().length() > StrictJson.MAX_LENGTH) {
      // Without its escapes it may be short enough all the same.
      var unused = StrictJson.parse(MAPPER.writeValueAsBytes(tree));
    }
    return result;
  }
}
