package io.openexec.camel;

import io.openexec.boundary.Refusal;
import io.openexec.receipt.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.TypeConverter;

/**
 * The body of a message as bytes. Camel's own conversion of text goes by a charset that a header or
 * a property names, so that the same text could become another request.
 */
public final class Utf8 {
  /** Never part of UTF-8 (RFC 3629, section 1), so that what parses it refuses it. */
  private static final byte NOT_UTF8 = (byte) 0xff;

  private Utf8() {}

  /**
   * Returns text in UTF-8, and anything else as the bytes that it holds; nothing for no body. Of a
   * stream or a file, no more is read than tells that it is larger than a request may be.
   *
   * @return bytes that are not UTF-8 for text that has none, which is one with lone surrogates
   * @throws Refusal if it holds neither, such as a map that was not marshalled
   * @throws IOException if it cannot be read
   */
  public static byte[] of(Message message) throws IOException {
    Object body = message.getBody();
    if (body instanceof CharSequence || body instanceof Reader) {
      return encoded(message.getBody(String.class));
    }
    if (body instanceof byte[] bytes) {
      return bytes;
    }
    if (body == null) {
      return new byte[0];
    }
    TypeConverter converter = message.getExchange().getContext().getTypeConverter();
    // An exception of its would repeat the value.
    InputStream in = converter.tryConvertTo(InputStream.class, message.getExchange(), body);
    if (in == null) {
      throw Refusal.notMarshalled(body.getClass());
    }
    try (in) {
      return in.readNBytes(StrictJson.MAX_LENGTH + 1);
    }
  }

  /**
   * Puts bytes in the place of what may be read only once, so that it can be tried again.
   *
   * @throws IOException if it cannot be read
   */
  static void keep(Exchange exchange) throws IOException {
    try {
      exchange.getMessage().setBody(of(exchange.getMessage()));
    } catch (Refusal e) {
      // That is an answer, which the gates give.
    }
  }

  private static byte[] encoded(String text) {
    try {
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[utf8.remaining()];
      utf8.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      // Not String's own encoding, which would put question marks.
      return new byte[] {NOT_UTF8};
    }
  }
}
