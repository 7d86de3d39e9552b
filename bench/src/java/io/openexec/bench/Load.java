package io.openexec.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Puts load on one service over a fixed number of connections, as cheaply as it can, because it
 * shares the machine with the service. One window, then it is closed.
 */
final class Load implements AutoCloseable {
  static final int CONNECTIONS = 64;
  // A disk that others use as well has been seen to stand still for most of a minute.
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);
  private static final long MILLIS_OF_SELECT = 100;

  private final int port;
  private final Workload workload;
  private final Selector selector;
  private final List<Connection> connections = new ArrayList<>();
  private final BlockingQueue<Connection> free = new ArrayBlockingQueue<>(CONNECTIONS);
  private final AtomicInteger underWay = new AtomicInteger();
  private final Samples latencies = new Samples();
  private final Tally tally = new Tally();
  private byte[] head = {};
  private int length = -1;
  private long inTime;
  private long lastAnswer = System.nanoTime();

  Load(int port, Workload workload) throws IOException {
    this.port = port;
    this.workload = workload;
    selector = Selector.open();
    for (int i = 0; i < CONNECTIONS; i++) {
      connections.add(Connection.open(port, selector));
    }
  }

  /** Sends on each connection the next request as soon as the one before is answered. */
  Window closed(double seconds) throws IOException {
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    long[] last = {end};
    Runnable none = () -> last[0] = Math.min(last[0], System.nanoTime());
    for (Connection connection : connections) {
      if (!sendNext(connection, System.nanoTime())) {
        none.run();
      }
    }
    while (underWay.get() > 0 && System.nanoTime() < end + PATIENCE) {
      receive(
          connection -> {
            long now = System.nanoTime();
            if (now < last[0]) {
              inTime = tally.acknowledgedCount();
            }
            if (now < end && !sendNext(connection, now)) {
              // What was prepared is used up: the window is over before its time.
              none.run();
            }
          });
    }
    return window((last[0] - begin) / 1e9);
  }

  /**
   * Sends requests at their times, whether or not those before are answered. What waits for a free
   * connection waits at the service's expense: latency counts from the time at which a request was
   * to be sent.
   */
  Window open(double rate, double seconds) throws IOException {
    long count = Math.round(rate * seconds);
    free.addAll(connections);
    boolean[] sent = {false};
    Thread receiver = new Thread(() -> receiveUntilDone(sent), "bench-receiver");
    receiver.start();
    long begin = System.nanoTime();
    long unsent = sendOnSchedule(begin, count, rate, seconds);
    synchronized (sent) {
      sent[0] = true;
    }
    join(receiver);
    long now = System.nanoTime();
    for (long i = count - unsent; i < count; i++) {
      latencies.add(now - intended(begin, i, rate));
      tally.other("never sent", "no connection was free");
    }
    inTime = tally.acknowledgedCount();
    return window((now - begin) / 1e9);
  }

  private static long intended(long begin, long i, double rate) {
    return begin + (long) (i * 1e9 / rate);
  }

  private long sendOnSchedule(long begin, long count, double rate, double seconds)
      throws IOException {
    long giveUp = begin + (long) (seconds * 2e9) + PATIENCE;
    for (long i = 0; i < count; i++) {
      long at = intended(begin, i, rate);
      for (long wait = at - System.nanoTime(); wait > 0; wait = at - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      Connection connection = poll(giveUp - System.nanoTime());
      if (connection == null) {
        return count - i;
      }
      if (!sendNext(connection, at)) {
        throw new IllegalStateException("too few requests were prepared");
      }
    }
    return 0;
  }

  private Connection poll(long nanos) {
    try {
      return free.poll(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException(e);
  }

  private void receiveUntilDone(boolean[] sent) {
    long giveUp = Long.MAX_VALUE;
    try {
      while (System.nanoTime() < giveUp) {
        receive(free::add);
        synchronized (sent) {
          if (sent[0] && underWay.get() == 0) {
            return;
          }
          if (sent[0] && giveUp == Long.MAX_VALUE) {
            giveUp = System.nanoTime() + PATIENCE;
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is done with a connection whose answer has been counted. */
  private interface Next {
    void use(Connection connection) throws IOException;
  }

  private void receive(Next next) throws IOException {
    selector.select(key -> received(key, next), MILLIS_OF_SELECT);
  }

  private void received(SelectionKey key, Next next) {
    Connection connection = (Connection) key.attachment();
    try {
      if (connection.read()) {
        long now = System.nanoTime();
        latencies.add(now - connection.intended());
        tally.silence(now - lastAnswer);
        lastAnswer = now;
        count(connection);
        connection.clear();
        underWay.decrementAndGet();
        next.use(connection);
      }
    } catch (IOException e) {
      // Its request may or may not have been executed: the comparison with the store will tell.
      key.cancel();
      if (connection.busy()) {
        underWay.decrementAndGet();
      }
      tally.other("connection lost", String.valueOf(e.getMessage()));
    }
  }

  private void count(Connection connection) {
    int status = connection.status();
    if (status != 200) {
      tally.other(Integer.toString(status), connection.body());
    } else if (connection.right(workload)) {
      tally.acknowledged();
    } else {
      tally.other("wrong answer", connection.body());
    }
  }

  private boolean sendNext(Connection connection, long when) throws IOException {
    long ticket = workload.next();
    if (ticket < 0) {
      return false;
    }
    byte[] body = workload.body(ticket);
    if (length != body.length) {
      length = body.length;
      head = head(length);
    }
    // One write, so one segment: head and body that come apart would cost the service twice.
    ByteBuffer request = ByteBuffer.allocate(head.length + body.length).put(head).put(body).flip();
    underWay.incrementAndGet();
    connection.send(ticket, request, when);
    return true;
  }

  private byte[] head(int contentLength) {
    return ("POST /execute HTTP/1.1\r\nHost: 127.0.0.1:"
            + port
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + contentLength
            + "\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private Window window(double seconds) {
    for (int i = underWay.get(); i > 0; i--) {
      tally.other("no answer", "");
    }
    return new Window(inTime / seconds, latencies.sorted(), tally);
  }

  @Override
  public void close() throws IOException {
    for (Connection connection : connections) {
      connection.close();
    }
    selector.close();
  }
}
