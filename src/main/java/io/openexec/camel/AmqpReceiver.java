package io.openexec.camel;

import io.openexec.receipt.StrictJson;
import jakarta.jms.JMSException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import org.apache.qpid.jms.meta.JmsConsumerInfo;
import org.apache.qpid.jms.provider.ProviderException;
import org.apache.qpid.jms.provider.amqp.AmqpConsumer;
import org.apache.qpid.jms.provider.amqp.AmqpProvider;
import org.apache.qpid.jms.provider.amqp.AmqpSession;
import org.apache.qpid.jms.provider.amqp.message.AmqpCodec;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.codec.DroppingWritableBuffer;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.codec.WritableBuffer;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer that has Qpid's client decode nothing of a message but what the door reads ({@link
 * AmqpSections}), and that hands on what cannot be read as a bytes message, so that it goes aside
 * like any other message that is no request.
 *
 * <p>The client itself would keep every name in it, in memory and for ever, or leave it in the
 * queue, or lose its connection over it (its decoder recurses, so that 20,000 lists in each other
 * end in a {@code StackOverflowError}), and then the broker delivers it again, before all that is
 * behind it, for ever.
 */
final class AmqpReceiver extends AmqpConsumer {
  private static final Logger LOG = LoggerFactory.getLogger(AmqpReceiver.class);
  private static final byte[] NOTHING = {};

  /** What is kept of a message, in bytes: a request of any size, and as much beside it. */
  private static final int MOST = 2 * StrictJson.MAX_LENGTH;

  private final Receiver reading;
  private ByteArrayOutputStream begun = new ByteArrayOutputStream();
  private boolean tooLarge;
  private @Nullable ReadableBuffer message;

  AmqpReceiver(AmqpSession session, JmsConsumerInfo info, Receiver receiver) {
    super(session, info, receiver);
    this.reading =
        (Receiver)
            Proxy.newProxyInstance(
                Receiver.class.getClassLoader(),
                new Class<?>[] {Receiver.class},
                (proxy, method, arguments) ->
                    isRecv(method) ? message : invoke(receiver, method, arguments));
  }

  private static boolean isRecv(Method method) {
    return method.getName().equals("recv") && method.getParameterCount() == 0;
  }

  private static @Nullable Object invoke(
      Receiver receiver, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(receiver, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** Returns the end of the link; while a delivery is taken, one that gives what was looked at. */
  @Override
  public Receiver getEndpoint() {
    return message == null ? super.getEndpoint() : reading;
  }

  @Override
  public void processDeliveryUpdates(AmqpProvider provider, Delivery delivery)
      throws ProviderException {
    if (delivery.isAborted()) {
      // Its sender gave it up: nothing more comes of it.
      begun = new ByteArrayOutputStream();
      tooLarge = false;
      delivery.settle();
      return;
    }
    // Part by part as it comes: else the client would keep a message of any size, all of it.
    if (delivery.isReadable() && super.getEndpoint().current() == delivery) {
      keep(super.getEndpoint().recv());
      if (!delivery.isPartial()) {
        message = readable();
      }
    }
    try {
      super.processDeliveryUpdates(provider, delivery);
    } finally {
      message = null;
    }
  }

  private void keep(ReadableBuffer received) {
    byte[] part = new byte[Math.min(received.remaining(), MOST - begun.size())];
    received.get(part);
    begun.writeBytes(part);
    tooLarge |= received.hasRemaining();
  }

  /**
   * Returns what the door reads of the message that has come, or all of it, undecoded, if that
   * cannot be read.
   */
  private ReadableBuffer readable() {
    byte[] raw = begun.toByteArray();
    boolean cut = tooLarge;
    begun = new ByteArrayOutputStream();
    tooLarge = false;
    try {
      byte[] read =
          cut ? AmqpSections.headOf(raw, StrictJson.MAX_LENGTH + 1) : AmqpSections.readOf(raw);
      // A consumer of JMS gets a copy, which is where text is decoded.
      var unused = AmqpCodec.decodeMessage(this, wrap(read)).asJmsMessage().copy();
      return wrap(read);
    } catch (IOException | JMSException | RuntimeException e) {
      LOG.warn("queue: a message cannot be read as it is ({})", e.getClass().getSimpleName());
      return undecoded(raw);
    }
  }

  private static ReadableBuffer undecoded(byte[] raw) {
    Message message = Message.Factory.create();
    // AMQP's sections begin with a zero, and JSON never does: it will not pass for a request.
    message.setBody(new Data(new Binary(raw.length > 0 && raw[0] == 0 ? raw : NOTHING)));
    byte[] bytes = new byte[message.encode(new DroppingWritableBuffer())];
    var unused = message.encode(WritableBuffer.ByteBufferWrapper.wrap(bytes));
    return wrap(bytes);
  }

  private static ReadableBuffer wrap(byte[] bytes) {
    return ReadableBuffer.ByteBufferReader.wrap(ByteBuffer.wrap(bytes));
  }
}
