package io.openexec.camel;

import io.openexec.receipt.StrictJson;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.impl.routing.DefaultRoutePlanner;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HeaderElements;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP client that sends a request once or not at all, says which, and reads a bounded answer.
 *
 * <p>Nothing is sent again: no retries, no redirects, no answers to a challenge, no cookies, no
 * proxy. A connection is used for one request, since one that the other side had closed meanwhile
 * would leave an outcome unknown for nothing.
 */
final class HttpOnce implements HttpClientConfigurer {
  /** The most bytes of an answer's body. */
  static final int MAX_BODY = StrictJson.MAX_LENGTH;

  private static final int MAX_LINE = 8_192;
  private static final int MAX_HEADERS = 100;
  private static final int MAX_CONNECTIONS = 1_024;
  private static final String CONNECTED = "openexec.connected";

  private final Duration connect;
  private final Duration response;
  private final ScheduledExecutorService timers;

  /**
   * Makes a configurer.
   *
   * @param connect how long a connection may take to come about, TLS included
   * @param response how long an answer may take, to its last byte
   * @param timers cuts off what takes longer than both
   */
  HttpOnce(Duration connect, Duration response, ScheduledExecutorService timers) {
    this.connect = connect;
    this.response = response;
    this.timers = timers;
  }

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .disableCookieManagement()
        .disableAuthCaching()
        .disableContentCompression()
        .setRoutePlanner(new DefaultRoutePlanner(DefaultSchemePortResolver.INSTANCE))
        .setConnectionReuseStrategy((request, answer, context) -> false)
        .setConnectionManager(connections())
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setAuthenticationEnabled(false)
                .setExpectContinueEnabled(false)
                .setProtocolUpgradeEnabled(false)
                .setConnectionRequestTimeout(timeout(connect))
                .setResponseTimeout(timeout(response))
                .build())
        .setUserAgent("OpenExec")
        .setDefaultHeaders(List.of(new BasicHeader(HttpHeaders.CONNECTION, HeaderElements.CLOSE)))
        .addExecInterceptorFirst("once", this::send)
        .addExecInterceptorBefore(
            ChainElement.MAIN_TRANSPORT.name(), "connected", HttpOnce::connected);
  }

  private HttpClientConnectionManager connections() {
    Http1Config bounds =
        Http1Config.custom().setMaxLineLength(MAX_LINE).setMaxHeaderCount(MAX_HEADERS).build();
    return PoolingHttpClientConnectionManagerBuilder.create()
        .setConnectionFactory(socket -> unlogged(bounds, socket))
        // The JVM's trust store; names are verified.
        .setTlsSocketStrategy(DefaultClientTlsStrategy.createSystemDefault())
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(timeout(connect))
                .setSocketTimeout(timeout(response))
                .build())
        .setMaxConnTotal(MAX_CONNECTIONS)
        .setMaxConnPerRoute(MAX_CONNECTIONS)
        .build();
  }

  private static UnloggedConnection unlogged(Http1Config bounds, @Nullable Socket socket)
      throws IOException {
    UnloggedConnection connection = new UnloggedConnection(bounds);
    if (socket != null) {
      connection.bind(socket);
    }
    return connection;
  }

  private static Timeout timeout(Duration duration) {
    return Timeout.of(duration);
  }

  private ClassicHttpResponse send(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    // The socket's timeout begins anew with each byte.
    ScheduledFuture<?> end =
        timers.schedule(
            () -> cutOff(scope), connect.plus(response).toMillis(), TimeUnit.MILLISECONDS);
    try (ClassicHttpResponse answer = chain.proceed(request, scope)) {
      return bounded(answer, scope);
    } catch (IOException e) {
      throw isConnected(scope) ? e : new NotConnected(e);
    } catch (RuntimeException e) {
      // An answer that the client cannot make sense of, say (status 000). Not as it is: an action's
      // file may take its class for one that comes before anything is sent.
      if (isConnected(scope)) {
        throw new IOException("the answer cannot be read", e);
      }
      throw e;
    } finally {
      end.cancel(false);
    }
  }

  private static boolean isConnected(ExecChain.Scope scope) {
    return scope.clientContext.getAttribute(CONNECTED) != null;
  }

  private static void cutOff(ExecChain.Scope scope) {
    if (scope.originalRequest instanceof Cancellable request) {
      request.cancel();
    }
  }

  /** Comes after the connection is there, and before the first byte of the request. */
  private static ClassicHttpResponse connected(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    Effects.checkConnected();
    scope.clientContext.setAttribute(CONNECTED, true);
    return chain.proceed(request, scope);
  }

  /** The status and the body: no header of an answer, by which Camel would decode it, is kept. */
  private static ClassicHttpResponse bounded(ClassicHttpResponse answer, ExecChain.Scope scope)
      throws IOException {
    HttpEntity entity = answer.getEntity();
    byte[] body = entity == null ? new byte[0] : entity.getContent().readNBytes(MAX_BODY + 1);
    if (body.length > MAX_BODY) {
      // First, since closing it would read the rest.
      scope.execRuntime.discardEndpoint();
      throw new IOException("the answer has more than " + MAX_BODY + " bytes");
    }
    ClassicHttpResponse kept = new BasicClassicHttpResponse(answer.getCode());
    kept.setEntity(new ByteArrayEntity(body, null));
    return kept;
  }
}
