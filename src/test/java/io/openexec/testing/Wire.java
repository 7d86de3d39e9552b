package io.openexec.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The way to a server on another port of this machine, which passes nothing on until it is {@link
 * #open}ed: until then connections come about, or not even that, and nobody answers.
 */
public final class Wire implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch open = new CountDownLatch(1);

  private Wire(ServerSocket server, int target) {
    this.server = server;
    this.target = target;
  }

  /** A wire on which connections come about. */
  public static Wire silent(int target) throws IOException {
    return new Wire(listening(50), target).accepting();
  }

  /** A wire on which none comes about: those that nobody accepts are as many as may be. */
  public static Wire full(int target) throws IOException {
    Wire wire = new Wire(listening(1), target);
    for (int i = 0; i < 2; i++) {
      wire.sockets.add(new Socket(InetAddress.getLoopbackAddress(), wire.port()));
    }
    return wire;
  }

  private static ServerSocket listening(int backlog) throws IOException {
    return new ServerSocket(0, backlog, InetAddress.getLoopbackAddress());
  }

  private Wire accepting() {
    threads.execute(this::accept);
    return this;
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Passes on what has come, and what comes. */
  public void open() {
    open.countDown();
    accepting();
  }

  private void accept() {
    try {
      while (!server.isClosed()) {
        Socket near = server.accept();
        sockets.add(near);
        threads.execute(() -> connect(near));
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  private void connect(Socket near) {
    try {
      open.await();
      Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(far);
      threads.execute(() -> pass(far, near));
      pass(near, far);
    } catch (IOException | InterruptedException e) {
      close(near);
    }
  }

  private static void pass(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // One side has gone.
    }
    close(from);
    close(to);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    sockets.forEach(Wire::close);
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
