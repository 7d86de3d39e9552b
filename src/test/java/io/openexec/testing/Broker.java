package io.openexec.testing;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQIllegalStateException;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.ServerSession;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;
import org.apache.qpid.jms.JmsConnectionFactory;

/** A real Artemis in this process, on loopback, and a client of it. */
public final class Broker implements AutoCloseable {
  private static final long SOON = 15_000;
  private static final long LAST = 500;

  private final Path directory;
  private final int port;
  private String tls = "";
  private int tlsPort;
  private String user;
  private String password;
  private EmbeddedActiveMQ server;
  private Connection connection;
  private final Set<String> sentAlone = ConcurrentHashMap.newKeySet();
  private final Map<String, Long> late = new ConcurrentHashMap<>();
  private final Set<String> refusesLarge = ConcurrentHashMap.newKeySet();

  /** Makes a message in a session. */
  @FunctionalInterface
  public interface Maker {
    Message make(Session session) throws JMSException;
  }

  private Broker(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  /** Starts a broker that keeps its messages in that folder. */
  public static Broker start(Path directory) throws Exception {
    Broker broker = new Broker(directory, freePort());
    broker.restart();
    return broker;
  }

  /** Starts a broker that knows one user. */
  public static Broker locked(Path directory, String user, String password) throws Exception {
    Broker broker = new Broker(directory, freePort());
    broker.user = user;
    broker.password = password;
    broker.restart();
    return broker;
  }

  /** Starts a broker that listens by TLS too, with a PKCS #12 file. */
  public static Broker tls(Path directory, Path keys, String password) throws Exception {
    Broker broker = new Broker(directory, freePort());
    broker.tlsPort = freePort();
    broker.tls =
        ";sslEnabled=true;keyStoreType=PKCS12;keyStorePath="
            + keys
            + ";keyStorePassword="
            + password;
    broker.restart();
    return broker;
  }

  /** Returns a port that nothing listens on. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** A broker that is not there yet, for {@link #restart}. */
  public static Broker away(Path directory) throws IOException {
    return new Broker(directory, freePort());
  }

  public String url() {
    return "amqp://127.0.0.1:" + port;
  }

  public String tlsUrl(String host) {
    return "amqps://" + host + ":" + tlsPort;
  }

  public void restart() throws Exception {
    Configuration configuration =
        new ConfigurationImpl()
            .setSecurityEnabled(false)
            .setJMXManagementEnabled(false)
            .setJournalType(JournalType.NIO)
            .setPersistenceEnabled(true)
            .addAcceptorConfiguration("amqp", "tcp://127.0.0.1:" + port + "?protocols=AMQP")
            .addAddressSetting(
                "#", new AddressSettings().setMaxDeliveryAttempts(-1).setRedeliveryDelay(0));
    if (!tls.isEmpty()) {
      configuration.addAcceptorConfiguration(
          "tls", "tcp://127.0.0.1:" + tlsPort + "?protocols=AMQP" + tls);
    }
    configuration.registerBrokerPlugin(new Sends());
    configuration.setBrokerInstance(directory.toFile());
    server = new EmbeddedActiveMQ().setConfiguration(configuration);
    if (user != null) {
      configuration
          .setSecurityEnabled(true)
          .putSecurityRoles(
              "#",
              Set.of(
                  new Role(
                      "all", true, true, true, true, true, true, true, true, true, true, true,
                      true)));
      SecurityConfiguration users = new SecurityConfiguration();
      users.addUser(user, password);
      users.addRole(user, "all");
      server.setSecurityManager(
          new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), users));
    }
    server.start();
  }

  public void stop() throws Exception {
    disconnect();
    server.stop();
  }

  /** Messages of a queue, those that are being worked on included. */
  public long count(String queue) {
    var found = server.getActiveMQServer().locateQueue(queue);
    return found == null ? 0 : found.getMessageCount();
  }

  /** Cuts all connections, as a network does; clients may connect again at once. */
  public void cut() {
    server
        .getActiveMQServer()
        .getRemotingService()
        .getConnections()
        .forEach(RemotingConnection::destroy);
    disconnect();
  }

  /** Makes sending to that address fail, which has no queue and may get none. */
  public void refuse(String address) {
    server
        .getActiveMQServer()
        .getAddressSettingsRepository()
        .addMatch(
            address,
            new AddressSettings().setAutoCreateQueues(false).setAutoCreateAddresses(false));
  }

  /** Lets an address have so many messages, and refuses more. */
  public void limit(String address, long messages) {
    server
        .getActiveMQServer()
        .getAddressSettingsRepository()
        .addMatch(
            address,
            new AddressSettings()
                .setMaxDeliveryAttempts(-1)
                .setRedeliveryDelay(0)
                .setMaxSizeMessages(messages)
                .setAddressFullMessagePolicy(AddressFullMessagePolicy.FAIL));
  }

  /** Lets nobody send to an address of a broker that asks who comes, or lets them again. */
  public void forbid(String address, boolean forbidden) {
    var roles = server.getActiveMQServer().getSecurityRepository();
    if (forbidden) {
      roles.addMatch(
          address,
          Set.of(
              new Role(
                  "all", false, true, true, true, true, true, true, true, true, true, true, true)));
    } else {
      roles.removeMatch(address);
    }
  }

  /** Makes sending to that address fail for messages beyond some 100 KiB. */
  public void refuseLarge(String address) {
    refusesLarge.add(address);
  }

  /** Takes the next message in a transaction to that address as late as that. */
  public void takeLate(String address, long millis) {
    late.put(address, millis);
  }

  /** Returns the addresses that something was sent to in no transaction. */
  public Set<String> sentAlone() {
    return Set.copyOf(sentAlone);
  }

  private final class Sends implements ActiveMQServerMessagePlugin {
    @Override
    public void beforeSend(
        ServerSession session,
        Transaction transaction,
        org.apache.activemq.artemis.api.core.Message message,
        boolean direct,
        boolean noAutoCreateQueue)
        throws ActiveMQException {
      if (message.isLargeMessage() && refusesLarge.contains(message.getAddress())) {
        throw new ActiveMQIllegalStateException("too large");
      }
      Long pause = transaction == null ? null : late.remove(message.getAddress());
      if (pause != null) {
        try {
          TimeUnit.MILLISECONDS.sleep(pause);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      if (transaction == null) {
        sentAlone.add(message.getAddress());
      }
    }
  }

  private synchronized Session session() throws JMSException {
    if (connection == null) {
      connection =
          new JmsConnectionFactory(user, password, url() + "?jms.validatePropertyNames=false")
              .createConnection();
      connection.start();
    }
    return connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
  }

  private synchronized void disconnect() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (JMSException e) {
      // It is gone with the broker.
    }
    connection = null;
  }

  /** Sends a message, and returns the id that it got. */
  public String send(String queue, Maker maker) throws JMSException {
    try (Session session = session();
        MessageProducer producer = session.createProducer(session.createQueue(queue))) {
      Message message = maker.make(session);
      producer.send(message);
      return message.getJMSMessageID();
    }
  }

  /** Sends a text with a correlation id. */
  public void send(String queue, String text, String correlation) throws JMSException {
    send(
        queue,
        session -> {
          Message message = session.createTextMessage(text);
          message.setJMSCorrelationID(correlation);
          return message;
        });
  }

  /** Sends a text with a correlation id that expires after so long. */
  public void send(String queue, String text, String correlation, long millis) throws JMSException {
    try (Session session = session();
        MessageProducer producer = session.createProducer(session.createQueue(queue))) {
      Message message = session.createTextMessage(text);
      message.setJMSCorrelationID(correlation);
      producer.setTimeToLive(millis);
      producer.send(message);
    }
  }

  /** Receives the next message; fails if there is none soon. */
  public Message receive(String queue) throws JMSException {
    return receive(queue, 1).get(0);
  }

  /** Receives so many. */
  public List<Message> receive(String queue, int count) throws JMSException {
    List<Message> messages = new ArrayList<>();
    try (Session session = session();
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      while (messages.size() < count) {
        Message next = consumer.receive(SOON);
        if (next == null) {
          throw new AssertionError(messages.size() + " of " + count + " came from " + queue);
        }
        messages.add(next);
      }
    }
    return messages;
  }

  /** Receives all that is there. */
  public List<Message> drain(String queue) throws JMSException {
    List<Message> messages = new ArrayList<>();
    try (Session session = session();
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      for (Message next = consumer.receive(LAST); next != null; next = consumer.receive(LAST)) {
        messages.add(next);
      }
    }
    return messages;
  }

  /** Returns whether a queue stays empty for so long. */
  public boolean isSilent(String queue, long millis) throws JMSException {
    try (Session session = session();
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      return consumer.receive(millis) == null;
    }
  }

  @Override
  public void close() {
    try {
      stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
