package io.openexec.camel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.RawAmqp;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedByte;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.messaging.AmqpSequence;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.DeliveryAnnotations;
import org.apache.qpid.proton.amqp.messaging.Footer;
import org.apache.qpid.proton.amqp.messaging.Header;
import org.apache.qpid.proton.amqp.messaging.MessageAnnotations;
import org.apache.qpid.proton.amqp.messaging.Properties;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AmqpSectionsTest {
  private static final String NAME = "a-name-of-the-sender's";
  private static final Symbol JMS_TYPE = Symbol.valueOf("x-opt-jms-msg-type");
  private static final byte[] TEXT = RawAmqp.encoded(new AmqpValue("{}"));

  private static Message read(byte[]... sections) {
    byte[] read = AmqpSections.readOf(RawAmqp.joined(sections));
    Message message = Message.Factory.create();
    assertThat(message.decode(read, 0, read.length)).isEqualTo(read.length);
    return message;
  }

  private static byte[] annotated(Object type) {
    return RawAmqp.encoded(new MessageAnnotations(Map.of(Symbol.valueOf(NAME), 1, JMS_TYPE, type)));
  }

  private static Header header() {
    Header header = new Header();
    header.setDurable(true);
    header.setPriority(UnsignedByte.valueOf((byte) 7));
    header.setTtl(UnsignedInteger.valueOf(60_000));
    header.setDeliveryCount(UnsignedInteger.valueOf(3));
    return header;
  }

  @SuppressWarnings("JavaUtilDate") // The client's type.
  private static Properties properties(Object id) {
    Properties properties = new Properties();
    properties.setMessageId(id);
    properties.setReplyTo("answers");
    properties.setCorrelationId("c");
    properties.setAbsoluteExpiryTime(new Date(1_800_000_000_000L));
    properties.setUserId(new Binary(new byte[] {1}));
    properties.setSubject(NAME);
    properties.setTo(NAME);
    properties.setGroupId(NAME);
    properties.setContentType(Symbol.valueOf(NAME));
    properties.setContentEncoding(Symbol.valueOf(NAME));
    return properties;
  }

  private static byte[] everything(byte[] body) {
    return RawAmqp.joined(
        RawAmqp.encoded(header()),
        RawAmqp.encoded(
            new DeliveryAnnotations(Map.of(Symbol.valueOf(NAME), Symbol.valueOf(NAME)))),
        annotated((byte) 5),
        RawAmqp.encoded(properties("id")),
        RawAmqp.encoded(
            new ApplicationProperties(
                Map.of(NAME, Symbol.valueOf(NAME), Postponement.TIMES, 300, "more", NAME))),
        body,
        RawAmqp.encoded(new Footer(Map.of(Symbol.valueOf(NAME), NAME))));
  }

  @Test
  void whatTheDoorReadsIsLeft() {
    Message message = read(everything(TEXT));
    assertThat(((AmqpValue) message.getBody()).getValue()).isEqualTo("{}");
    assertThat(message.getHeader().getDurable()).isTrue();
    assertThat(message.getPriority()).isEqualTo((short) 7);
    assertThat(message.getTtl()).isEqualTo(60_000);
    assertThat(message.getDeliveryCount()).isEqualTo(3);
    assertThat(message.getMessageId()).isEqualTo("id");
    assertThat(message.getReplyTo()).isEqualTo("answers");
    assertThat(message.getCorrelationId()).isEqualTo("c");
    assertThat(message.getExpiryTime()).isEqualTo(1_800_000_000_000L);
    assertThat(message.getApplicationProperties().getValue())
        .isEqualTo(Map.of(Postponement.TIMES, 300));
  }

  @Test
  void noNameOfTheSendersIs() {
    for (byte[] body : List.of(TEXT, RawAmqp.encoded(new Data(new Binary(new byte[] {'{'}))))) {
      byte[] read = AmqpSections.readOf(everything(body));
      assertThat(new String(read, StandardCharsets.ISO_8859_1)).doesNotContain(NAME);
    }
  }

  private static Stream<Object> ids() {
    return Stream.of(
        "id", UnsignedLong.valueOf(1L << 40), new UUID(1, 2), new Binary(new byte[] {1, 2}));
  }

  @ParameterizedTest
  @MethodSource("ids")
  void whateverAnIdMayBeIsLeft(Object id) {
    assertThat(read(RawAmqp.encoded(properties(id)), TEXT).getMessageId()).isEqualTo(id);
  }

  @Test
  void anIdThatAmqpDoesNotKnowIsLeftOut() {
    byte[] name = {(byte) 0xa3, 1, 'n'};
    byte[] properties = {0, 0x53, 0x73, (byte) 0xc0, 4, 1, name[0], name[1], name[2]};
    Message message = read(properties, TEXT);
    assertThat(message.getMessageId()).isNull();
    assertThat(((AmqpValue) message.getBody()).getValue()).isEqualTo("{}");
  }

  private static Stream<Object> neither() {
    return Stream.of(
        new AmqpValue(List.of(NAME)),
        new AmqpValue(Map.of(NAME, NAME)),
        new AmqpValue(new Symbol[] {Symbol.valueOf(NAME)}),
        new AmqpValue(Symbol.valueOf(NAME)),
        new AmqpValue(1),
        new AmqpSequence(List.of(NAME)));
  }

  @ParameterizedTest
  @MethodSource("neither")
  void whatIsNeitherTextNorBytesIsNotLeftAndSaidToBeSo(Object body) {
    Message message = read(everything(RawAmqp.encoded(body)));
    assertThat(message.getBody()).isNull();
    assertThat(message.getCorrelationId()).isEqualTo("c");
    assertThat(message.getMessageAnnotations().getValue()).isEqualTo(Map.of(JMS_TYPE, (byte) 0));
  }

  @ParameterizedTest
  @ValueSource(bytes = {0, 1, 2, 4, 6, 77})
  void soIsAnotherKindOfJmsMessage(byte type) {
    Message message = read(annotated(type), TEXT);
    assertThat(message.getBody()).isNull();
    assertThat(message.getMessageAnnotations().getValue()).isEqualTo(Map.of(JMS_TYPE, (byte) 0));
  }

  @ParameterizedTest
  @ValueSource(bytes = {3, 5})
  void textAndBytesNeedNotBeSaidToBe(byte type) {
    Message message = read(annotated(type), TEXT);
    assertThat(message.getMessageAnnotations()).isNull();
    assertThat(((AmqpValue) message.getBody()).getValue()).isEqualTo("{}");
    assertThat(read(annotated(5), TEXT).getMessageAnnotations()).as("not a byte").isNull();
  }

  /** AMQP allows a section's name instead of its code. */
  @Test
  void sectionsMayBeNamed() {
    byte[] name = "amqp:amqp-value:*".getBytes(StandardCharsets.US_ASCII);
    byte[] value =
        RawAmqp.joined(
            new byte[] {0, (byte) 0xa3, (byte) name.length},
            name,
            Arrays.copyOfRange(TEXT, 3, TEXT.length));
    assertThat(((AmqpValue) read(value).getBody()).getValue()).isEqualTo("{}");
    byte[] code = {0, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0x77};
    byte[] rest = Arrays.copyOfRange(TEXT, 3, TEXT.length);
    assertThat(((AmqpValue) read(code, rest).getBody()).getValue()).isEqualTo("{}");
  }

  @Test
  void dataInPartsIsOne() {
    byte[] open = RawAmqp.encoded(new Data(new Binary(new byte[] {'{'})));
    byte[] close = RawAmqp.encoded(new Data(new Binary(new byte[] {'}'})));
    assertThat(((Data) read(open, close).getBody()).getValue())
        .isEqualTo(new Binary(new byte[] {'{', '}'}));
  }

  @Test
  void aMessageHasOneBody() {
    byte[] data = RawAmqp.encoded(new Data(new Binary(new byte[] {'{', '}'})));
    for (byte[] two :
        List.of(
            RawAmqp.joined(TEXT, data), RawAmqp.joined(data, TEXT), RawAmqp.joined(TEXT, TEXT))) {
      assertThatThrownBy(() -> AmqpSections.readOf(two))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("two bodies");
    }
  }

  private static Stream<byte[]> malformed() {
    byte[] large = ByteBuffer.allocate(4).putInt(Integer.MAX_VALUE).array();
    byte[] negative = ByteBuffer.allocate(4).putInt(-1).array();
    return Stream.of(
        "{}".getBytes(StandardCharsets.US_ASCII),
        new byte[] {0},
        new byte[] {0, 0x53},
        new byte[] {0, 0x53, 0x6f, 0x40},
        new byte[] {0, 0x53, 0x79, 0x40},
        new byte[] {0, 0x53, 0x77},
        new byte[] {0, 0x53, 0x77, 0x10},
        new byte[] {0, 0x53, 0x77, 0x01, 0x40, 0x40},
        new byte[] {0, 0x40, 0x40},
        new byte[] {0, (byte) 0xa3, 1, 'n', 0x40},
        new byte[] {0, (byte) 0xa3, 100, 'n', 0x40},
        new byte[] {0, (byte) 0x80, 1, 0, 0, 0, 0, 0, 0, 0x77, 0x40},
        new byte[] {0, 0x53, 0x73, 0x40},
        new byte[] {0, 0x53, 0x73, (byte) 0xc0, 1, 1},
        new byte[] {0, 0x53, 0x73, (byte) 0xc0, 9, 1, 0x40},
        new byte[] {0, 0x53, 0x74, (byte) 0xc1, 2, 1, 0x40},
        new byte[] {0, 0x53, 0x74, 0x45},
        RawAmqp.joined(new byte[] {0, 0x53, 0x73, (byte) 0xd0}, large, large),
        RawAmqp.joined(new byte[] {0, 0x53, 0x73, (byte) 0xd0}, negative, negative),
        RawAmqp.joined(new byte[] {0, 0x53, 0x77, (byte) 0xb1}, large),
        RawAmqp.joined(new byte[] {0, 0x53, 0x77, (byte) 0xb1}, negative),
        RawAmqp.joined(new byte[] {0, (byte) 0xb3}, negative),
        RawAmqp.joined(new byte[] {0, 0x53, 0x77}, new byte[200_000]));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void whatAmqpDoesNotDescribeIsRefused(byte[] message) {
    assertThatThrownBy(() -> AmqpSections.readOf(message))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Whatever comes, it is refused or something that has no name in it; and it ends. */
  @Test
  void changedMessagesAreReadOrRefused() {
    byte[] good = everything(TEXT);
    Random random = new Random(1);
    int read = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] changed = Arrays.copyOf(good, good.length - random.nextInt(2) * random.nextInt(50));
      for (int n = random.nextInt(4); n >= 0; n--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(AmqpSections.readOf(changed).length).isLessThan(changed.length + 64);
        read++;
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageNotContaining(NAME);
      }
    }
    assertThat(read).isBetween(1_000, 49_000);
  }
}
