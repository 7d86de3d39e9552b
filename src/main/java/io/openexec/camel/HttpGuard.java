package io.openexec.camel;

import io.openexec.boundary.Refusal;
import io.openexec.execution.Answer;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Refuses, before Camel sees it, a request that is not for this server or not for a door of its:
 * too many at a time, another host, another path, another method, another content type.
 */
final class HttpGuard implements Handler<HttpServerRequest> {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[::1]", Pattern.CASE_INSENSITIVE);
  private static final Pattern JSON =
      Pattern.compile(
          "application/(json|[a-z0-9!#$&^_.-]+\\+json)\\s*(;.*)?", Pattern.CASE_INSENSITIVE);

  private final Handler<HttpServerRequest> next;
  private final Map<String, Resource> resources;
  private final boolean loopback;
  private final int maxUnderWay;
  private final AtomicInteger underWay = new AtomicInteger();
  private volatile boolean draining;

  /** A path's methods, and whether its requests carry JSON. */
  record Resource(List<String> methods, boolean json) {}

  /**
   * Guards a handler.
   *
   * @param resources the doors, by exact path
   * @param loopback whether the server is bound to loopback, so that other names are not its own
   * @param maxUnderWay how many requests may be under way at a time
   */
  HttpGuard(
      Handler<HttpServerRequest> next,
      Map<String, Resource> resources,
      boolean loopback,
      int maxUnderWay) {
    this.next = next;
    this.resources = Map.copyOf(resources);
    this.loopback = loopback;
    this.maxUnderWay = maxUnderWay;
  }

  @Override
  public void handle(HttpServerRequest request) {
    Refusal refusal = refusal(request);
    if (refusal != null) {
      refuse(request, refusal);
      return;
    }
    underWay.incrementAndGet();
    AtomicBoolean over = new AtomicBoolean();
    Handler<Void> end =
        nothing -> {
          if (over.compareAndSet(false, true)) {
            underWay.decrementAndGet();
          }
        };
    request
        .response()
        .putHeader("Cache-Control", "no-store")
        .endHandler(end)
        .closeHandler(end)
        .exceptionHandler(e -> end.handle(null));
    next.handle(request);
  }

  private @Nullable Refusal refusal(HttpServerRequest request) {
    if (draining) {
      return Refusal.shuttingDown();
    }
    if (loopback && !isForLoopback(request)) {
      return Refusal.misdirected("Host");
    }
    String origin = request.getHeader("Origin");
    if (loopback && origin != null && !isLoopbackOrigin(origin)) {
      return Refusal.misdirected("Origin");
    }
    Resource resource = resources.get(request.path());
    if (resource == null) {
      return Refusal.notFound();
    }
    if (!resource.methods().contains(request.method().name())) {
      return Refusal.methodNotAllowed(resource.methods());
    }
    if (resource.json() && !isJson(request)) {
      return Refusal.notJson();
    }
    return underWay.get() >= maxUnderWay ? Refusal.overloaded() : null;
  }

  private static boolean isForLoopback(HttpServerRequest request) {
    List<String> hosts = request.headers().getAll("Host");
    if (hosts.isEmpty()) {
      // Only HTTP/1.0 may leave it out, and no browser speaks that.
      return request.version() == HttpVersion.HTTP_1_0;
    }
    return hosts.size() == 1 && LOOPBACK.matcher(withoutPort(hosts.get(0))).matches();
  }

  private static String withoutPort(String authority) {
    return authority.replaceFirst(":[0-9]{1,5}$", "");
  }

  private static boolean isLoopbackOrigin(String origin) {
    try {
      String host = new URI(origin).getHost();
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
    HttpServerResponse response = request.response();
    Resource resource = resources.get(request.path());
    if (refusal.reason().status() == 405 && resource != null) {
      response.putHeader("Allow", String.join(", ", resource.methods()));
    }
    if (draining) {
      response.putHeader("Connection", "close");
    }
    write(response, Answer.refusing(refusal));
  }

  /** Writes an answer that did not come through a route. */
  static void write(HttpServerResponse response, Answer answer) {
    response.setStatusCode(answer.status()).putHeader("Cache-Control", "no-store");
    HttpAnswer.headers(answer).forEach(response::putHeader);
    var unused = response.end(Buffer.buffer(answer.bytes()));
  }

  /** Returns how many requests are under way. */
  int underWay() {
    return underWay.get();
  }

  /** From now on, refuses every request as one that comes too late. */
  void drain() {
    draining = true;
  }

  /** Returns a method name as HTTP spells it. */
  static String method(String name) {
    return name.strip().toUpperCase(Locale.ROOT);
  }
}
