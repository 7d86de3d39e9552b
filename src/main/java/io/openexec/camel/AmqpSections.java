package io.openexec.camel;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Leaves of a message what the door reads, before the client decodes anything of it (AMQP 1.0,
 * section 3.2): text or bytes, the two ids, whom to answer, when it expires, how urgent it is and
 * how often it was postponed.
 *
 * <p>The client's decoder keeps every symbol and every descriptor that it has met for as long as
 * the process lives, so whoever may send could fill the heap with names. It also recurses into what
 * is nested. Here values are stepped over by their lengths (section 1.2), and symbols are compared,
 * never kept.
 */
final class AmqpSections {
  /** As sections are described by name; their codes count from {@link #HEADER}. */
  private static final List<String> NAMES =
      List.of(
          "amqp:header:list",
          "amqp:delivery-annotations:map",
          "amqp:message-annotations:map",
          "amqp:properties:list",
          "amqp:application-properties:map",
          "amqp:data:binary",
          "amqp:amqp-sequence:list",
          "amqp:amqp-value:*",
          "amqp:footer:map");

  private static final int HEADER = 0x70;
  private static final int MESSAGE_ANNOTATIONS = 0x72;
  private static final int PROPERTIES = 0x73;
  private static final int APPLICATION_PROPERTIES = 0x74;
  private static final int DATA = 0x75;
  private static final int AMQP_SEQUENCE = 0x76;
  private static final int AMQP_VALUE = 0x77;

  // The fields of the header that are read: durable, priority, ttl, first-acquirer, delivery-count.
  private static final int HEADER_FIELDS = 0b1_1111;
  // And of the properties: message-id, reply-to, correlation-id, absolute-expiry-time.
  private static final int PROPERTIES_FIELDS = 0b1_0011_0001;

  private static final int DESCRIBED = 0x00;
  private static final int NULL = 0x40;
  private static final int LIST_0 = 0x45;
  private static final int BYTE = 0x51;
  private static final int SMALL_ULONG = 0x53;
  private static final int SMALL_INT = 0x54;
  private static final int INT = 0x71;
  private static final int ULONG = 0x80;
  private static final int SYM_8 = 0xa3;
  private static final int BINARY_32 = 0xb0;
  private static final int SYM_32 = 0xb3;
  private static final int LIST_32 = 0xd0;
  private static final int MAP_32 = 0xd1;

  /** The annotation by which clients of JMS say what a message is; these two are its values. */
  private static final String JMS_TYPE = "x-opt-jms-msg-type";

  private static final int JMS_BYTES = 3;
  private static final int JMS_TEXT = 5;

  /** Says that a message is neither text nor bytes: a map of {@link #JMS_TYPE} to the byte 0. */
  private static final byte[] NEITHER = neither();

  private final byte[] message;
  private final ByteBuffer in;
  private final ByteArrayOutputStream header = new ByteArrayOutputStream();
  private final ByteArrayOutputStream properties = new ByteArrayOutputStream();
  private final ByteArrayOutputStream applicationProperties = new ByteArrayOutputStream();
  private final ByteArrayOutputStream body;
  // One value, or any number of sections of data that follow each other and are one.
  private int kind;
  private final ByteArrayOutputStream data;
  private boolean neither;

  private AmqpSections(byte[] message) {
    this.message = message;
    this.in = ByteBuffer.wrap(message);
    this.body = new ByteArrayOutputStream();
    this.data = new ByteArrayOutputStream(message.length);
  }

  /**
   * Returns a message with what the door reads of another one, or with no body if that is neither
   * text nor bytes.
   *
   * @throws IllegalArgumentException if it is none that AMQP describes
   */
  static byte[] readOf(byte[] message) {
    AmqpSections sections = new AmqpSections(message);
    try {
      while (sections.in.hasRemaining()) {
        sections.section();
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("it ends in the middle", e);
    }
    return sections.bytes();
  }

  /**
   * Returns a message with what the door reads beside the body, of one of which that is not all
   * there, and as its body so many bytes that say nothing.
   *
   * @throws IllegalArgumentException if it is none that AMQP describes, or has not come to its body
   */
  static byte[] headOf(byte[] beginning, int length) {
    AmqpSections sections = new AmqpSections(beginning);
    try {
      while (!sections.isAtBody()) {
        sections.section();
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("its body does not begin", e);
    }
    writeData(new byte[length], sections.body);
    return sections.bytes();
  }

  private static void writeData(byte[] bytes, ByteArrayOutputStream to) {
    describe(DATA, to);
    to.write(BINARY_32);
    to.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    to.writeBytes(bytes);
  }

  private boolean isAtBody() {
    int from = in.position();
    next();
    int section = descriptor();
    in.position(from);
    return section >= DATA && section <= AMQP_VALUE;
  }

  private byte[] bytes() {
    ByteArrayOutputStream out =
        new ByteArrayOutputStream(body.size() + properties.size() + NEITHER.length + 64);
    out.writeBytes(header.toByteArray());
    if (neither) {
      out.writeBytes(NEITHER);
    }
    out.writeBytes(properties.toByteArray());
    out.writeBytes(applicationProperties.toByteArray());
    if (!neither) {
      out.writeBytes(body.toByteArray());
      if (kind == DATA) {
        writeData(data.toByteArray(), out);
      }
    }
    return out.toByteArray();
  }

  private static byte[] neither() {
    byte[] name = JMS_TYPE.getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    entry.write(SYM_8);
    entry.write(name.length);
    entry.writeBytes(name);
    entry.write(BYTE);
    entry.write(0);
    ByteArrayOutputStream section = new ByteArrayOutputStream();
    write(MESSAGE_ANNOTATIONS, MAP_32, 2, entry.toByteArray(), section);
    return section.toByteArray();
  }

  private void section() {
    if (next() != DESCRIBED) {
      throw new IllegalArgumentException("no section");
    }
    switch (descriptor()) {
      case HEADER -> fields(HEADER, HEADER_FIELDS, header);
      case MESSAGE_ANNOTATIONS -> annotations();
      case PROPERTIES -> fields(PROPERTIES, PROPERTIES_FIELDS, properties);
      case APPLICATION_PROPERTIES -> applicationProperties();
      case DATA -> data();
      case AMQP_VALUE -> body(AMQP_VALUE, code -> isBinary(code) || isString(code) || code == NULL);
      case AMQP_SEQUENCE -> body(AMQP_SEQUENCE, code -> false);
      default -> skip();
    }
  }

  private int descriptor() {
    int code = next();
    long section;
    switch (code) {
      case SMALL_ULONG -> section = next();
      case ULONG -> section = in.getLong();
      case SYM_8, SYM_32 -> section = HEADER + (long) NAMES.indexOf(name(code));
      default -> throw new IllegalArgumentException("no section");
    }
    if (section < HEADER || section >= HEADER + NAMES.size()) {
      throw new IllegalArgumentException("no section of a message");
    }
    return (int) section;
  }

  /** Reads a symbol, or a string of ASCII, that may be one of ours; others come out as no name. */
  private String name(int code) {
    int length = code < 0xb0 ? next() : in.getInt();
    if (length < 0 || length > 64) {
      advance(length);
      return "";
    }
    byte[] name = new byte[length];
    in.get(name);
    return new String(name, StandardCharsets.ISO_8859_1);
  }

  /** Writes a list of which only the chosen fields are left, as far as they are plain values. */
  private void fields(int section, int chosen, ByteArrayOutputStream to) {
    int code = next();
    int count = code == LIST_0 ? 0 : count(code, 0xc0);
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    int kept = 0;
    for (int i = 0; i < count; i++) {
      int from = in.position();
      int value = peek();
      skip();
      if (i >= Integer.SIZE || chosen >> i == 0) {
        continue;
      }
      kept = i + 1;
      if ((chosen >> i & 1) == 1 && isPlain(value)) {
        fields.write(message, from, in.position() - from);
      } else {
        fields.write(NULL);
      }
    }
    to.reset();
    write(section, LIST_32, kept, fields.toByteArray(), to);
  }

  /** What says that it is another kind of JMS's messages is neither text nor bytes. */
  private void annotations() {
    for (int entries = entries(); entries > 0; entries--) {
      boolean isType = isName(JMS_TYPE);
      if (isType && peek() == BYTE) {
        in.get();
        int type = next();
        neither |= type != JMS_BYTES && type != JMS_TEXT;
      } else {
        skip();
      }
    }
  }

  private void applicationProperties() {
    for (int entries = entries(); entries > 0; entries--) {
      int from = in.position();
      boolean isTimes = isName(Postponement.TIMES) && (peek() == SMALL_INT || peek() == INT);
      skip();
      if (isTimes) {
        byte[] entry = new byte[in.position() - from];
        in.get(from, entry);
        applicationProperties.reset();
        write(APPLICATION_PROPERTIES, MAP_32, 2, entry, applicationProperties);
      }
    }
  }

  private int entries() {
    int count = count(next(), 0xc1);
    if (count % 2 != 0) {
      throw new IllegalArgumentException("a key without a value");
    }
    return count / 2;
  }

  /** Reads a key, and returns whether it is that one. */
  private boolean isName(String wanted) {
    int code = peek();
    if (isString(code) || code == SYM_8 || code == SYM_32) {
      in.get();
      return name(code).equals(wanted);
    }
    skip();
    return false;
  }

  private void data() {
    begin(DATA);
    if (!isBinary(peek())) {
      neither = true;
      skip();
      return;
    }
    int length = next() == BINARY_32 ? in.getInt() : next();
    int from = in.position();
    advance(length);
    data.write(message, from, length);
  }

  private void begin(int section) {
    if (kind != 0 && (kind != section || section == AMQP_VALUE)) {
      throw new IllegalArgumentException("it has two bodies");
    }
    kind = section;
  }

  private void body(int section, IntPredicate wanted) {
    begin(section);
    int from = in.position();
    neither |= !wanted.test(peek());
    skip();
    if (!neither) {
      describe(section, body);
      body.write(message, from, in.position() - from);
    }
  }

  /** Reads how many values a list or map has: what comes is the first of them. */
  private int count(int code, int small) {
    if (code != small && code != small + 0x10) {
      throw new IllegalArgumentException("no such section");
    }
    boolean isSmall = code == small;
    int size = isSmall ? next() : in.getInt();
    int begin = in.position();
    int count = isSmall ? next() : in.getInt();
    // So many bytes at least: there are no values without any.
    if (count < 0 || count > size || size > in.limit() - begin) {
      throw new IllegalArgumentException("it has another size than it says");
    }
    return count;
  }

  /** Steps over a value, whatever is in it. */
  private void skip() {
    for (long values = 1; values > 0; values--) {
      int code = next();
      switch (code >> 4) {
        // A descriptor, and what it describes.
        case 0x0 -> values += described(code);
        case 0x4 -> {}
        case 0x5 -> advance(1);
        case 0x6 -> advance(2);
        case 0x7 -> advance(4);
        case 0x8 -> advance(8);
        case 0x9 -> advance(16);
        case 0xa, 0xc, 0xe -> advance(next());
        case 0xb, 0xd, 0xf -> advance(in.getInt());
        default -> throw new IllegalArgumentException("no value");
      }
    }
  }

  private static int described(int code) {
    if (code != DESCRIBED) {
      throw new IllegalArgumentException("no value");
    }
    return 2;
  }

  private void advance(int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    in.position(in.position() + length);
  }

  private int next() {
    return in.get() & 0xff;
  }

  private int peek() {
    if (!in.hasRemaining()) {
      throw new BufferUnderflowException();
    }
    return in.get(in.position()) & 0xff;
  }

  /** Returns whether a value has neither a name nor other values in it. */
  private static boolean isPlain(int code) {
    return (code >= 0x40 && code < 0xa0) || isBinary(code) || isString(code);
  }

  private static boolean isBinary(int code) {
    return code == 0xa0 || code == 0xb0;
  }

  private static boolean isString(int code) {
    return code == 0xa1 || code == 0xb1;
  }

  private static void write(
      int section, int code, int count, byte[] values, ByteArrayOutputStream to) {
    describe(section, to);
    to.write(code);
    to.writeBytes(ByteBuffer.allocate(8).putInt(values.length + 4).putInt(count).array());
    to.writeBytes(values);
  }

  private static void describe(int section, ByteArrayOutputStream to) {
    to.write(DESCRIBED);
    to.write(SMALL_ULONG);
    to.write(section);
  }
}
