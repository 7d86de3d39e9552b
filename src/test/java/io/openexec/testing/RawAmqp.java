package io.openexec.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.codec.AMQPDefinedTypes;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.EncoderImpl;

/** Sends bytes as a message by AMQP 1.0, whether or not they are one. */
public final class RawAmqp {
  private static final byte[] HEADER = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};
  private static final int PART = 30_000;

  private RawAmqp() {}

  /** Returns a section of a message, or a frame's performative, in AMQP's encoding. */
  public static byte[] encoded(Object type) {
    DecoderImpl decoder = new DecoderImpl();
    EncoderImpl encoder = new EncoderImpl(decoder);
    AMQPDefinedTypes.registerAllTypes(decoder, encoder);
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    encoder.setByteBuffer(buffer);
    encoder.writeObject(type);
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  /** Returns those bytes one after the other. */
  public static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /** Sends it, settled; returns when the broker has taken it. */
  public static void send(String url, String queue, byte[] message) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(url).getPort())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.write(HEADER);
      frame(out, encoded(open()));
      frame(out, encoded(begin()));
      frame(out, encoded(attach(queue)));
      for (int from = 0; from < message.length; from += PART) {
        int to = Math.min(from + PART, message.length);
        frame(out, encoded(transfer(to < message.length)), Arrays.copyOfRange(message, from, to));
      }
      frame(out, encoded(new Close()));
      // Until the broker has closed its end as well.
      socket.getInputStream().readAllBytes();
    }
  }

  private static Open open() {
    Open open = new Open();
    open.setContainerId("raw");
    return open;
  }

  private static Begin begin() {
    Begin begin = new Begin();
    begin.setNextOutgoingId(UnsignedInteger.ZERO);
    begin.setIncomingWindow(UnsignedInteger.valueOf(100));
    begin.setOutgoingWindow(UnsignedInteger.valueOf(100));
    return begin;
  }

  private static Attach attach(String queue) {
    Source source = new Source();
    source.setAddress("raw");
    Target target = new Target();
    target.setAddress(queue);
    target.setCapabilities(Symbol.valueOf("queue"));
    Attach attach = new Attach();
    attach.setName("link");
    attach.setHandle(UnsignedInteger.ZERO);
    attach.setRole(Role.SENDER);
    attach.setSource(source);
    attach.setTarget(target);
    attach.setInitialDeliveryCount(UnsignedInteger.ZERO);
    return attach;
  }

  private static Transfer transfer(boolean more) {
    Transfer transfer = new Transfer();
    transfer.setHandle(UnsignedInteger.ZERO);
    transfer.setDeliveryId(UnsignedInteger.ZERO);
    transfer.setDeliveryTag(new Binary(new byte[] {1}));
    transfer.setMessageFormat(UnsignedInteger.ZERO);
    transfer.setSettled(true);
    transfer.setMore(more);
    return transfer;
  }

  // The performative, with the payload behind it (AMQP 1.0, section 2.3).
  private static void frame(DataOutputStream out, byte[]... body) throws IOException {
    byte[] all = joined(body);
    out.writeInt(all.length + 8);
    out.write(2);
    out.write(0);
    out.writeShort(0);
    out.write(all);
    out.flush();
  }
}
