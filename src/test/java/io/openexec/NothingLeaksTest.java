package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.openexec.ledger.BundleId;
import io.openexec.ledger.EntryBundle;
import io.openexec.ledger.TileId;
import io.openexec.receipt.ActionHash;
import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.ReceiptHash;
import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.Requests;
import io.openexec.testing.TestService;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * A passer-by learns nothing: no value of a request, of a result, no nonce, no tenant, and no hash
 * that could be looked up in a dictionary of them, is in a receipt, in the ledger, or in the log.
 */
class NothingLeaksTest {
  private static final String PAYLOAD = "{\"amount\": 4711.25, \"to\": \"Zyxwvut Ltd\"}";
  private static final String NONCE = "invoice-0815-zyx";

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Logger ours = (Logger) LoggerFactory.getLogger("io.openexec");

  @BeforeEach
  void listen() {
    log.start();
    root.addAppender(log);
    ours.setLevel(Level.TRACE);
  }

  @AfterEach
  void stop() {
    root.detachAppender(log);
    ours.setLevel(null);
  }

  @Test
  void neitherInReceiptsNorInTheLedgerNorInTheLog() throws Exception {
    List<String> secrets = new ArrayList<>(List.of("Zyxwvut", "4711.25", NONCE, Approver.TENANT));
    List<String> seen = new ArrayList<>();
    try (TestService service =
        new TestService.Setup(directory)
            .clawshield(approver)
            .tracing("lose", "?raise=java.io.IOException")
            .start()) {
      Requests requests = service.requests();
      List<Reply> replies = new ArrayList<>();
      var artifact = approver.approve("echo", PAYLOAD);
      replies.add(requests.execute("echo", PAYLOAD, NONCE, artifact));
      replies.add(requests.execute("echo", PAYLOAD, NONCE, artifact));
      replies.add(requests.execute("echo", PAYLOAD, NONCE + "2", artifact));
      replies.add(
          requests.execute("lose", PAYLOAD, NONCE + "3", approver.approve("lose", PAYLOAD)));
      replies.add(
          requests.execute("echo", PAYLOAD, NONCE, new Approver().approve("echo", PAYLOAD)));
      assertThat(replies).extracting(Reply::status).containsExactly(200, 200, 403, 409, 403);
      secrets.add(artifact.path("approval_id").asText());
      secrets.add(artifact.path("signature").asText());
      awaitAll(service, 4);
      for (Reply reply : replies) {
        String receipt = requests.get("/receipts/" + reply.id()).text();
        // That id is what was asked for, and says nothing to whom does not have it.
        seen.add(receipt.replaceFirst("\"id\":\"[^\"]*\"", ""));
        seen.add(
            new String(
                Base64.getUrlDecoder()
                    .decode(reply.json().path("evidence").asText().split("\\.", -1)[1]),
                StandardCharsets.UTF_8));
      }
      for (String page :
          List.of("/ledger/checkpoint", "/ledger/key", "/.well-known/jwks.json", "/health")) {
        seen.add(requests.get(page).text());
      }
      seen.addAll(entries(requests));
      seen.add(HexFormat.of().formatHex(bytes(requests, new TileId(0, 0, 4).path())));
    }
    for (ILoggingEvent event : log.list) {
      if (event.getLoggerName().startsWith("io.openexec")) {
        seen.add(event.getFormattedMessage());
        if (event.getThrowableProxy() != null) {
          seen.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
      }
    }
    assertThat(log.list).as("the log was listened to").isNotEmpty();
    for (String secret : secrets(secrets)) {
      assertThat(seen)
          .as(secret)
          .noneMatch(
              text -> text.toLowerCase(Locale.ROOT).contains(secret.toLowerCase(Locale.ROOT)));
    }
  }

  private static void awaitAll(TestService service, int receipts) throws InterruptedException {
    while (!service.requests().get("/ledger/checkpoint").text().contains("\n" + receipts + "\n")) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static byte[] bytes(Requests requests, String path) throws Exception {
    HttpResponse<byte[]> response =
        java.net.http.HttpClient.newHttpClient()
            .send(
                requests.to("/ledger/" + path).GET().build(),
                HttpResponse.BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  /** The entries, as they are and with their payloads decoded. */
  private static List<String> entries(Requests requests) throws Exception {
    List<String> texts = new ArrayList<>();
    for (byte[] entry : EntryBundle.decode(bytes(requests, new BundleId(0, 4).path()), 4)) {
      String jwt = new String(entry, StandardCharsets.US_ASCII);
      texts.add(jwt);
      for (String part : jwt.split("\\.", -1)) {
        texts.add(new String(Base64.getUrlDecoder().decode(part), StandardCharsets.ISO_8859_1));
      }
    }
    return texts;
  }

  /** Each secret, and whatever unsalted hash of it somebody might think of. */
  private static Set<String> secrets(List<String> values) throws Exception {
    Set<String> all = new HashSet<>(values);
    JsonValue payload = JsonValue.parse(PAYLOAD);
    String id = ExecutionId.of(Approver.TENANT, NONCE).toString();
    all.add(id);
    all.add(ExecutionId.of(Approver.TENANT, NONCE + "2").toString());
    all.add(ExecutionId.of(Approver.TENANT, NONCE + "3").toString());
    all.add(ActionHash.of("echo", payload).hex());
    all.add(ReceiptHash.of(id, JsonValue.parse("{\"echo\":" + PAYLOAD + "}")).hex());
    List<String> hashed = new ArrayList<>(values);
    hashed.addAll(List.of(id, "echo", payload.compact(), payload.spaced()));
    hashed.add(JsonValue.parse("{\"echo\":" + PAYLOAD + "}").compact());
    hashed.add(JsonValue.parse("{\"echo\":" + PAYLOAD + "}").spaced());
    hashed.addAll(values.stream().map(value -> '"' + value + '"').toList());
    for (String value : hashed) {
      for (String algorithm : List.of("SHA-256", "SHA-1", "MD5", "SHA-512")) {
        byte[] hash =
            MessageDigest.getInstance(algorithm).digest(value.getBytes(StandardCharsets.UTF_8));
        all.add(HexFormat.of().formatHex(hash));
        all.add(Base64.getEncoder().withoutPadding().encodeToString(hash));
        all.add(Base64.getUrlEncoder().withoutPadding().encodeToString(hash));
      }
    }
    return all;
  }
}
