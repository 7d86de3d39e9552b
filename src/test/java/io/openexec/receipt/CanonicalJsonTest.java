package io.openexec.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.testing.Vectors;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanonicalJsonTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  @Test
  void everyVectorOfCPython() throws JsonRefused {
    for (Vectors.Canonical v : Vectors.canonical()) {
      JsonValue payload = JsonValue.parse(v.payloadText());
      assertThat("{\"action\":\"echo\",\"payload\":" + payload.compact() + "}")
          .isEqualTo(v.actionCanonical());
      assertThat(ActionHash.of("echo", payload).hex()).isEqualTo(v.actionHash());
      JsonValue result = JsonValue.parse(v.resultJson());
      assertThat(result.spaced()).isEqualTo(v.resultJson());
      assertThat(ReceiptHash.of(v.execId(), result).hex()).isEqualTo(v.receipt());
      assertThat("{\"echo\": " + payload.spaced() + "}").isEqualTo(v.resultJson());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.0, 0.0",
    "-0.0, -0.0",
    "1e16, 1e+16",
    "9999999999999998, 9999999999999998.0",
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "5e-324, 5e-324",
    "1e-323, 1e-323",
    "2e-323, 2e-323",
    "1.5e-323, 1.5e-323",
    "2.2250738585072014e-308, 2.2250738585072014e-308",
    "1.7976931348623157e308, 1.7976931348623157e+308",
    "2e-3, 0.002",
    "2.0E23, 2e+23",
    "1.0E23, 1e+23",
    "9007199254740993.0, 9007199254740992.0",
    "123456789012345680.0, 1.2345678901234568e+17",
    "5.684341886080802e-14, 5.684341886080802e-14",
  })
  void doublesAsPythonWritesThem(String literal, String repr) {
    assertThat(CanonicalJson.repr(Double.parseDouble(literal))).isEqualTo(repr);
  }

  @Property(tries = 20_000)
  void reprReadsBackAndIsNeverLongerThanJavasOwn(@ForAll long bits) {
    double value = Double.longBitsToDouble(bits);
    if (!Double.isFinite(value)) {
      return;
    }
    String repr = CanonicalJson.repr(value);
    assertThat(Double.doubleToRawLongBits(Double.parseDouble(repr)))
        .isEqualTo(Double.doubleToRawLongBits(value));
    assertThat(significantDigits(repr)).isLessThanOrEqualTo(significantDigits("" + value));
  }

  private static int significantDigits(String number) {
    String mantissa = number.split("[eE]", 2)[0].replaceAll("[-.]", "");
    return mantissa.replaceAll("^0+", "").replaceAll("0+$", "").length();
  }

  @Test
  void membersAreSortedByCodePointNotByUtf16Unit() throws JsonRefused {
    assertThat(JsonValue.parse("{\"\\ud800\\udc00\":1,\"\\uffff\":2,\"b\":3,\"a\":4}").compact())
        .isEqualTo("{\"a\":4,\"b\":3,\"\\uffff\":2,\"\\ud800\\udc00\":1}");
  }

  @Property(tries = 2_000)
  void theCanonicalFormReadBackIsTheSameValue(@ForAll("json") JsonNode random) throws JsonRefused {
    JsonValue value = JsonValue.of(random);
    assertThat(JsonValue.parse(value.compact())).isEqualTo(value);
    assertThat(JsonValue.parse(value.spaced())).isEqualTo(value);
    assertThat(JsonValue.parse(value.spaced()).compact()).isEqualTo(value.compact());
    assertThat(value.compact()).matches("[ -~]*");
  }

  @Provide
  Arbitrary<JsonNode> json() {
    Arbitrary<String> text =
        Arbitraries.strings().all().ofMaxLength(12).map(CanonicalJsonTest::paired);
    Arbitrary<JsonNode> leaf =
        Arbitraries.oneOf(
            List.of(
                text.map(JSON::textNode),
                Arbitraries.doubles().map(JSON::numberNode),
                Arbitraries.longs().map(JSON::numberNode),
                Arbitraries.bigIntegers()
                    .between(BigInteger.TEN.pow(40).negate(), BigInteger.TEN.pow(40))
                    .map(JSON::numberNode),
                Arbitraries.of(JSON.booleanNode(true), JSON.booleanNode(false), JSON.nullNode())));
    return Arbitraries.recursive(
        () -> leaf,
        inner ->
            Arbitraries.oneOf(
                inner.list().ofMaxSize(4).map(CanonicalJsonTest::array),
                Arbitraries.maps(text, inner).ofMaxSize(4).map(CanonicalJsonTest::object)),
        0,
        3);
  }

  /** Drops the lone surrogates that {@code strings().all()} may make. */
  private static String paired(String text) {
    int[] points = text.codePoints().filter(c -> c < 0xd800 || c > 0xdfff).toArray();
    return new String(points, 0, points.length);
  }

  private static JsonNode array(List<JsonNode> elements) {
    ArrayNode array = JSON.arrayNode();
    elements.forEach(array::add);
    return array;
  }

  private static JsonNode object(Map<String, JsonNode> members) {
    ObjectNode object = JSON.objectNode();
    object.setAll(members);
    return object;
  }
}
