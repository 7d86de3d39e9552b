package io.openexec.camel;

import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.execution.Answer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Refuses, before its body is read and before Camel sees it, a request that is not for this server
 * or not for a door of its: another host, another path, another method, another content type.
 */
final class HttpGuard implements Handler<HttpServerRequest> {
  private static final Pattern LOOPBACK =
      Pattern.compile(
          "(localhost|127(\\.[0-9]{1,3}){3}|\\[::1])(:[0-9]{1,5})?", Pattern.CASE_INSENSITIVE);
  private static final Pattern JSON =
      Pattern.compile(
          "application/(json|[a-z0-9!#$&^_.-]+\\+json)\\s*(;.*)?", Pattern.CASE_INSENSITIVE);

  private static final String FOR_EVER = "public, max-age=31536000, immutable";

  private static final Pattern PLAIN = Pattern.compile("(/(?!\\.{1,2}(/|$))[A-Za-z0-9._~-]+)+");

  private final Handler<HttpServerRequest> next;
  private final Map<String, Resource> resources;
  private final boolean loopback;
  private final Consumer<Reason> refused;
  private volatile boolean draining;

  /** A path's methods, whether its requests carry JSON, and whether it stands for all below it. */
  record Resource(List<String> methods, boolean json, boolean prefix) {}

  /**
   * Guards a handler.
   *
   * @param resources the doors, by exact path
   * @param loopback whether the server is bound to loopback, so that other names are not its own
   * @param refused is told each refusal
   */
  HttpGuard(
      Handler<HttpServerRequest> next,
      Map<String, Resource> resources,
      boolean loopback,
      Consumer<Reason> refused) {
    this.next = next;
    this.resources = Map.copyOf(resources);
    this.loopback = loopback;
    this.refused = refused;
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (request.response().writeQueueFull()) {
      // It asks for more without reading what it was answered.
      var unused = request.connection().close();
      return;
    }
    Refusal refusal = refusal(request);
    if (refusal == null) {
      next.handle(request);
    } else {
      refuse(request, refusal);
    }
  }

  private @Nullable Refusal refusal(HttpServerRequest request) {
    if (draining) {
      return Refusal.shuttingDown();
    }
    if (loopback && !isForLoopback(request)) {
      return Refusal.misdirected("Host");
    }
    if (loopback && !request.headers().getAll("Origin").stream().allMatch(HttpGuard::isLoopback)) {
      return Refusal.misdirected("Origin");
    }
    Resource resource = resource(request);
    if (resource == null) {
      return Refusal.notFound();
    }
    if (!resource.methods().contains(request.method().name())) {
      return Refusal.methodNotAllowed(resource.methods());
    }
    if (!request.headers().getAll("Expect").stream().allMatch("100-continue"::equalsIgnoreCase)) {
      return Refusal.expectationFailed();
    }
    return resource.json() && !isJson(request) ? Refusal.notJson() : null;
  }

  private @Nullable Resource resource(HttpServerRequest request) {
    String path = request.path();
    Resource exact = path == null ? null : resources.get(path);
    if (path == null || (exact != null && !exact.prefix())) {
      return exact;
    }
    if (!PLAIN.matcher(path).matches()) {
      // The router behind would decode or shorten it, and find another resource.
      return null;
    }
    return resources.entrySet().stream()
        .filter(entry -> entry.getValue().prefix() && path.startsWith(entry.getKey() + "/"))
        .map(Map.Entry::getValue)
        .findAny()
        .orElse(null);
  }

  private static boolean isForLoopback(HttpServerRequest request) {
    if (!request.uri().startsWith("/")) {
      // RFC 9112, section 3.2.2: the host of an absolute target counts, and Host does not.
      return isLoopback(request.uri());
    }
    List<String> hosts = request.headers().getAll("Host");
    if (hosts.isEmpty()) {
      // Only HTTP/1.0 may leave it out, and no browser speaks that.
      return request.version() == HttpVersion.HTTP_1_0;
    }
    return hosts.size() == 1 && LOOPBACK.matcher(hosts.get(0)).matches();
  }

  private static boolean isLoopback(String uri) {
    try {
      String host = new URI(uri).getHost();
      return host != null && LOOPBACK.matcher(host).matches();
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static boolean isJson(HttpServerRequest request) {
    List<String> types = request.headers().getAll("Content-Type");
    return types.size() == 1 && JSON.matcher(types.get(0).strip()).matches();
  }

  private void refuse(HttpServerRequest request, Refusal refusal) {
    refused.accept(refusal.reason());
    HttpServerResponse response = request.response();
    Resource resource = resource(request);
    if (refusal.reason().status() == 405 && resource != null) {
      response.putHeader("Allow", String.join(", ", resource.methods()));
    }
    if (draining) {
      response.putHeader("Connection", "close");
    }
    var unused = write(response, Answer.refusing(refusal));
  }

  /** Writes an answer, or content; the only place that does. */
  static Future<Void> write(HttpServerResponse response, Object answer) {
    return answer instanceof Content content
        ? write(response, content)
        : write(response, (Answer) answer);
  }

  private static Future<Void> write(HttpServerResponse response, Content content) {
    response
        .putHeader("Content-Type", content.type())
        .putHeader("Cache-Control", content.immutable() ? FOR_EVER : "no-cache")
        .putHeader("X-Content-Type-Options", "nosniff");
    return response.end(Buffer.buffer(content.bytes()));
  }

  static Future<Void> write(HttpServerResponse response, Answer answer) {
    response
        .setStatusCode(answer.status())
        .putHeader("Content-Type", answer.mediaType())
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Content-Type-Options", "nosniff");
    if (answer.replayed()) {
      response.putHeader("Idempotent-Replayed", "true");
    }
    answer.retryAfter().ifPresent(s -> response.putHeader("Retry-After", Integer.toString(s)));
    return response.end(Buffer.buffer(answer.bytes()));
  }

  /** From now on, refuses every request as one that comes too late. */
  void drain() {
    draining = true;
  }
}
