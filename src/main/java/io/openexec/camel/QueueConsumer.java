package io.openexec.camel;

import io.openexec.execution.Errors;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import java.util.Optional;
import org.apache.camel.component.jms.DefaultJmsMessageListenerContainer;
import org.apache.camel.component.jms.JmsEndpoint;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jms.support.JmsUtils;

/**
 * Camel's consumer of a queue, which knows whether its connection lives: the connection itself says
 * when it is lost. What works on messages meanwhile would notice only when it answers.
 */
final class QueueConsumer extends DefaultJmsMessageListenerContainer {
  private static final Logger LOG = LoggerFactory.getLogger(QueueConsumer.class);
  private static final String BROKER = "the broker of OPENEXEC_QUEUE_URL ";

  private final QueueSends sends;
  private @Nullable Connection shared;
  private volatile @Nullable Connection live;
  private volatile int losses;
  private volatile boolean lockedOut;

  QueueConsumer(JmsEndpoint endpoint, QueueSends sends) {
    super(endpoint);
    this.sends = sends;
  }

  @Override
  protected Connection createConnection() throws JMSException {
    try {
      Connection connection = super.createConnection();
      lockedOut = false;
      return connection;
    } catch (JMSSecurityException e) {
      lockedOut = true;
      throw e;
    }
  }

  @Override
  protected void prepareSharedConnection(Connection connection) throws JMSException {
    super.prepareSharedConnection(connection);
    // First, since it may be lost at once.
    connected(connection);
    connection.setExceptionListener(why -> lost(connection, why));
  }

  private synchronized void connected(Connection connection) {
    shared = connection;
    live = connection;
  }

  private synchronized void lost(Connection connection, JMSException why) {
    if (live == connection) {
      live = null;
      losses++;
      LOG.warn(
          "queue: the connection to the broker is lost ({}); what is under way is answered when the"
              + " broker delivers it again",
          Errors.rootCause(why));
    }
  }

  /**
   * Commits, and tells of it. Not as Spring does, which takes a session that is closed for one that
   * somebody else commits.
   */
  @Override
  protected void commitIfNecessary(Session session, @Nullable Message message) throws JMSException {
    int before = losses;
    try {
      session.commit();
    } catch (JMSException e) {
      if (message != null && isConnected()) {
        sends.notCommitted(e);
      }
      throw e;
    }
    lives(before);
    if (message != null) {
      sends.committed();
    }
  }

  /**
   * Rolls back. Spring would log, with all its causes, that nothing can be rolled back over a
   * connection that is lost: once for each consumer, after that was said already.
   */
  @Override
  protected void rollbackOnExceptionIfNecessary(Session session, Throwable why)
      throws JMSException {
    JmsUtils.rollbackIfNecessary(session);
  }

  /** Where something was committed, the connection was not lost before, whatever was said. */
  private synchronized void lives(int before) {
    if (losses == before) {
      live = shared;
    }
  }

  /** Returns whether what came by this consumer can still be answered. */
  boolean isConnected() {
    return live != null;
  }

  /** Returns what is wrong, if nothing can come in now. */
  Optional<String> problem() {
    if (isConnected() && isRegisteredWithDestination()) {
      return Optional.empty();
    }
    return Optional.of(
        lockedOut
            ? BROKER
                + "does not let the service in: check OPENEXEC_QUEUE_USER and its password; it is"
                + " tried again"
            : BROKER
                + "is away, or refuses the queue of requests: it is tried again; look at the"
                + " service's log");
  }
}
