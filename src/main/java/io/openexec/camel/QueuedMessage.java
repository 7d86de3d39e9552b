package io.openexec.camel;

import io.openexec.receipt.StrictJson;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import jakarta.jms.TextMessage;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What is read of a message: text or bytes, in bounds, and whom to answer. */
final class QueuedMessage {
  private static final Pattern PLAIN = Pattern.compile("[ -~]{1,255}");
  private static final int TOO_LARGE = 413;
  private static final int NEITHER_TEXT_NOR_BYTES = 415;
  private static final int UNREADABLE = 422;

  private QueuedMessage() {}

  /** A message that is no request; the text says why, and quotes nothing of it. */
  static final class Unacceptable extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;

    Unacceptable(int status, String reason) {
      super(reason, null, false, false);
      this.status = status;
    }

    /** Returns the status code that it would have over HTTP. */
    int status() {
      return status;
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /**
   * Returns what the answer is to be found by: the correlation id, or else the message's own id;
   * nothing if it has neither.
   *
   * @throws Unacceptable if that is not plain and short
   */
  static Optional<String> correlation(Message message) throws Unacceptable {
    String id;
    try {
      String given = message.getJMSCorrelationID();
      id = given == null ? message.getJMSMessageID() : given;
    } catch (JMSException | RuntimeException e) {
      throw new Unacceptable(UNREADABLE, "The message's correlation id cannot be read.");
    }
    if (id != null && !PLAIN.matcher(id).matches()) {
      throw new Unacceptable(
          UNREADABLE,
          "The message's correlation id cannot be answered with. Use 1 to 255 printable ASCII"
              + " characters.");
    }
    return Optional.ofNullable(id);
  }

  /** Returns the queue on the list that the message wants its answer in, if it is one. */
  static Optional<String> replyTo(Message message, Set<String> list) {
    try {
      return message.getJMSReplyTo() instanceof Queue queue && queue.getQueueName() != null
          ? list.stream().filter(queue.getQueueName()::equals).findFirst()
          : Optional.empty();
    } catch (JMSException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns the body: a {@code String} or a {@code byte[]}, as it was sent. What else a message may
   * hold is not even looked at.
   *
   * @throws Unacceptable if it is another, or too large
   */
  static Object content(Message message) throws Unacceptable {
    try {
      if (message instanceof TextMessage text) {
        return text(text);
      }
      if (message instanceof BytesMessage bytes) {
        return bytes(bytes);
      }
    } catch (JMSException | RuntimeException e) {
      throw new Unacceptable(UNREADABLE, "The message's body cannot be read.");
    }
    throw new Unacceptable(
        NEITHER_TEXT_NOR_BYTES,
        "The message is neither text nor bytes. Send the request's JSON as a text message, or its"
            + " UTF-8 as a bytes message.");
  }

  private static String text(TextMessage message) throws JMSException, Unacceptable {
    String text = message.getText();
    if (text == null) {
      return "";
    }
    if (text.length() > StrictJson.MAX_LENGTH) {
      throw tooLarge();
    }
    return text;
  }

  private static byte[] bytes(BytesMessage message) throws JMSException, Unacceptable {
    if (message.getBodyLength() > StrictJson.MAX_LENGTH) {
      throw tooLarge();
    }
    byte[] bytes = new byte[(int) message.getBodyLength()];
    int read = message.readBytes(bytes);
    return read < bytes.length ? Arrays.copyOf(bytes, Math.max(read, 0)) : bytes;
  }

  private static Unacceptable tooLarge() {
    return new Unacceptable(
        TOO_LARGE,
        "The message is too large and was not kept. A request has at most "
            + StrictJson.MAX_LENGTH
            + " bytes.");
  }

  /**
   * Returns how long a content is: what may grow in memory is a byte for each of its characters.
   */
  static int length(Object content) {
    return content instanceof byte[] bytes ? bytes.length : ((String) content).length();
  }

  /**
   * Returns the bytes of a content.
   *
   * @throws Unacceptable if it is text that has no UTF-8, or too much of it
   */
  static byte[] utf8(Object content) throws Unacceptable {
    if (content instanceof byte[] bytes) {
      return bytes;
    }
    try {
      // Not String's own, which would put question marks for lone surrogates.
      ByteBuffer bytes =
          StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap((String) content));
      if (bytes.remaining() > StrictJson.MAX_LENGTH) {
        throw tooLarge();
      }
      byte[] utf8 = new byte[bytes.remaining()];
      bytes.get(utf8);
      return utf8;
    } catch (CharacterCodingException e) {
      throw new Unacceptable(UNREADABLE, "The message's text has lone surrogates.");
    }
  }
}
