package com.example.orders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application, with an approver of its own. */
class OrdersApplicationTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Path WAREHOUSE = Path.of("warehouse", "orders.txt");

  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Main application = OrdersApplication.application();
  private KeyPair approver;
  private int port;

  @BeforeEach
  void start() throws Exception {
    approver = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Files.deleteIfExists(WAREHOUSE);
    application.addOverrideProperty("camel.server.port", Integer.toString(port));
    application.addOverrideProperty(
        "camel.component.openexec.databaseUrl", "sqlite:///" + directory.resolve("orders.db"));
    application.addOverrideProperty("camel.component.openexec.publicKey", pem());
    application.start();
  }

  @AfterEach
  void stop() {
    application.stop();
  }

  private String pem() {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getEncoder().encodeToString(approver.getPublic().getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  private HttpResponse<String> propose(String payload, String nonce, String artifact)
      throws Exception {
    String body =
        "{\"action\":\"order\",\"payload\":"
            + payload
            + ",\"nonce\":\""
            + nonce
            + "\""
            + (artifact.isEmpty() ? "" : ",\"approval_artifact\":" + artifact)
            + "}";
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/orders"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Signs as ClawShield does. The payload has to be in canonical form. */
  private String approve(String payload) throws Exception {
    String hash =
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256")
                    .digest(
                        ("{\"action\":\"order\",\"payload\":" + payload + "}")
                            .getBytes(StandardCharsets.UTF_8)));
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    String id = UUID.randomUUID().toString();
    Signature signature = Signature.getInstance("Ed25519");
    signature.initSign(approver.getPrivate());
    signature.update(
        (id + "tenant-001" + hash + now + now.plusSeconds(300)).getBytes(StandardCharsets.UTF_8));
    return MAPPER
        .createObjectNode()
        .put("approval_id", id)
        .put("tenant_id", "tenant-001")
        .put("action_hash", hash)
        .put("issued_at", now.toString())
        .put("expires_at", now.plusSeconds(300).toString())
        .put("signature", Base64.getEncoder().encodeToString(signature.sign()))
        .toString();
  }

  @Test
  void ordersOnceWhatWasApproved() throws Exception {
    String payload = "{\"article\":\"A-1\",\"quantity\":2}";
    String artifact = approve(payload);
    HttpResponse<String> first = propose(payload, "order-1", artifact);
    assertEquals(200, first.statusCode(), first.body());
    JsonNode answer = MAPPER.readTree(first.body());
    assertTrue(answer.path("result").path("ordered").asBoolean());
    assertEquals("A-1 2\n", Files.readString(WAREHOUSE));

    HttpResponse<String> again = propose(payload, "order-1", artifact);
    assertEquals(answer, MAPPER.readTree(again.body()));
    assertEquals("true", again.headers().firstValue("Idempotent-Replayed").orElseThrow());
    assertEquals("A-1 2\n", Files.readString(WAREHOUSE), "and not again");

    HttpResponse<String> receipt =
        client.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:"
                            + port
                            + "/orders/receipts/"
                            + answer.path("id").asText()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertEquals(
        answer.path("evidence").asText(),
        MAPPER.readTree(receipt.body()).path("evidence").asText());
  }

  @Test
  void refusesWhatWasNot() throws Exception {
    String payload = "{\"article\":\"A-1\",\"quantity\":2}";
    assertEquals(403, propose(payload, "order-1", "").statusCode());
    assertEquals(
        403,
        propose("{\"article\":\"A-1\",\"quantity\":900}", "order-2", approve(payload))
            .statusCode());
    assertFalse(Files.exists(WAREHOUSE));
  }

  @Test
  void opensNoOtherDoor() {
    int portOfTheService = 5000;
    try (Socket socket = new Socket("127.0.0.1", portOfTheService)) {
      throw new AssertionError("something listens on " + portOfTheService);
    } catch (ConnectException e) {
      // As it should be.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
