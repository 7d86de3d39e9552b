package io.openexec.witness;

import io.openexec.ledger.NodeHash;
import io.openexec.ledger.SignedNote;
import io.openexec.ledger.TileHashes;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TilePath;
import io.openexec.ledger.TileRefused;
import io.openexec.ledger.TileSource;
import io.openexec.ledger.TilesDamaged;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A log as anybody can read it (c2sp.org/tlog-tiles), over HTTP. Redirects are not followed, and
 * each answer is bounded in bytes and in time. What comes back is what somebody says; nothing of it
 * is verified here.
 */
public final class RemoteLog implements TileSource {
  private static final int MAX_TILE = TilePath.FULL * NodeHash.BYTES;
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final String base;
  private final Duration patience;
  private final HttpClient client;

  /**
   * Takes the log's address, below which are {@code checkpoint} and {@code tile/}.
   *
   * @throws IllegalArgumentException if it is anything but {@code http://host/path} or {@code
   *     https://host/path}
   */
  public RemoteLog(URI address) {
    this(address, PATIENCE);
  }

  RemoteLog(URI address, Duration patience) {
    boolean http = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
    if (!http
        || address.getHost() == null
        || address.getRawUserInfo() != null
        || address.getRawQuery() != null
        || address.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "a log's address is http://HOST/PATH or https://HOST/PATH, without user, ? and #");
    }
    String text = address.toString();
    this.base = text.endsWith("/") ? text : text + "/";
    this.patience = patience;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(patience)
            .build();
  }

  /**
   * Returns the log's checkpoint, unverified.
   *
   * @throws LogAway if there is none, or none that could be one
   */
  byte[] checkpoint() {
    return get("checkpoint", SignedNote.MAX_BYTES)
        .orElseThrow(() -> new LogAway(base + "checkpoint: not found; has the log published one?"));
  }

  /**
   * {@inheritDoc}
   *
   * @throws LogAway if the log does not say whether there is one
   * @throws TilesDamaged if what it has there is no tile
   */
  @Override
  public Optional<TileHashes> tile(TileId tile) {
    Optional<byte[]> bytes = get(tile.path(), MAX_TILE);
    if (bytes.isEmpty() && tile.width() < TilePath.FULL) {
      // A log may drop a partial tile once it is full (c2sp.org/tlog-tiles, "Partial Tiles").
      bytes = get(new TileId(tile.level(), tile.index(), TilePath.FULL).path(), MAX_TILE);
    }
    return bytes.map(content -> parse(tile, content));
  }

  private static TileHashes parse(TileId tile, byte[] content) {
    try {
      return TileHashes.parse(content);
    } catch (TileRefused e) {
      throw new TilesDamaged(tile.path() + ": " + e.getMessage());
    }
  }

  private Optional<byte[]> get(String path, int most) {
    HttpResponse<byte[]> response = send(path, most);
    return switch (response.statusCode()) {
      case OK -> Optional.of(response.body());
      case NOT_FOUND -> Optional.empty();
      default -> throw new LogAway(base + path + ": answered " + response.statusCode());
    };
  }

  private HttpResponse<byte[]> send(String path, int most) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(base + path)).GET().build();
    BodyHandler<byte[]> bounded =
        answer ->
            answer.statusCode() == OK
                ? new LimitedBody(most)
                : BodySubscribers.replacing(new byte[0]);
    CompletableFuture<HttpResponse<byte[]>> response = client.sendAsync(request, bounded);
    try {
      // Of the whole answer: the client's own timeout ends with the headers.
      return response.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new LogAway(base + path + ": not answered within " + patience.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw new LogAway(base + path + ": " + reason(e, request.uri()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LogAway(base + path + ": interrupted");
    } finally {
      // Ends the exchange if it is still under way.
      var unused = response.cancel(true);
    }
  }

  /** Some of the client's errors have no message, but all have a telling class. */
  private static String reason(Throwable error, URI uri) {
    Throwable cause = error.getCause() == null ? error : error.getCause();
    if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
      return "cannot connect to " + uri.getRawAuthority() + ": is the service running there?";
    }
    String name = cause.getClass().getSimpleName();
    return cause.getMessage() == null ? name : name + ", " + cause.getMessage();
  }

  /** Returns the address. */
  @Override
  public String toString() {
    return base;
  }
}
