package io.openexec.camel;

import io.openexec.camel.Connecting.NoConnection;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import java.util.Map;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.jms.connection.CachingConnectionFactory;

/**
 * A broker that actions send to, as {@code resources.yaml} declares it: one connection, made when
 * it is first needed and again when it was lost.
 */
final class ActionBroker {
  private static final int SESSIONS = 64;
  private static final String OPTIONS =
      "?transport.connectTimeout=5000&jms.connectTimeout=5000&jms.closeTimeout=5000&jms.requestTimeout=10000"
          + "&jms.sendTimeout=30000&jms.deserializationPolicy.denyList=*";

  private final String name;
  private final CachingConnectionFactory connections;

  private ActionBroker(String name, CachingConnectionFactory connections) {
    this.name = name;
    this.connections = connections;
  }

  /**
   * Checks a declaration; connects to nothing yet, for a broker may be away while the service
   * starts.
   *
   * @param texts {@code url}, {@code user} and {@code password} as far as they are given, resolved
   * @throws IllegalArgumentException saying what is wrong, without a secret
   */
  static ActionBroker of(String name, Map<String, String> texts) {
    String user = texts.get("user");
    String password = texts.get("password");
    if ((user == null) != (password == null)) {
      throw new IllegalArgumentException("either user and password, or neither");
    }
    String address = address(texts.get("url"));
    if (password != null) {
      BrokerAddress.checkForPassword(address);
    }
    JmsConnectionFactory broker = new JmsConnectionFactory(address + OPTIONS);
    // A step has ended when the broker has the message.
    broker.setForceSyncSend(true);
    broker.setUsername(user);
    broker.setPassword(password);
    CachingConnectionFactory connections = new Connections(broker);
    connections.setSessionCacheSize(SESSIONS);
    // One that the broker has closed, as to a queue that was deleted, is not used again.
    connections.setCacheProducers(false);
    return new ActionBroker(name, connections);
  }

  private static String address(@Nullable String url) {
    try {
      return BrokerAddress.of(String.valueOf(url));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the url "
              + e.getMessage()
              + "; set it to amqp://HOST:PORT or amqps://HOST:PORT, and user and password beside"
              + " it");
    }
  }

  String name() {
    return name;
  }

  /** Returns what connects, for a component of Camel's to use. */
  ConnectionFactory connections() {
    return connections;
  }

  void close() {
    connections.destroy();
  }

  @Override
  public String toString() {
    return "connection factory " + name;
  }

  /** Tells a connection that could not be made from one that was lost. */
  static final class Connections extends CachingConnectionFactory {
    private final ThreadLocal<Long> began = ThreadLocal.withInitial(System::nanoTime);
    // Long ago.
    private volatile long failed = System.nanoTime();

    Connections(ConnectionFactory broker) {
      super(broker);
    }

    @Override
    public Connection createConnection() throws JMSException {
      began.set(System.nanoTime());
      try {
        return super.createConnection();
      } finally {
        began.remove();
      }
    }

    /** One tries at a time. Who waited meanwhile would try after it, one by one, and send late. */
    @Override
    protected Connection doCreateConnection() throws JMSException {
      if (failed - began.get() > 0) {
        throw new NoConnection(new JMSException("the broker is away"));
      }
      try {
        return Connecting.connected(super::doCreateConnection);
      } catch (NoConnection e) {
        failed = System.nanoTime();
        throw e;
      }
    }
  }
}
