package io.openexec.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The ground truth in {@code src/test/resources/vectors}, written by CPython. */
public final class Vectors {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** One line of {@code canonical.jsonl}. */
  public record Canonical(
      String payloadText,
      String actionCanonical,
      String actionHash,
      String resultJson,
      String execId,
      String receipt) {}

  private Vectors() {}

  public static List<Canonical> canonical() {
    List<Canonical> vectors =
        open("canonical.jsonl")
            .lines()
            .map(
                line -> {
                  JsonNode v = read(line);
                  return new Canonical(
                      v.get("payload_text").textValue(),
                      v.get("action_canonical").textValue(),
                      v.get("action_hash").textValue(),
                      v.get("result_json").textValue(),
                      v.get("exec_id").textValue(),
                      v.get("receipt").textValue());
                })
            .toList();
    if (vectors.size() != 652) {
      throw new IllegalStateException("expected 652 vectors, read " + vectors.size());
    }
    return vectors;
  }

  public static JsonNode approvals() {
    return read(String.join("\n", open("approvals.json").lines().toList()));
  }

  private static JsonNode read(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BufferedReader open(String name) {
    InputStream in = Vectors.class.getResourceAsStream("/vectors/" + name);
    if (in == null) {
      throw new IllegalStateException("no vectors/" + name + " on the class path");
    }
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }
}
