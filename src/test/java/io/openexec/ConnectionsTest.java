package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.testing.Eventually;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many connections there may be. */
class ConnectionsTest {
  private static final int MOST = 4_096;
  private static final long SOON = 20_000;

  @TempDir Path directory;

  private static Socket connect(TestService service) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.requests().port());
    socket.setSoTimeout((int) SOON);
    return socket;
  }

  /** Returns the first line of the answer; empty if the connection was closed instead. */
  private static String status(Socket socket) throws IOException {
    try {
      socket
          .getOutputStream()
          .write(
              "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] first = socket.getInputStream().readNBytes(15);
      return new String(first, StandardCharsets.US_ASCII);
    } catch (SocketException e) {
      return "";
    }
  }

  @Test
  void oneTooManyIsClosedAndTheOthersGoOn() throws Exception {
    List<Socket> open = new ArrayList<>();
    try (TestService service = new TestService.Setup(directory).start()) {
      for (int i = 0; i < MOST; i++) {
        open.add(connect(service));
      }
      assertThat(status(open.get(MOST - 1))).isEqualTo("HTTP/1.1 200 OK");
      for (int i = 0; i < 10; i++) {
        try (Socket more = connect(service)) {
          assertThat(status(more)).isEmpty();
        }
      }
      assertThat(status(open.get(0))).isEqualTo("HTTP/1.1 200 OK");
      for (Socket idle : open.subList(1, MOST)) {
        idle.close();
      }
      Eventually.within(SOON, () -> health(service).equals("HTTP/1.1 200 OK"));
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  private static String health(TestService service) {
    try (Socket socket = connect(service)) {
      return status(socket);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
