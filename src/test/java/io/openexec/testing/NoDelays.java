package io.openexec.testing;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.apache.qpid.jms.JmsConnectionFactory;

/** A client of a broker that cannot deliver a message later. */
public final class NoDelays extends JmsConnectionFactory {
  private static final long serialVersionUID = 1L;

  @Override
  public Connection createConnection() throws JMSException {
    return without(Connection.class, super.createConnection());
  }

  private static <T> T without(Class<T> type, Object real) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("setDeliveryDelay")) {
                throw new JMSException("no delays");
              }
              try {
                Object result = method.invoke(real, arguments);
                if (result instanceof MessageProducer) {
                  return without(MessageProducer.class, result);
                }
                return result instanceof Session ? without(Session.class, result) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
