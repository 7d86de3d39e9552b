package io.openexec;

import io.openexec.boundary.ApprovalKeys;
import io.openexec.receipt.ActionHash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import io.openexec.signature.SigningKey;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/** The self-test's approver and client: it knows what the answers have to be. */
final class SelfTestClient {
  static final String TENANT = "self-test";
  static final String PURE = "self-test-pure";
  static final String EFFECTFUL = "self-test-effectful";

  private static final Duration LENGTH = Duration.ofMillis(50);
  private static final int READ_MILLIS = 10_000;
  private static final int LEAST_ROUNDS = 1;

  private final Clock clock;
  private final SigningKey key;

  SelfTestClient(SigningKey key, Clock clock) {
    this.key = key;
    this.clock = clock;
  }

  /** Returns the key that approves in the self-test and nowhere else. */
  ApprovalKeys keys() {
    return ApprovalKeys.of(key.verificationKey());
  }

  /**
   * Sends requests of every kind for a while.
   *
   * @throws IllegalStateException if one is answered otherwise than it has to be
   */
  void run(int port) throws IOException {
    long end = System.nanoTime() + LENGTH.toNanos();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(READ_MILLIS);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      for (int round = 0; round < LEAST_ROUNDS || System.nanoTime() < end; round++) {
        for (String action : List.of(PURE, EFFECTFUL)) {
          String nonce = UUID.randomUUID().toString();
          String body = body(action, nonce, "{\"round\":" + round + ",\"text\":\"\\u00fc\"}", 0);
          expect(200, in, out, body);
          expect(200, in, out, body);
          expect(422, in, out, body(action, nonce, "{\"round\":-1}", 0));
        }
        expect(403, in, out, body(PURE, "forged", "{}", 1));
      }
    }
  }

  /** A request with its approval; of its signature that many bytes are wrong. */
  private String body(String action, String nonce, String payload, int wrong) throws IOException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    String id = UUID.randomUUID().toString();
    String hash = hash(action, payload);
    String issued = now.toString();
    String expires = now.plusSeconds(60).toString();
    byte[] text = (id + TENANT + hash + issued + expires).getBytes(StandardCharsets.UTF_8);
    byte[] signature = key.sign(text);
    signature[0] ^= (byte) wrong;
    return """
        {"action":"%s","nonce":"%s","payload":%s,"approval_artifact":{"approval_id":"%s",\
        "tenant_id":"%s","action_hash":"%s","issued_at":"%s","expires_at":"%s","signature":"%s"}}"""
        .formatted(
            action,
            nonce,
            payload,
            id,
            TENANT,
            hash,
            issued,
            expires,
            Base64.getEncoder().encodeToString(signature));
  }

  private static String hash(String action, String payload) throws IOException {
    try {
      return ActionHash.of(action, JsonValue.parse(payload)).hex();
    } catch (JsonRefused e) {
      throw new IOException(e);
    }
  }

  private static void expect(int status, InputStream in, OutputStream out, String body)
      throws IOException {
    byte[] utf8 = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /execute HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + utf8.length
            + "\r\n\r\n";
    out.write((head + body).getBytes(StandardCharsets.UTF_8));
    out.flush();
    String statusLine = line(in);
    int length = 0;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      if (header.regionMatches(true, 0, "Content-Length:", 0, 15)) {
        length = Integer.parseInt(header.substring(15).strip());
      }
    }
    String answer = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    if (!statusLine.startsWith("HTTP/1.1 " + status + " ")) {
      throw new IllegalStateException(
          "a request that has to be answered " + status + " was answered " + answer);
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new IOException("the server closed the connection");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }
}
