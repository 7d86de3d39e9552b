package io.openexec.bench.jmh;

import io.openexec.receipt.ActionHash;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.ReceiptHash;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Canonical hashing of a payload, from its text on, and making the receipt of a result. */
@State(Scope.Benchmark)
public class HashBenchmark {
  private static final String EXECUTION = "5ca09451-db84-8915-bc5d-3bc6df465eff";

  /** Some 15 bytes, and some 4,000. */
  @Param({"small", "medium"})
  public String size = "small";

  private String text = "";
  private JsonValue value = JsonValue.emptyObject();

  /** Makes the payload. */
  @Setup
  public void prepare() throws JsonRefused {
    text = size.equals("small") ? "{\"msg\":\"hello\"}" : medium();
    value = JsonValue.parse(text);
  }

  /** Forty orders, with numbers, text that has to be escaped, and names out of order. */
  private static String medium() {
    return IntStream.range(0, 40)
        .mapToObj(
            i ->
                "\"order-%d\":{\"sku\":\"A-%d\",\"delta\":%d,\"price\":%d.25,\"note\":\"Größe %d\",\"paid\":true}"
                    .formatted(97 * i % 40, i, i - 20, i, i))
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** Parses strictly, writes canonically, hashes. */
  @Benchmark
  public Hash actionHash() throws JsonRefused {
    return ActionHash.of("echo", JsonValue.parse(text));
  }

  /** Writes a result canonically and hashes it with the execution's id. */
  @Benchmark
  public Hash receipt() {
    return ReceiptHash.of(EXECUTION, value);
  }
}
