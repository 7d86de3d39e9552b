package io.openexec.testing;

import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;

/** What an operator might bind: sends each request again, over a connection of its own. */
public final class TwiceConfigurer implements HttpClientConfigurer {
  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client.addExecInterceptorFirst(
        "twice",
        (request, scope, chain) -> {
          chain.proceed(request, scope).close();
          return chain.proceed(request, scope);
        });
  }
}
