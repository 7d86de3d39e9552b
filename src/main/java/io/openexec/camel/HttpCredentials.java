package io.openexec.camel;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.HttpHeaders;

/**
 * What an {@code http:} or {@code https:} endpoint logs in with, as {@code resources.yaml} declares
 * it: sent with each request, without being asked.
 */
final class HttpCredentials implements HttpClientConfigurer {
  /** RFC 6750, section 2.1. */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]{1,8000}=*");

  private final String name;
  private final String authorization;

  private HttpCredentials(String name, String authorization) {
    this.name = name;
    this.authorization = authorization;
  }

  /**
   * Checks a declaration.
   *
   * @param texts {@code bearerToken}, or {@code user} and {@code password}, resolved
   * @throws IllegalArgumentException saying what is wrong, without a secret
   */
  static HttpCredentials of(String name, Map<String, String> texts) {
    String token = texts.get("bearerToken");
    String user = texts.get("user");
    String password = texts.get("password");
    if (token != null && user == null && password == null) {
      if (!TOKEN.matcher(token).matches()) {
        throw new IllegalArgumentException(
            "bearerToken has a character that no token has (RFC 6750), or is too long");
      }
      return new HttpCredentials(name, "Bearer " + token);
    }
    if (token == null && user != null && password != null) {
      return new HttpCredentials(name, basic(user, password));
    }
    throw new IllegalArgumentException("either bearerToken, or user and password");
  }

  /** RFC 7617. */
  private static String basic(String user, String password) {
    if (user.contains(":") || (user + password).chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "user has no colon, and neither it nor password a control character");
    }
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  String name() {
    return name;
  }

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client.addRequestInterceptorLast(
        (request, entity, context) -> request.setHeader(HttpHeaders.AUTHORIZATION, authorization));
  }

  @Override
  public String toString() {
    return "HTTP credentials " + name;
  }
}
