package io.openexec.camel;

import io.openexec.execution.Answer;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.function.Function;
import org.apache.camel.spi.TypeConverterRegistry;
import org.apache.camel.support.SimpleTypeConverter;

/** What an {@link Answer} is to Camel's components: its body, as text or as bytes. */
final class AnswerConverters {
  private AnswerConverters() {}

  static void addTo(TypeConverterRegistry registry) {
    add(registry, String.class, Answer::json);
    add(registry, byte[].class, Answer::bytes);
    add(registry, InputStream.class, answer -> new ByteArrayInputStream(answer.bytes()));
  }

  private static <T> void add(
      TypeConverterRegistry registry, Class<T> to, Function<Answer, T> form) {
    registry.addTypeConverter(
        to,
        Answer.class,
        new SimpleTypeConverter(false, (type, exchange, value) -> form.apply((Answer) value)));
  }
}
