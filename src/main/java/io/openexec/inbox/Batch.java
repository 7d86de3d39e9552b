package io.openexec.inbox;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.boundary.Refusal;
import io.openexec.execution.Answer;
import io.openexec.receipt.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One file: its requests go through the gates, many at once, and their answers out in the order of
 * its lines. What is kept in memory is bounded, however long it is.
 */
final class Batch {
  private static final int MAX_PENDING = 1024;
  private static final long MAX_PENDING_BYTES = 4L << 20;
  private static final JsonMapper MAPPER =
      JsonMapper.builder().configure(JsonWriteFeature.ESCAPE_NON_ASCII, true).build();

  private final Folder folder;
  private final Path claimed;
  private final Window window;
  private final Patience patience;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private final Progress progress;
  private long pendingBytes;
  private @Nullable Draft reasons;

  /** Waits for an answer, in a way that stalls no other file. */
  @FunctionalInterface
  interface Patience {
    Answer await(CompletableFuture<Answer> answer) throws ExecutionException, InterruptedException;
  }

  private record Pending(long line, int length, CompletableFuture<Answer> answer) {}

  /**
   * Begins to count a file; {@link #run} ends that.
   *
   * @throws IOException if its size cannot be told
   */
  Batch(Folder folder, Path claimed, Window window, Counts counts, Patience patience)
      throws IOException {
    this.folder = folder;
    this.claimed = claimed;
    this.window = window;
    this.patience = patience;
    this.progress = new Progress(claimed, Files.size(claimed), counts);
  }

  /**
   * Answers the file and moves it away.
   *
   * @throws IOException if it cannot be read, or its answers cannot be written
   * @throws ExecutionException if a request came to no answer, as when the service stops
   * @throws InterruptedException if the service stops
   */
  void run() throws IOException, ExecutionException, InterruptedException {
    try (Draft receipts = folder.receiptsOf(claimed);
        Lines lines = open()) {
      for (Lines.Line line = lines.next(); line != null; line = lines.next()) {
        makeRoom(receipts, length(line));
        submit(line, lines.position());
      }
      while (!pending.isEmpty()) {
        writeFirst(receipts);
      }
      receipts.publish();
      if (reasons != null) {
        reasons.publish();
      }
      folder.finish(claimed, reasons != null);
      progress.done(reasons != null);
    } finally {
      progress.end();
      if (reasons != null) {
        reasons.close();
      }
    }
  }

  private Lines open() throws IOException {
    var in = Files.newInputStream(claimed, LinkOption.NOFOLLOW_LINKS);
    return claimed.toString().endsWith(".jsonl")
        ? Lines.of(in, StrictJson.MAX_LENGTH)
        : Lines.whole(in, StrictJson.MAX_LENGTH);
  }

  private static int length(Lines.Line line) {
    return line.bytes() == null ? 0 : line.bytes().length;
  }

  private void makeRoom(Draft receipts, int length)
      throws IOException, ExecutionException, InterruptedException {
    while (!pending.isEmpty()
        && (pending.size() >= MAX_PENDING
            || pendingBytes + length > MAX_PENDING_BYTES
            || pending.getFirst().answer().isDone())) {
      writeFirst(receipts);
    }
  }

  private void submit(Lines.Line line, long upTo) throws InterruptedException {
    byte[] request = line.bytes();
    progress.read(line.number(), upTo);
    // An empty file of one request is answered as an empty body is.
    if (line.isBlank() && claimed.toString().endsWith(".jsonl")) {
      return;
    }
    CompletableFuture<Answer> answer =
        request == null
            ? CompletableFuture.completedFuture(
                Answer.refusing(Refusal.tooLarge(StrictJson.MAX_LENGTH)))
            : window.execute(request);
    pending.add(new Pending(line.number(), length(line), answer));
    pendingBytes += length(line);
    progress.waits(pending.size());
  }

  private void writeFirst(Draft receipts)
      throws IOException, ExecutionException, InterruptedException {
    Pending first = pending.getFirst();
    Answer answer = patience.await(first.answer());
    pending.removeFirst();
    pendingBytes -= first.length();
    receipts.add(
        "{\"line\":"
            + first.line()
            + ",\"status\":"
            + answer.status()
            + ",\"answer\":"
            + answer.json()
            + "}");
    if (answer.isProblem()) {
      addReason(first.line(), answer);
    }
    progress.answered(answer.status());
    progress.waits(pending.size());
  }

  private void addReason(long line, Answer answer) throws IOException {
    if (reasons == null) {
      reasons = folder.reasonsOf(claimed);
    }
    JsonNode problem = MAPPER.readTree(answer.json());
    reasons.add(
        MAPPER.writeValueAsString(
            MAPPER
                .createObjectNode()
                .put("line", line)
                .put("status", answer.status())
                .put("code", problem.path("code").asText())
                .put("detail", problem.path("detail").asText())));
  }
}
