package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.testing.Eventually;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an action's file says of it beside what it does: results, how many at once, and to whom. */
class ActionBoundsTest {
  private static final String RESULT =
      "result: {type: object, required: [sum], properties: {sum: {type: string}}}";
  private static final String ACTION = "description: d\nschema: {type: object}\n";

  @TempDir Path directory;

  private static String state(Reply reply) {
    return reply.json().path("state").asText() + " " + reply.json().path("reason").asText();
  }

  @Test
  void aResultThatDoesNotFitIsUnknownOfWhatRanAndFailedOfWhatIsPure() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .tracing("effect", "", RESULT)
            .action("pure", ACTION + "effect: pure\n" + RESULT, "to: builtin:add")
            .action("fits", ACTION + RESULT, "setBody: {constant: '{\"sum\": \"1\"}'}");
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      Reply effect = requests.execute("effect", "{\"id\":1}", "n1");
      assertThat(effect.status()).isEqualTo(409);
      assertThat(state(effect)).isEqualTo("unknown result_schema");
      assertThat(requests.execute("effect", "{\"id\":1}", "n1").text()).isEqualTo(effect.text());
      Reply pure = requests.execute("pure", "{\"a\":1}", "n2");
      assertThat(pure.status()).isEqualTo(500);
      assertThat(state(pure)).isEqualTo("failed result_schema");
      assertThat(requests.execute("fits", "{}", "n3").status()).isEqualTo(200);
    }
    assertThat(setup.traced()).containsExactly("1");
  }

  @Test
  void oneMoreThanMayRunIsRefusedAndUsesUpNothingAlsoWhileOneThatTimedOutStillRuns()
      throws Exception {
    Path release = directory.resolve("release");
    TestService.Setup setup =
        new TestService.Setup(directory)
            .tracing("slow", "?hold=" + release, "concurrency: 1", "timeoutSeconds: 0.2")
            .tracing("other", "");
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      CompletableFuture<Reply> first =
          requests.executeAsync(Requests.body("slow", "{\"id\":1}", "n1", null));
      Eventually.within(10_000, () -> setup.traced().size() == 1);
      assertThat(state(first.get())).isEqualTo("unknown timeout");
      Reply second = requests.execute("slow", "{\"id\":2}", "n2");
      assertThat(second.status()).isEqualTo(503);
      assertThat(second.code()).isEqualTo("overloaded");
      assertThat(second.header("Retry-After")).contains("1");
      assertThat(requests.execute("other", "{\"id\":3}", "n3").status()).isEqualTo(200);
      Files.createFile(release);
      Eventually.within(10_000, () -> requests.execute("slow", "{\"id\":2}", "n2").status() == 200);
      assertThat(requests.execute("slow", "{\"id\":1}", "n1").status()).isEqualTo(200);
    }
    assertThat(setup.traced()).containsExactly("1", "3", "2");
  }

  @Test
  void whoAsksForAnActionThatIsFullKeepsNobodyFromAnother() throws Exception {
    Path release = directory.resolve("release");
    TestService.Setup setup =
        new TestService.Setup(directory)
            .tracing("slow", "?hold=" + release, "concurrency: 1")
            .tracing("fast", "");
    int floods = 8;
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger refused = new AtomicInteger();
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      CompletableFuture<Reply> held =
          requests.executeAsync(Requests.body("slow", "{\"id\":0}", "held", null));
      Eventually.within(10_000, () -> setup.traced().size() == 1);
      List<CompletableFuture<Void>> flood = new ArrayList<>();
      for (int i = 0; i < floods; i++) {
        int which = i;
        flood.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int n = 0; !over.get(); n++) {
                    Reply reply = requests.execute("slow", "{}", which + "/" + n);
                    assertThat(reply.code()).isEqualTo("overloaded");
                    refused.incrementAndGet();
                  }
                },
                task -> new Thread(task).start()));
      }
      Eventually.within(30_000, () -> refused.get() > 1_000);
      for (int i = 1; i <= 100; i++) {
        assertThat(requests.execute("fast", "{\"id\":" + i + "}", "fast" + i).status())
            .isEqualTo(200);
      }
      over.set(true);
      flood.forEach(CompletableFuture::join);
      Files.createFile(release);
      assertThat(held.get().status()).isEqualTo(200);
      assertThat(requests.execute("slow", "{\"id\":101}", "0/0").status())
          .as("a nonce that was refused is not used up")
          .isEqualTo(200);
    }
  }

  @Test
  void aFormatIsDemanded() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "dated",
                "description: d\nschema: {type: object, properties: {on: {type: string, format:"
                    + " date}, at: {type: string, format: date-time}, id: {type: string, format:"
                    + " uuid}}}",
                "setBody: {constant: '{}'}");
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      assertThat(
              requests
                  .execute(
                      "dated",
                      "{\"on\":\"2026-02-28\",\"at\":\"2026-02-28T10:00:00.5+01:00\","
                          + "\"id\":\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"}",
                      "n1")
                  .status())
          .isEqualTo(200);
      for (String wrong :
          List.of(
              "\"on\":\"28.2.2026\"",
              "\"on\":\"2026-02-28Z\"",
              "\"on\":\"2026-02-28\\n\"",
              "\"at\":\"today\"",
              "\"at\":\"2026-01-01T00:00:00Z\\n\"",
              "\"at\":\"2026-01-01T00:00:00Zx\"",
              "\"at\":\"2026-01-01T00:00:00Z\\\", \\\"admin\\\": \\\"x\"",
              "\"at\":\"2026-02-30T00:00:00Z\"",
              "\"at\":\"2026-01-01T00:00:00\"",
              "\"id\":\"not a uuid\"")) {
        assertThat(requests.execute("dated", "{" + wrong + "}", "n2").status())
            .as(wrong)
            .isEqualTo(400);
      }
    }
  }

  @Test
  void anActionThatDecidesAgainstItsEffectFailsWithItsReason() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "never",
                ACTION,
                "throwException: {exceptionType: io.openexec.execution.NothingDone,"
                    + " message: out_of_stock}");
    try (TestService service = setup.start()) {
      assertThat(state(service.requests().execute("never", "{}", "n")))
          .isEqualTo("failed out_of_stock");
    }
  }

  @Test
  void whatMayRunIsListedInOrder() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .tracing("zeta", "", "approvals: 2", "timeoutSeconds: 0.5", RESULT)
            .tracing("hidden", "");
    setup.with("OPENEXEC_ALLOWED_ACTIONS", "zeta,echo,gone");
    try (TestService service = setup.start()) {
      Reply reply = service.requests().get("/actions");
      assertThat(reply.status()).isEqualTo(200);
      JsonNode list = reply.json();
      assertThat(list.findValuesAsText("name")).containsExactly("echo", "zeta");
      assertThat(list.get(0).toString())
          .contains("\"effect\":\"pure\",\"approvals\":1,\"schema\":{\"type\":\"object\"}}");
      JsonNode zeta = list.get(1);
      assertThat(zeta.path("effect").asText()).isEqualTo("effectful");
      assertThat(zeta.path("approvals").asInt()).isEqualTo(2);
      assertThat(zeta.path("timeout_seconds").asDouble()).isEqualTo(0.5);
      assertThat(zeta.path("result").path("required").get(0).asText()).isEqualTo("sum");
    }
  }

  @Test
  void boundsThatMakeNoSenseRefuseTheStart() {
    TestService.Setup setup = new TestService.Setup(directory);
    for (String line :
        new String[] {
          "concurrency: 0",
          "concurrency: many",
          "concurrency: 1025",
          "secrets: KEY",
          "secrets: [1]",
          "result: string",
          "result: {type: thing}"
        }) {
      assertThatThrownBy(setup.action("bad", ACTION + line, "to: 'file:x'")::start)
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining(line.substring(0, line.indexOf(':')));
    }
  }

  @Test
  void aPayloadThatBringsDownAPatternIsRefused() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "listed",
                "description: d\nschema: {type: object, properties: {list: {type: string, pattern:"
                    + " \"^([A-Z0-9]+(,|$))*$\"}, slow: {type: string, pattern: \"^(([A-Za-z]+ ?)+,?"
                    + " ?)+$\"}}}",
                "setBody: {constant: '{}'}")
            .action("circular", "description: d\nschema: {$ref: '#'}", "setBody: {constant: '{}'}");
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      assertThat(requests.execute("listed", "{\"list\":\"AB1,C\"}", "n1").status()).isEqualTo(200);
      String slow = "{\"slow\":\"" + "Aa ".repeat(60) + "!\"}";
      assertThat(requests.execute("listed", slow, "n4").status()).isEqualTo(400);
      assertThat(requests.execute("listed", "{\"slow\":\"Aa, Bb\"}", "n5").status()).isEqualTo(200);
      String deep = "{\"list\":\"" + "AB1,".repeat(8_000) + "\"}";
      assertThat(requests.execute("listed", deep, "n2").status()).isEqualTo(400);
      Reply circular = requests.execute("circular", "{}", "n3");
      assertThat(circular.status()).isEqualTo(400);
      assertThat(circular.text()).contains("too long or too deep");
    }
  }

  @Test
  void aMillionErrorsAreOne() {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "rows",
                "description: d\nschema: {type: object, properties: {rows: {type: array, items:"
                    + " {type: object, required: [sku, qty], additionalProperties: false}}}}",
                "setBody: {constant: '{}'}");
    String rows = "{\"rows\":[" + "{},".repeat(340_000) + "{}]}";
    try (TestService service = setup.start()) {
      Requests requests = service.requests();
      Reply large = requests.execute("rows", rows, "n");
      assertThat(large.status()).isEqualTo(400);
      assertThat(large.json().path("detail").asText())
          .contains("/rows/0: required property 'sku'")
          .doesNotContain("'qty'");
      Reply small = requests.execute("rows", "{\"rows\":[{\"x\":1}]}", "n");
      assertThat(small.json().path("detail").asText()).contains("'sku'", "'qty'", "'x'");
      assertThat(requests.execute("rows", "{\"rows\":[]}", "n").status()).isEqualTo(200);
    }
  }

  /** Where the first error is not yet the answer. */
  @Test
  void stoppingAtTheFirstErrorChangesNoVerdict() {
    String schema =
        "description: d\nschema:\n  type: object\n  properties:\n"
            + "    any: {anyOf: [{type: string}, {type: integer}]}\n"
            + "    one: {oneOf: [{type: string}, {type: integer}, {minimum: 5}]}\n"
            + "    not: {not: {type: string}}\n"
            + "    has: {type: array, contains: {const: 1}}\n"
            + "    if: {if: {type: string}, then: {minLength: 3}, else: {type: integer}}\n"
            + "    ref: {$ref: '#/$defs/either'}\n"
            + "  unevaluatedProperties: {type: string}\n"
            + "  dependentSchemas: {any: {required: [pad]}}\n"
            + "  $defs: {either: {anyOf: [{type: boolean}, {$ref: '#/$defs/text'}]}, text: {type:"
            + " string}}";
    TestService.Setup setup =
        new TestService.Setup(directory).action("judge", schema, "setBody: {constant: '{}'}");
    String pad = "\"pad\":\"" + "x".repeat(20_000) + "\"";
    try (TestService service = setup.start()) {
      for (String fits :
          List.of(
              "\"any\":1",
              "\"any\":\"a\"",
              "\"one\":4",
              "\"not\":1",
              "\"has\":[2,3,1]",
              "\"if\":\"abc\"",
              "\"if\":7",
              "\"ref\":\"d\"",
              "\"ref\":true")) {
        assertThat(
                service
                    .requests()
                    .execute("judge", "{" + fits + "," + pad + "}", "n" + fits.hashCode())
                    .status())
            .as(fits)
            .isEqualTo(200);
      }
      for (String wrong :
          List.of(
              "\"any\":1.5",
              "\"one\":6",
              "\"one\":\"b\"",
              "\"not\":\"e\"",
              "\"has\":[2,3]",
              "\"if\":\"ab\"",
              "\"if\":1.5",
              "\"ref\":1",
              "\"other\":1")) {
        assertThat(
                service
                    .requests()
                    .execute("judge", "{" + wrong + "," + pad + "}", "n" + wrong.hashCode())
                    .status())
            .as(wrong)
            .isEqualTo(400);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{\"a\":18446744073709551617}|> 1000",
        "{{\"a\":9223372036854775808}|> 1000",
        "{{\"a\":9223372036854775808}|> 1000.0",
        "{{\"a\":1000.5}|> 1000",
        "{{\"a\":1001}|> 1000",
        "{{\"a\":1000.9}|!= 1000",
        "{{\"a\":4294968296}|!= 1000",
        "{{\"a\":18446744073709552616}|!= 1000",
        "{{\"a\":0.9}|!= 0",
        "{{\"a\":-0.5}|< 0",
        "{{\"a\":1000}|== 1000",
        "{{\"a\":1000.0}|== 1000",
        "{{\"a\":4.9,\"b\":4}|> ${body[b]}",
        "{{\"a\":9007199254740993,\"b\":1000.5}|> ${body[b]}",
        "{{\"a\":9007199254740993,\"b\":\"950.00\"}|> ${body[b]}",
        "{{\"a\":9223372036854775807}|> ''950.00''",
        "{{\"a\":18446744073709551617,\"b\":\"950.00\"}|> ${body[b]}",
        "{{\"a\":\"120.3\"}|< 1000",
      })
  void aConditionComparesTheNumbersThatWereHashed(String payload, String condition) {
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "holds",
                ACTION,
                "choice: {when: [{simple: '${body[a]} "
                    + condition
                    + "', steps: [{setBody: {constant: '{\"holds\": true}'}}]}], otherwise: {steps:"
                    + " [{setBody: {constant: '{\"holds\": false}'}}]}}");
    try (TestService service = setup.start()) {
      Reply reply = service.requests().execute("holds", payload.substring(1), "n");
      assertThat(reply.json().at("/result/holds").asBoolean()).as(reply.text()).isTrue();
    }
  }
}
