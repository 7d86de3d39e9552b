package io.openexec.camel;

import static io.openexec.camel.ActionText.require;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.execution.Outcome;
import jakarta.jms.JMSException;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.component.file.GenericFileOperationFailedException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jms.UncategorizedJmsException;
import org.springframework.transaction.TransactionSystemException;

/** The errors that an action's file declares to prove that the action did not take effect. */
final class DefiniteErrors {
  /** What may come in the middle of an effect, or after it. */
  private static final List<Class<? extends Throwable>> PROVE_NOTHING =
      List.of(
          SocketException.class,
          SocketTimeoutException.class,
          HttpTimeoutException.class,
          SSLException.class,
          EOFException.class,
          ConnectionClosedException.class,
          NoHttpResponseException.class,
          HttpOperationFailedException.class,
          SQLException.class,
          AfterStatement.class,
          DataAccessResourceFailureException.class,
          TransientDataAccessResourceException.class,
          RecoverableDataAccessException.class,
          QueryTimeoutException.class,
          UncategorizedSQLException.class,
          JMSException.class,
          UncategorizedJmsException.class,
          GenericFileOperationFailedException.class,
          TransactionSystemException.class,
          ClosedChannelException.class,
          CamelExchangeException.class,
          CamelExecutionException.class,
          TimeoutException.class,
          InterruptedException.class,
          NullPointerException.class,
          OutOfMemoryError.class,
          StackOverflowError.class,
          LinkageError.class);

  /** Of clients, which raise much the same before they send and after it. */
  private static final List<String> PACKAGES_THAT_PROVE_NOTHING =
      List.of(
          "java.util.concurrent.",
          "javax.net.ssl.",
          "org.apache.hc.",
          "org.apache.kafka.",
          "io.netty.",
          "com.jcraft.",
          "net.schmizz.",
          "jakarta.jms.",
          "org.springframework.jms.",
          "org.apache.qpid.",
          "org.postgresql.",
          "org.sqlite.");

  /** Of the kinds that prove nothing, those that come before anything is sent. */
  private static final Set<Class<? extends Throwable>> COME_BEFORE =
      Set.of(
          NotConnected.class,
          ConnectException.class,
          NoRouteToHostException.class,
          CannotGetJdbcConnectionException.class);

  private DefiniteErrors() {}

  /**
   * Reads and checks a declaration: a map of class names to reason codes.
   *
   * @throws IllegalArgumentException saying which is refused, and why
   */
  static Map<Class<? extends Throwable>, String> of(JsonNode errors) {
    require(errors.isObject(), "definiteErrors must map exception classes to reason codes");
    Map<Class<? extends Throwable>, String> definite = new HashMap<>();
    for (Map.Entry<String, JsonNode> error : errors.properties()) {
      String reason = error.getValue().asText();
      require(
          Outcome.isReason(reason),
          "the reason code of " + error.getKey() + " must be in lower snake case");
      Class<? extends Throwable> type = throwable(error.getKey());
      requireProof(type);
      definite.put(type, reason);
    }
    return definite;
  }

  private static Class<? extends Throwable> throwable(String name) {
    try {
      return Class.forName(name, false, DefiniteErrors.class.getClassLoader())
          .asSubclass(Throwable.class);
    } catch (ClassNotFoundException | LinkageError | ClassCastException e) {
      throw new IllegalArgumentException("definiteErrors: there is no exception " + name, e);
    }
  }

  private static void requireProof(Class<? extends Throwable> type) {
    for (String nothing : PACKAGES_THAT_PROVE_NOTHING) {
      require(
          !type.getName().startsWith(nothing),
          "definiteErrors: "
              + type.getName()
              + " may come after something took effect; that nothing was sent is "
              + NotConnected.class.getName()
              + ", and what a database refuses is of org.springframework.dao");
    }
    for (Class<? extends Throwable> nothing : PROVE_NOTHING) {
      require(
          !type.isAssignableFrom(nothing)
              && (!nothing.isAssignableFrom(type) || COME_BEFORE.contains(type)),
          "definiteErrors: "
              + type.getName()
              + (type == nothing
                  ? ""
                  : (type.isAssignableFrom(nothing) ? " covers " : " is a ")
                      + nothing.getName()
                      + ", which")
              + " may come after something took effect; name the very error that proves that"
              + " nothing did");
    }
  }
}
