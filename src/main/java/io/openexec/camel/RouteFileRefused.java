package io.openexec.camel;

/** A file of the routes that cannot be used, or is missing; the message is the whole story. */
final class RouteFileRefused extends Exception {
  private static final long serialVersionUID = 1L;

  RouteFileRefused(String message) {
    super(message);
  }
}
