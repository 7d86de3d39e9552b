package io.openexec.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Locale;

/**
 * One kept-alive HTTP/1.1 connection with at most one request under way. It reads what the services
 * measured here send: a status line, Content-Length, a body. One thread may send and another read.
 */
final class Connection implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final SocketChannel channel;
  private final ByteBuffer in = ByteBuffer.allocate(BUFFER);
  private int bodyFrom;
  private int bodyLength;
  // Written by the thread that sends, read by the one that reads the answer.
  private volatile long ticket;
  private volatile long intended;
  private volatile boolean busy;

  private Connection(SocketChannel channel) {
    this.channel = channel;
  }

  static Connection open(int port, Selector selector) throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    Connection connection = new Connection(channel);
    channel.register(selector, SelectionKey.OP_READ, connection);
    return connection;
  }

  /**
   * Sends a request.
   *
   * @param when it was to be sent, in {@link System#nanoTime} time
   */
  void send(long ticket, ByteBuffer request, long when) throws IOException {
    this.ticket = ticket;
    this.intended = when;
    busy = true;
    while (request.hasRemaining()) {
      // Small beside a socket's buffer: this turns at most once.
      channel.write(request);
    }
  }

  /** Reads what is there, and returns whether an answer is complete. */
  boolean read() throws IOException {
    if (channel.read(in) < 0) {
      throw new IOException("the service closed the connection");
    }
    if (bodyFrom == 0) {
      int end = endOfHead();
      if (end < 0) {
        return false;
      }
      bodyFrom = end;
      bodyLength = contentLength(end);
    }
    return in.position() >= bodyFrom + bodyLength;
  }

  private int endOfHead() {
    byte[] bytes = in.array();
    for (int i = 3; i < in.position(); i++) {
      if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  private int contentLength(int end) throws IOException {
    byte[] bytes = in.array();
    for (int i = 0; i < end; i++) {
      // The header's name in any case: a line that begins with c and has a colon at its place.
      if (bytes[i] == '\n' && (bytes[i + 1] | 0x20) == 'c' && named(bytes, i + 1)) {
        return number(bytes, i + 1 + "content-length:".length());
      }
    }
    throw new IOException("an answer without Content-Length: " + Bytes.text(bytes, 0, end));
  }

  private static boolean named(byte[] bytes, int from) {
    String name = "content-length:";
    return Bytes.text(bytes, from, name.length()).toLowerCase(Locale.ROOT).equals(name);
  }

  private static int number(byte[] bytes, int from) throws IOException {
    int at = from;
    while (bytes[at] == ' ') {
      at++;
    }
    int number = 0;
    while (bytes[at] >= '0' && bytes[at] <= '9') {
      number = number * 10 + bytes[at++] - '0';
    }
    if (number > BUFFER / 2) {
      throw new IOException("an answer of " + number + " bytes");
    }
    return number;
  }

  /** Returns the status of the complete answer. */
  int status() {
    byte[] bytes = in.array();
    // HTTP/1.1 200
    return (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + bytes[11] - '0';
  }

  boolean right(Workload workload) {
    return workload.right(ticket, in.array(), bodyFrom, bodyLength);
  }

  String body() {
    return Bytes.text(in.array(), bodyFrom, bodyLength);
  }

  /** Returns when the request was to be sent. */
  long intended() {
    return intended;
  }

  /** Returns whether a request is under way. */
  boolean busy() {
    return busy;
  }

  /** Forgets the complete answer. */
  void clear() {
    in.clear();
    bodyFrom = 0;
    busy = false;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
