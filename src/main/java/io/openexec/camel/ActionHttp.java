package io.openexec.camel;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.apache.camel.Endpoint;
import org.apache.camel.component.http.CompositeHttpConfigurer;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.support.ProcessorEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * The components {@code http:} and {@code https:} of actions: Camel's own, with nothing that could
 * send a request again, elsewhere, or with what a message says. What an endpoint may say is {@link
 * ActionHttpGate}'s.
 */
final class ActionHttp extends ActionComponent {
  private static final long CONNECT_MILLIS = 5_000;
  private static final long RESPONSE_MILLIS = 30_000;

  private final ScheduledThreadPoolExecutor timers;

  ActionHttp() {
    timers =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "openexec-http-timeout");
              thread.setDaemon(true);
              return thread;
            });
    timers.setRemoveOnCancelPolicy(true);
  }

  @Override
  protected Endpoint createEndpoint(String uri, String address, Map<String, Object> parameters)
      throws Exception {
    HttpOnce once =
        new HttpOnce(
            millis(parameters, "connectTimeout", CONNECT_MILLIS),
            millis(parameters, "responseTimeout", RESPONSE_MILLIS),
            timers);
    HttpCredentials login = login(parameters);
    HttpComponent http = new HttpComponent();
    http.setCamelContext(getCamelContext());
    http.setSkipControlHeaders(true);
    http.setSkipRequestHeaders(true);
    http.setSkipResponseHeaders(true);
    http.setCopyHeaders(false);
    // Ours last: whatever the other one sets, a request is sent once.
    http.setHttpClientConfigurer(
        login == null ? once : CompositeHttpConfigurer.combineConfigurers(login, once));
    Map<String, Object> options = new HashMap<>();
    for (String option : List.of("httpMethod", "okStatusCodeRange")) {
      Object value = parameters.remove(option);
      if (value != null) {
        options.put(option, value);
      }
    }
    start(http);
    String scheme = uri.substring(0, uri.indexOf(':'));
    Endpoint target = http.createEndpoint(scheme + "://" + address, options);
    return new ProcessorEndpoint(uri, this, new HttpCall(target, producer(target)));
  }

  /** A bean of somebody else's could send a request again, or elsewhere. */
  private @Nullable HttpCredentials login(Map<String, Object> parameters) {
    HttpClientConfigurer bean =
        resolveAndRemoveReferenceParameter(
            parameters, "httpClientConfigurer", HttpClientConfigurer.class);
    if (bean == null || bean instanceof HttpCredentials) {
      return (HttpCredentials) bean;
    }
    throw new IllegalArgumentException(
        "httpClientConfigurer must name one of httpCredentials in "
            + ActionResources.FILE
            + ", and not a bean of another kind, which could send a request again or elsewhere");
  }

  private Duration millis(Map<String, Object> parameters, String option, long otherwise) {
    return Duration.ofMillis(getAndRemoveParameter(parameters, option, Long.class, otherwise));
  }

  @Override
  protected void doStop() throws Exception {
    super.doStop();
    timers.shutdownNow();
  }
}
