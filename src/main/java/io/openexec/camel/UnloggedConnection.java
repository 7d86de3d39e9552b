package io.openexec.camel;

import java.io.IOException;
import java.net.Socket;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.SocketHolder;
import org.jspecify.annotations.Nullable;

/**
 * A connection of which nothing is logged, whatever an application's levels are. The client's own
 * one writes all headers to the log at DEBUG, that with the credentials among them, and at another
 * logger all bytes.
 *
 * <p>It is used for one request, so it need not be put aside.
 */
final class UnloggedConnection extends DefaultBHttpClientConnection
    implements ManagedHttpClientConnection {
  UnloggedConnection(Http1Config config) {
    super(config);
  }

  @Override
  public @Nullable Socket getSocket() {
    SocketHolder bound = getSocketHolder();
    return bound == null ? null : bound.getSocket();
  }

  /** Where TLS is to be spoken over it, it is bound once more, by the socket that does. */
  @Override
  public void bind(Socket socket) throws IOException {
    super.bind(socket);
  }

  @Override
  public void passivate() {}

  @Override
  public void activate() {}
}
