package io.openexec.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A client of a service, in this process or another one. */
public final class Requests {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .build();

  private final int port;

  public Requests(int port) {
    this.port = port;
  }

  public int port() {
    return port;
  }

  public HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(60));
  }

  public Reply send(HttpRequest request) {
    try {
      return Reply.of(CLIENT.send(request, BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  public CompletableFuture<Reply> sendAsync(HttpRequest request) {
    return CLIENT.sendAsync(request, BodyHandlers.ofString()).thenApply(Reply::of);
  }

  /** What is at a path, byte for byte. */
  public byte[] bytes(String path) {
    try {
      return CLIENT.send(to(path).GET().build(), BodyHandlers.ofByteArray()).body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  public Reply get(String path) {
    return send(to(path).GET().build());
  }

  public Reply post(String path, String body) {
    return send(postRequest(path, body));
  }

  public HttpRequest postRequest(String path, String body) {
    return to(path)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  public Reply execute(String body) {
    return post("/execute", body);
  }

  public CompletableFuture<Reply> executeAsync(String body) {
    return sendAsync(postRequest("/execute", body));
  }

  public Reply execute(String action, String payload, String nonce) {
    return execute(body(action, payload, nonce, null));
  }

  public Reply execute(String action, String payload, String nonce, JsonNode artifact) {
    return execute(body(action, payload, nonce, artifact));
  }

  /** A request with approval tokens: a string, or an array of them. */
  public Reply executeByTokens(String action, String payload, String nonce, JsonNode tokens) {
    return execute(tokenBody(action, payload, nonce, tokens));
  }

  /** The body of a request with approval tokens; the payload as it is spelled. */
  public static String tokenBody(String action, String payload, String nonce, JsonNode tokens) {
    return "{\"action\":\""
        + action
        + "\",\"payload\":"
        + payload
        + ",\"nonce\":\""
        + nonce
        + "\",\"approval_token\":"
        + tokens
        + "}";
  }

  /** A request body; the payload as it is spelled. */
  public static String body(String action, String payload, String nonce, JsonNode artifact) {
    return "{\"action\":\""
        + action
        + "\",\"payload\":"
        + payload
        + ",\"nonce\":\""
        + nonce
        + "\",\"approval_artifact\":"
        + artifact
        + "}";
  }
}
