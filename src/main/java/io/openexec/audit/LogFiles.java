package io.openexec.audit;

import io.openexec.ledger.SignedNote;
import io.openexec.receipt.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A log as anyone can read it (c2sp.org/tlog-tiles): by HTTP, or a copy in a directory. */
public abstract class LogFiles {
  private static final int MAX_OTHER = Math.max(SignedNote.MAX_BYTES, StrictJson.MAX_LENGTH);

  private LogFiles() {}

  /** Returns what is there, or empty; throws {@link Unreadable} if that cannot be told. */
  abstract Optional<byte[]> read(String path, int most);

  /** Returns the keys of its receipts. */
  abstract Optional<byte[]> keys();

  final Optional<byte[]> read(String path) {
    return read(path, MAX_OTHER);
  }

  /** A directory that has {@code checkpoint}, {@code tile/…}, and perhaps {@code jwks.json}. */
  public static LogFiles in(Path directory) {
    return new LogFiles() {
      @Override
      Optional<byte[]> read(String path, int most) {
        Path file = directory.resolve(path);
        if (!Files.isRegularFile(file)) {
          return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
          return Optional.of(bounded(in, most, file.toString()));
        } catch (IOException e) {
          throw new Unreadable(file + " cannot be read: " + e.getMessage());
        }
      }

      @Override
      Optional<byte[]> keys() {
        return read("jwks.json");
      }
    };
  }

  /**
   * A log that is served. Redirects are not followed, and each answer is bounded in bytes and time.
   *
   * @param address below which are {@code checkpoint} and {@code tile/}
   * @throws IllegalArgumentException if it is no address of the scheme http or https
   */
  public static LogFiles at(URI address) {
    if (!("http".equals(address.getScheme()) || "https".equals(address.getScheme()))
        || address.getHost() == null
        || address.getRawQuery() != null
        || address.getRawFragment() != null) {
      throw new IllegalArgumentException("write http://HOST/PATH or https://HOST/PATH");
    }
    return new Remote(address);
  }

  private static byte[] bounded(InputStream in, int most, String name) throws IOException {
    byte[] bytes = in.readNBytes(most + 1);
    if (bytes.length > most) {
      throw new Unreadable(name + " has more than " + most + " bytes");
    }
    return bytes;
  }

  private static final class Remote extends LogFiles {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    private final String base;
    private final URI keys;
    private final HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(PATIENCE)
            .build();

    Remote(URI address) {
      String text = address.toString();
      this.base = text.endsWith("/") ? text : text + "/";
      this.keys = address.resolve("/.well-known/jwks.json");
    }

    @Override
    Optional<byte[]> read(String path, int most) {
      return get(URI.create(base + path), most);
    }

    @Override
    Optional<byte[]> keys() {
      return get(keys, MAX_OTHER);
    }

    private Optional<byte[]> get(URI uri, int most) {
      HttpRequest request = HttpRequest.newBuilder(uri).timeout(PATIENCE).GET().build();
      CompletableFuture<Optional<byte[]>> answer =
          client
              .sendAsync(request, BodyHandlers.ofInputStream())
              .thenApplyAsync(response -> body(response, uri, most));
      try {
        // Of the whole answer: the client's own timeout ends with the headers.
        return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        throw new Unreadable(uri + ": not answered within " + PATIENCE.toSeconds() + " s");
      } catch (ExecutionException e) {
        throw new Unreadable(uri + ": " + reason(e.getCause(), uri));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unreadable(uri + ": interrupted");
      }
    }

    private static Optional<byte[]> body(HttpResponse<InputStream> response, URI uri, int most) {
      try (InputStream in = response.body()) {
        return switch (response.statusCode()) {
          case OK -> Optional.of(bounded(in, most, uri.toString()));
          case NOT_FOUND -> Optional.empty();
          default -> throw new Unreadable("answered " + response.statusCode());
        };
      } catch (IOException e) {
        throw new Unreadable("cannot be read: " + e.getMessage());
      }
    }

    /** Some of the client's errors have no message, but all have a telling class. */
    private static String reason(@Nullable Throwable cause, URI uri) {
      if (cause == null) {
        return "failed";
      }
      if (cause instanceof Unreadable) {
        return String.valueOf(cause.getMessage());
      }
      if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
        return "cannot connect to " + uri.getRawAuthority() + ": is the service running there?";
      }
      String name = cause.getClass().getSimpleName();
      return cause.getMessage() == null ? name : name + ", " + cause.getMessage();
    }
  }
}
