package io.openexec.bench.jmh;

import io.openexec.receipt.ActionHash;
import io.openexec.receipt.Hash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.Receipt;
import io.openexec.receipt.ReceiptHash;
import io.openexec.receipt.ReceiptIssuer;
import io.openexec.receipt.ReceiptIssuer.Claims;
import io.openexec.receipt.ReceiptIssuer.Issuer;
import io.openexec.signature.SigningKey;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
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
  private final Map<String, String> concealed = new LinkedHashMap<>();
  private final ReceiptIssuer issuer =
      new ReceiptIssuer(
          SigningKey.generate(), new Issuer("example.com/bench", "1", Hash.ofUtf8("routes")));

  /** Makes the payload. */
  @Setup
  public void prepare() throws JsonRefused {
    text = size.equals("small") ? "{\"msg\":\"hello\"}" : medium();
    String result = JsonValue.parse(text).spaced();
    for (String name : new String[] {"exec_id", "tenant_id", "action", "nonce", "approvals"}) {
      concealed.put(name, "\"" + EXECUTION + "\"");
    }
    concealed.put("payload", result);
    concealed.put("result", result);
    concealed.put("admitted_at", "\"2026-03-01T12:00:00.123Z\"");
    concealed.put("ended_at", "\"2026-03-01T12:00:00.124Z\"");
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

  /** Reads a result, writes it canonically and hashes it with the execution's id. */
  @Benchmark
  public Hash receiptHash() throws JsonRefused {
    return ReceiptHash.of(EXECUTION, JsonValue.parse(text));
  }

  /** Issues a signed receipt, with nine disclosures, by the fastest provider that is here. */
  @Benchmark
  public Receipt signedReceipt() {
    return issuer.issue(new Claims("succeeded", null, null, Map.of(), concealed), Instant.now());
  }
}
