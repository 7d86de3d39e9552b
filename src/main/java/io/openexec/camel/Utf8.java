package io.openexec.camel;

import io.openexec.boundary.Refusal;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.camel.Message;

/**
 * The body of a message as bytes. Camel's own conversion of text goes by a charset that a header or
 * a property names, so that the same text could become another request.
 */
public final class Utf8 {
  /** Never part of UTF-8 (RFC 3629, section 1), so that what parses it refuses it. */
  private static final byte NOT_UTF8 = (byte) 0xff;

  private Utf8() {}

  /**
   * Returns text in UTF-8, and anything else as the bytes that it holds; nothing for no body.
   *
   * @return bytes that are not UTF-8 for text that has none, which is one with lone surrogates
   * @throws Refusal if it holds neither, such as a map that was not marshalled
   */
  public static byte[] of(Message message) {
    Object body = message.getBody();
    if (body instanceof CharSequence || body instanceof Reader) {
      return encoded(message.getBody(String.class));
    }
    if (body == null) {
      return new byte[0];
    }
    byte[] bytes = message.getBody(byte[].class);
    if (bytes == null) {
      throw Refusal.notMarshalled(body.getClass());
    }
    return bytes;
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
