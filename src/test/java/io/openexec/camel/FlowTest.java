package io.openexec.camel;

import static org.assertj.core.api.Assertions.assertThat;

import io.openexec.boundary.Refusal;
import io.openexec.testing.TestService;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.builder.ExpressionBuilder;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.processor.idempotent.MemoryIdempotentRepository;
import org.apache.camel.test.junit5.CamelTestSupport;
import org.junit.jupiter.api.Test;

/** The order of the gates, and what a refusal skips, in the real route files. */
class FlowTest extends CamelTestSupport {
  private static final List<String> STEPS =
      List.of("parse", "verify", "admit", "reserve", "dispatch", "record", "await", "answer");

  private final List<String> passed = new ArrayList<>();
  private String refusing = "";
  private boolean losing;

  @Override
  protected void bindToRegistry(Registry registry) {
    for (String step : STEPS) {
      registry.bind(step, (Processor) exchange -> pass(step, exchange));
    }
    registry.bind("deny", (Processor) exchange -> passed.add("deny"));
    registry.bind("reject", (Processor) exchange -> passed.add("reject"));
    registry.bind("nonces", MemoryIdempotentRepository.memoryIdempotentRepository());
    registry.bind("executionId", ExpressionBuilder.bodyExpression());
    registry.bind("admitted", (Predicate) exchange -> !losing);
  }

  private void pass(String step, Exchange exchange) {
    passed.add(step);
    assertThat(exchange.getMessage().getHeaders()).isEmpty();
    if (step.equals(refusing)) {
      throw Refusal.internalError();
    }
  }

  @Override
  protected CamelContext createCamelContext() throws Exception {
    CamelContext context = super.createCamelContext();
    for (String file : List.of("execute.camel.yaml", "rejections.camel.yaml")) {
      PluginHelper.getRoutesLoader(context)
          .loadRoutes(
              ResourceHelper.resolveResource(context, "file:" + TestService.ROUTES.resolve(file)));
    }
    return context;
  }

  private List<String> send(String nonce) {
    passed.clear();
    template.sendBodyAndHeader("direct:execute", nonce, "CamelHttpUri", "http://evil.example");
    return List.copyOf(passed);
  }

  @Test
  void everyGateInOrderAndADuplicateIsNotDispatched() {
    assertThat(send("n")).isEqualTo(STEPS);
    assertThat(send("n")).containsExactly("parse", "verify", "admit", "await", "answer");
    assertThat(send("other")).isEqualTo(STEPS);
  }

  @Test
  void whoLosesTheReservationIsNotDispatched() {
    losing = true;
    assertThat(send("n")).containsExactly("parse", "verify", "admit", "reserve", "await", "answer");
  }

  @Test
  void aRefusalSkipsEveryGateAfterItAndIsAnswered() {
    for (String step : STEPS) {
      refusing = step;
      List<String> expected = new ArrayList<>(STEPS.subList(0, STEPS.indexOf(step) + 1));
      expected.addAll(List.of("deny", "reject"));
      assertThat(send("refused at " + step)).isEqualTo(expected);
    }
  }
}
