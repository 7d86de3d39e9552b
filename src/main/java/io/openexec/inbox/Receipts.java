package io.openexec.inbox;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.execution.Answer;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What goes out for a file: the answers to all its lines, and why some of them were refused. */
final class Receipts implements AutoCloseable {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().configure(JsonWriteFeature.ESCAPE_NON_ASCII, true).build();

  private final Folder folder;
  private final Path claimed;
  private final Draft receipts;
  private @Nullable Draft reasons;

  private Receipts(Folder folder, Path claimed) throws IOException {
    this.folder = folder;
    this.claimed = claimed;
    this.receipts = folder.receiptsOf(claimed);
  }

  /** Returns the line that stands for an answer. */
  static String line(long line, Answer answer) {
    return "{\"line\":"
        + line
        + ",\"status\":"
        + answer.status()
        + ",\"answer\":"
        + answer.json()
        + "}";
  }

  /**
   * Publishes the answers to a claimed file.
   *
   * @return whether any line was refused
   * @throws IOException if they cannot be written, or their names not be made durable
   */
  static boolean publish(Folder folder, Path claimed, Answers.Open answers) throws IOException {
    try (Receipts all = new Receipts(folder, claimed)) {
      answers.inOrder(all::add);
      all.receipts.publish();
      if (all.reasons != null) {
        all.reasons.publish();
      }
      return all.reasons != null;
    }
  }

  private void add(long line, byte[] answer, boolean problem) throws IOException {
    receipts.add(answer);
    if (problem) {
      addReason(line, MAPPER.readTree(answer));
    }
  }

  private void addReason(long line, JsonNode answer) throws IOException {
    if (reasons == null) {
      reasons = folder.reasonsOf(claimed);
    }
    JsonNode problem = answer.path("answer");
    reasons.add(
        MAPPER.writeValueAsBytes(
            MAPPER
                .createObjectNode()
                .put("line", line)
                .put("status", answer.path("status").asInt())
                .put("code", problem.path("code").asText())
                .put("detail", problem.path("detail").asText())));
  }

  @Override
  public void close() throws IOException {
    try (receipts) {
      if (reasons != null) {
        reasons.close();
      }
    }
  }
}
