package io.openexec.camel;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/**
 * A connection factory that a route file binds, made to tell a connection that does not come about
 * from one that is lost.
 */
final class Connecting implements ConnectionFactory {
  private final ConnectionFactory factory;

  Connecting(ConnectionFactory factory) {
    this.factory = factory;
  }

  @Override
  public Connection createConnection() throws JMSException {
    return connected(factory::createConnection);
  }

  @Override
  public Connection createConnection(String user, String password) throws JMSException {
    return connected(() -> factory.createConnection(user, password));
  }

  /**
   * Connects, and logs in, for which many a client would else wait for the first message.
   *
   * @throws NoConnection if there is no connection: nothing was sent by it
   */
  static Connection connected(Source source) throws NoConnection {
    Connection connection = null;
    try {
      connection = source.connect();
      connection.start();
      return connection;
    } catch (JMSException e) {
      close(connection);
      throw new NoConnection(e);
    }
  }

  private static void close(@Nullable Connection connection) {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (JMSException e) {
      // There is none.
    }
  }

  @Override
  public JMSContext createContext() {
    return factory.createContext();
  }

  @Override
  public JMSContext createContext(String user, String password) {
    return factory.createContext(user, password);
  }

  @Override
  public JMSContext createContext(String user, String password, int mode) {
    return factory.createContext(user, password, mode);
  }

  @Override
  public JMSContext createContext(int mode) {
    return factory.createContext(mode);
  }

  /** What makes a connection. */
  @FunctionalInterface
  interface Source {
    Connection connect() throws JMSException;
  }

  /** No connection came about. */
  static final class NoConnection extends JMSException {
    private static final long serialVersionUID = 1L;

    NoConnection(JMSException cause) {
      super("no connection");
      initCause(cause);
    }
  }
}
