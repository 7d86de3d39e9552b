package io.openexec.camel;

import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.spi.HeaderFilterStrategy;

/**
 * The properties of messages: none comes in, since Camel's components obey some, and none goes out
 * but those of an answer.
 */
final class QueueHeaders implements HeaderFilterStrategy {
  /** The status code that the answer would have over HTTP, an int. */
  static final String STATUS = "status";

  /** The media type of the body, a string. */
  static final String CONTENT_TYPE = "contentType";

  /** Whether the answer repeats an earlier one, a boolean. */
  static final String REPLAYED = "replayed";

  /** Why a message was rejected, a string. */
  static final String REASON = "reason";

  private static final Set<String> OUT = Set.of(STATUS, CONTENT_TYPE, REPLAYED, REASON);

  @Override
  public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
    return !OUT.contains(name);
  }

  @Override
  public boolean applyFilterToExternalHeaders(String name, Object value, Exchange exchange) {
    return true;
  }
}
