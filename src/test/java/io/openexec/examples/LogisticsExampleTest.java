package io.openexec.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.openexec.testing.Approver;
import io.openexec.testing.Broker;
import io.openexec.testing.Postgres;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/logistics}, against a real PostgreSQL and a real Artemis. */
class LogisticsExampleTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String ORDERS = "warehouse.orders";
  private static final String ON_HAND = "SELECT sku, on_hand FROM stock ORDER BY sku";
  private static final String SHIPMENTS = "SELECT order_no, sku, quantity, ship_to FROM shipment";

  @TempDir Path directory;
  @TempDir Path brokerDirectory;
  private final Approver approver = new Approver();
  private final TestDatabase stock = Postgres.database();
  private Broker broker;
  private TestService service;

  @BeforeEach
  void start() throws Exception {
    stock.execute(TestService.Setup.schemaOf("logistics"));
    broker = Broker.start(brokerDirectory);
    service =
        new TestService.Setup(directory)
            .clawshield(approver)
            .example("logistics")
            .with("STOCK_URL", stock.url().replace("postgres:postgres@", ""))
            .with("STOCK_USER", "postgres")
            .with("STOCK_PASSWORD", "postgres")
            .with("SHIPPING_URL", broker.url())
            .start();
  }

  @AfterEach
  void stop() {
    service.close();
    broker.close();
  }

  private static String shipment(String order, String sku, int quantity) {
    return "{\"order_no\":\"%s\",\"sku\":\"%s\",\"quantity\":%d,\"ship_to\":\"ADR-7\"}"
        .formatted(order, sku, quantity);
  }

  private Reply ship(String shipment, String nonce) {
    return approved("ship", shipment, nonce);
  }

  private Reply approved(String action, String payload, String nonce) {
    return service.requests().execute(action, payload, nonce, approver.approve(action, payload));
  }

  /** The orders that came, each a plain message. */
  private List<JsonNode> orders() throws Exception {
    List<JsonNode> orders = new ArrayList<>();
    for (Message message : broker.drain(ORDERS)) {
      assertThat(message.getJMSReplyTo()).isNull();
      orders.add(MAPPER.readTree(((TextMessage) message).getText()));
    }
    return orders;
  }

  private static void assertFailed(Reply reply, String reason) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(500);
    assertThat(reply.json().path("state").asText()).isEqualTo("failed");
    assertThat(reply.json().path("reason").asText()).isEqualTo(reason);
  }

  private static void assertUnknown(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(409);
    assertThat(reply.json().path("state").asText()).isEqualTo("unknown");
  }

  @Test
  void anApprovedShipmentTakesStockAndIsOrderedOnceAndItsReplayOrdersNothing() throws Exception {
    String shipment = shipment("SO-1", "PUMP-2", 2);
    Reply first = ship(shipment, "n1");
    Reply replay = ship(shipment, "n1");

    assertThat(first.status()).as(first.text()).isEqualTo(200);
    assertThat(replay.replayed()).isTrue();
    assertThat(replay.text()).isEqualTo(first.text());
    assertThat(stock.rows(ON_HAND)).containsExactly("BOLT-M8|1000", "PUMP-2|1");
    assertThat(stock.rows(SHIPMENTS)).containsExactly("SO-1|PUMP-2|2|ADR-7");
    assertThat(orders()).containsExactly(first.json().path("result"));
    assertThat(first.json().path("result")).isEqualTo(MAPPER.readTree(shipment));
  }

  @Test
  void whatIsNotApprovedOrNotAShipmentTakesAndOrdersNothing() throws Exception {
    String shipment = shipment("SO-2", "PUMP-2", 1);
    Requests requests = service.requests();
    assertThat(requests.execute("ship", shipment, "n").code()).isEqualTo("approval_missing");
    assertThat(
            requests
                .execute(
                    "ship", shipment("SO-2", "PUMP-2", 3), "n", approver.approve("ship", shipment))
                .code())
        .isEqualTo("action_hash_mismatch");
    for (String refused :
        List.of(
            shipment("SO-2", "PUMP-2", 0),
            shipment("SO-2", "PUMP-2", -1),
            shipment("SO-2\\\",\\\"sku\\\":\\\"BOLT-M8", "PUMP-2", 1),
            shipment("SO-2\\n", "PUMP-2", 1),
            shipment.replace("}", ",\"JMSReplyTo\":\"elsewhere\"}"))) {
      assertThat(ship(refused, "n").status()).as(refused).isEqualTo(400);
    }
    assertUntouched();
    // And the nonce is still good.
    assertThat(ship(shipment, "n").status()).isEqualTo(200);
    assertThat(orders()).hasSize(1);
  }

  @Test
  void whatIsNotInStockIsADefiniteFailureAndNothingIsOrdered() throws Exception {
    assertFailed(ship(shipment("SO-3", "PUMP-2", 4), "n1"), "insufficient_stock");
    assertFailed(ship(shipment("SO-3", "NO-SUCH", 1), "n2"), "unknown_sku");
    assertUntouched();
    assertThat(ship(shipment("SO-3", "PUMP-2", 3), "n3").status()).isEqualTo(200);
    assertFailed(ship(shipment("SO-3", "BOLT-M8", 1), "n4"), "duplicate_order");
    assertThat(stock.rows(ON_HAND)).containsExactly("BOLT-M8|1000", "PUMP-2|0");
    assertThat(orders()).hasSize(1);
  }

  private void assertUntouched() throws Exception {
    assertThat(stock.rows(ON_HAND)).containsExactly("BOLT-M8|1000", "PUMP-2|3");
    assertThat(stock.rows(SHIPMENTS)).isEmpty();
    assertThat(orders()).isEmpty();
  }

  @Test
  void fiftyAtOnceTwiceEachAreOneOrderEach() throws Exception {
    List<CompletableFuture<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      int number = i % 50;
      String shipment = shipment("SO-" + number, "BOLT-M8", 30);
      replies.add(
          service
              .requests()
              .executeAsync(
                  Requests.body(
                      "ship", shipment, "n" + number, approver.approve("ship", shipment))));
    }
    List<Reply> done = replies.stream().map(CompletableFuture::join).toList();
    // There is stock for thirty-three; who came second is answered what the first was.
    assertThat(done)
        .allMatch(
            reply ->
                reply.status() == 200
                    || reply.json().path("reason").asText().equals("insufficient_stock"));
    List<String> shipped =
        IntStream.range(0, 50)
            .filter(i -> done.get(i).status() == 200)
            .mapToObj(i -> "SO-" + i)
            .toList();
    assertThat(shipped).hasSize(33);
    assertThat(orders())
        .extracting(order -> order.path("order_no").asText())
        .containsExactlyInAnyOrderElementsOf(shipped);
    assertThat(stock.rows("SELECT order_no FROM shipment"))
        .containsExactlyInAnyOrderElementsOf(shipped);
    assertThat(stock.rows(ON_HAND)).containsExactly("BOLT-M8|10", "PUMP-2|3");
  }

  @Test
  void aBrokerThatIsAwayLeavesItUnknownAndNothingIsOrderedByItself() throws Exception {
    broker.stop();
    String shipment = shipment("SO-4", "PUMP-2", 1);
    assertUnknown(ship(shipment, "n"));
    assertThat(stock.rows(SHIPMENTS)).containsExactly("SO-4|PUMP-2|1|ADR-7");
    assertFailed(approved("resend", "{\"order_no\":\"SO-4\"}", "r1"), "broker_away");
    broker.restart();

    // It is back, and the nonce still orders nothing, however often it is asked.
    assertUnknown(ship(shipment, "n"));
    assertUnknown(ship(shipment, "n"));
    assertFailed(ship(shipment, "another"), "duplicate_order");
    assertThat(orders()).isEmpty();
    assertThat(stock.rows(ON_HAND)).containsExactly("BOLT-M8|1000", "PUMP-2|2");

    // What was promised is ordered by an approval of its own, once, and takes no stock.
    Reply resent = approved("resend", "{\"order_no\":\"SO-4\"}", "r2");
    assertThat(resent.status()).as(resent.text()).isEqualTo(200);
    assertThat(approved("resend", "{\"order_no\":\"SO-4\"}", "r2").replayed()).isTrue();
    assertFailed(approved("resend", "{\"order_no\":\"SO-5\"}", "r3"), "unknown_order");
    assertThat(orders()).containsExactly(MAPPER.readTree(shipment));
    assertThat(stock.rows(ON_HAND)).containsExactly("BOLT-M8|1000", "PUMP-2|2");
    assertThat(ship(shipment("SO-6", "PUMP-2", 1), "n6").status()).isEqualTo(200);
  }

  @Test
  void aQueueThatTakesNothingLeavesItUnknown() throws Exception {
    broker.refuse(ORDERS);
    assertUnknown(ship(shipment("SO-7", "PUMP-2", 1), "n"));
    assertThat(stock.rows(SHIPMENTS)).containsExactly("SO-7|PUMP-2|1|ADR-7");
  }
}
