package io.openexec.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.Optional;

/** A response, its body parsed by a parser of no special strictness. */
public record Reply(int status, String text, HttpResponse<String> http) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public static Reply of(HttpResponse<String> http) {
    return new Reply(http.statusCode(), http.body(), http);
  }

  public JsonNode json() {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  public String detail() {
    return json().path("detail").asText();
  }

  public String code() {
    return json().path("code").asText();
  }

  public String id() {
    return json().path("id").asText();
  }

  public String receipt() {
    return json().path("receipt").asText();
  }

  public Optional<String> header(String name) {
    return http.headers().firstValue(name);
  }

  public boolean replayed() {
    return header("Idempotent-Replayed").equals(Optional.of("true"));
  }
}
