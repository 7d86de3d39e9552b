package io.openexec;

import io.openexec.camel.BrokerAddress;
import io.openexec.camel.QueueSettings;
import io.openexec.camel.QueueSettings.Amqp;
import io.openexec.camel.QueueSettings.Bound;
import io.openexec.camel.QueueSettings.Broker;
import io.openexec.camel.QueueSettings.Credentials;
import io.openexec.camel.QueueSettings.Queues;
import io.openexec.execution.Errors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the variables of the queue door. What it refuses it does not quote: it may be secret. */
record QueueVariables(Map<String, String> environment, Path workingDirectory) {
  static final String URL = "OPENEXEC_QUEUE_URL";
  private static final String USER = "OPENEXEC_QUEUE_USER";
  private static final String PASSWORD = "OPENEXEC_QUEUE_PASSWORD";
  private static final String PASSWORD_FILE = "OPENEXEC_QUEUE_PASSWORD_FILE";
  private static final String CONCURRENCY = "OPENEXEC_QUEUE_CONCURRENCY";
  private static final String PREFETCH = "OPENEXEC_QUEUE_PREFETCH";
  private static final String REPLY_TO = "OPENEXEC_QUEUE_REPLY_TO";
  private static final String REQUESTS = "OPENEXEC_QUEUE_REQUESTS";
  private static final String RECEIPTS = "OPENEXEC_QUEUE_RECEIPTS";
  private static final String REJECTED = "OPENEXEC_QUEUE_REJECTED";
  private static final List<String> OTHERS =
      List.of(
          USER,
          PASSWORD,
          PASSWORD_FILE,
          CONCURRENCY,
          PREFETCH,
          REPLY_TO,
          REQUESTS,
          RECEIPTS,
          REJECTED);
  private static final String BEAN = "bean:";
  private static final int DEFAULT_CONCURRENCY = 8;
  private static final int MAX_CONCURRENCY = 256;
  private static final int MAX_PREFETCH = 1_000;
  private static final int MAX_REPLY_TO = 100;
  private static final int MAX_PASSWORD = 4_096;

  /**
   * Reads them.
   *
   * @return nothing if the door is to stay closed
   * @throws StartRefused naming the variable that is wrong, and the fix
   */
  Optional<QueueSettings> read() {
    String url = get(URL);
    if (url == null) {
      for (String name : OTHERS) {
        if (environment.containsKey(name)) {
          throw refused(name, "is set and " + URL + " is not; set both, or unset it");
        }
      }
      return Optional.empty();
    }
    Queues queues = queues();
    return Optional.of(
        new QueueSettings(
            broker(url),
            number(CONCURRENCY, 1, MAX_CONCURRENCY).orElse(DEFAULT_CONCURRENCY),
            queues,
            replyTo(queues)));
  }

  /**
   * Returns whether only this machine can send to that broker; of a bean nobody knows.
   *
   * @throws StartRefused if its host is unknown
   */
  static boolean isLoopback(QueueSettings settings) {
    if (!(settings.broker() instanceof Amqp amqp)) {
      return false;
    }
    try {
      return InetAddress.getByName(URI.create(amqp.address()).getHost()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw refused(URL, "names a host that is unknown");
    }
  }

  private Broker broker(String url) {
    if (url.startsWith(BEAN)) {
      for (String name : List.of(USER, PASSWORD, PASSWORD_FILE, PREFETCH)) {
        if (environment.containsKey(name)) {
          throw refused(name, "is set, and " + URL + " names a bean: set it there, and unset it");
        }
      }
      return new Bound(beanName(url.substring(BEAN.length())));
    }
    String address = address(url);
    Optional<Credentials> credentials = credentials();
    if (credentials.isPresent()) {
      checkForPassword(address);
    }
    return new Amqp(address, credentials, number(PREFETCH, 0, MAX_PREFETCH));
  }

  private static void checkForPassword(String address) {
    try {
      BrokerAddress.checkForPassword(address);
    } catch (IllegalArgumentException e) {
      throw refused(URL, "and the password: " + e.getMessage() + "; set it to amqps://HOST:PORT");
    }
  }

  private static String beanName(String name) {
    if (!name.matches("[A-Za-z0-9._-]{1,100}")) {
      throw refused(URL, "names no bean; set it to bean:NAME, of letters, digits, '.', '_', '-'");
    }
    return name;
  }

  private static String address(String url) {
    try {
      return BrokerAddress.of(url);
    } catch (IllegalArgumentException e) {
      throw refused(
          URL,
          e.getMessage()
              + "; set it to amqp://HOST:PORT, amqps://HOST:PORT or bean:NAME, and credentials by "
              + USER
              + " and "
              + PASSWORD_FILE);
    }
  }

  private Optional<Credentials> credentials() {
    String user = get(USER);
    String password = get(PASSWORD);
    String file = get(PASSWORD_FILE);
    if (password != null && file != null) {
      throw refused(PASSWORD, "and " + PASSWORD_FILE + " are both set; unset one");
    }
    if (user == null && password == null && file == null) {
      return Optional.empty();
    }
    if (user == null) {
      throw refused(USER, "is not set, and the password is; set both or neither");
    }
    if (file != null) {
      return Optional.of(new Credentials(user, passwordOf(file)));
    }
    if (password == null) {
      throw refused(USER, "is set without " + PASSWORD_FILE + " or " + PASSWORD + "; set one");
    }
    return Optional.of(new Credentials(user, password));
  }

  private String passwordOf(String file) {
    try {
      Path path = workingDirectory.resolve(file);
      if (Files.size(path) <= MAX_PASSWORD) {
        String password = Files.readString(path).stripTrailing();
        if (!password.isEmpty()) {
          return password;
        }
      }
    } catch (IOException e) {
      throw refused(PASSWORD_FILE, "cannot be read: " + Errors.rootCause(e));
    }
    throw refused(
        PASSWORD_FILE,
        "has no password in it, or more than "
            + MAX_PASSWORD
            + " bytes; it holds the password, and a line end at most");
  }

  private Queues queues() {
    Queues queues =
        new Queues(
            queue(REQUESTS, "openexec.requests"),
            queue(RECEIPTS, "openexec.receipts"),
            queue(REJECTED, "openexec.rejected"));
    if (queues.requests().equals(queues.receipts())
        || queues.requests().equals(queues.rejected())
        || queues.receipts().equals(queues.rejected())) {
      throw refused(
          REQUESTS, ", " + RECEIPTS + " and " + REJECTED + " are not three queues; name three");
    }
    return queues;
  }

  private String queue(String name, String fallback) {
    String queue = get(name);
    return queue == null ? fallback : queueName(name, queue);
  }

  /** What is neither an option, nor a prefix, nor a placeholder to Camel. */
  private static String queueName(String variable, String queue) {
    if (!queue.matches("[A-Za-z0-9._/-]{1,255}")) {
      throw refused(
          variable, "names no queue; use up to 255 letters, digits, '.', '_', '/' and '-'");
    }
    return queue;
  }

  private Set<String> replyTo(Queues queues) {
    String list = get(REPLY_TO);
    if (list == null) {
      return Set.of();
    }
    Set<String> names =
        Arrays.stream(list.split(",", -1))
            .map(name -> queueName(REPLY_TO, name.strip()))
            .collect(Collectors.toUnmodifiableSet());
    if (names.size() > MAX_REPLY_TO) {
      throw refused(REPLY_TO, "names more than " + MAX_REPLY_TO + " queues");
    }
    if (names.contains(queues.requests())
        || names.contains(queues.rejected())
        || names.contains(queues.receipts())) {
      throw refused(
          REPLY_TO,
          "names the queue of requests, of rejected messages or of receipts (where answers go"
              + " anyway); take it off");
    }
    return names;
  }

  private OptionalInt number(String name, int least, int most) {
    String number = get(name);
    if (number == null) {
      return OptionalInt.empty();
    }
    if (number.matches("[0-9]{1,4}")
        && Integer.parseInt(number) >= least
        && Integer.parseInt(number) <= most) {
      return OptionalInt.of(Integer.parseInt(number));
    }
    throw refused(name, "is '" + number + "'; set it to a number from " + least + " to " + most);
  }

  private @Nullable String get(String name) {
    String value = environment.get(name);
    if (value != null && value.isBlank()) {
      throw refused(name, "is set but empty; give it a value or unset it");
    }
    return value;
  }

  private static StartRefused refused(String name, String what) {
    return new StartRefused(name + " " + what);
  }
}
