package io.openexec.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands in for a chain's node, and is none: it takes any transaction, once, and its hashes are
 * SHA-256. Each of its answers says so. It speaks enough JSON-RPC for {@code examples/chain}, and
 * needs nothing but the JDK:
 *
 * <pre>java src/test/java/io/openexec/testing/StandInNode.java 8545</pre>
 */
public final class StandInNode implements AutoCloseable {
  private static final String SAYS_SO = "\"standIn\":\"no node: hashes are SHA-256\"";
  private static final Pattern SUBMISSION =
      Pattern.compile(
          "\"method\":\\s*\"eth_sendRawTransaction\",\\s*\"params\":\\s*\\[\"(0x[^\"]*)\"]");
  private static final Pattern QUESTION =
      Pattern.compile(
          "\"method\":\\s*\"eth_getTransactionByHash\",\\s*\"params\":\\s*\\[\"(0x[^\"]*)\"]");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> accepted = new CopyOnWriteArrayList<>();
  private final List<String> authorizations = new CopyOnWriteArrayList<>();
  private final AtomicReference<String> error = new AtomicReference<>();
  private volatile boolean losing;

  public StandInNode() throws IOException {
    this(0);
  }

  private StandInNode(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  public static void main(String[] arguments) throws IOException {
    StandInNode node = new StandInNode(Integer.parseInt(arguments[0]));
    System.out.println("a stand-in for a node, and none, at http://127.0.0.1:" + node.port());
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** From now on it accepts transactions, and closes the connection instead of answering. */
  public void loseAnswers(boolean lose) {
    losing = lose;
  }

  /** Refuses the next transaction with an error. */
  public void refuseNext(int code, String message) {
    error.set("{\"code\":" + code + ",\"message\":\"" + message + "\"}");
  }

  /** The bodies that came in. */
  public List<String> requests() {
    return requests;
  }

  /** The transactions that it took. */
  public List<String> accepted() {
    return accepted;
  }

  /** What the requests logged in with. */
  public List<String> authorizations() {
    return authorizations;
  }

  public static String hash(String transaction) {
    try {
      byte[] bytes = HexFormat.of().parseHex(transaction, 2, transaction.length());
      return "0x" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private void answer(HttpExchange http) throws IOException {
    String request = new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.add(request);
    authorizations.add(String.valueOf(http.getRequestHeaders().getFirst("Authorization")));
    String outcome = outcome(request);
    if (losing) {
      http.close();
      return;
    }
    byte[] body =
        ("{\"jsonrpc\":\"2.0\",\"id\":1," + outcome + "," + SAYS_SO + "}")
            .getBytes(StandardCharsets.UTF_8);
    http.getResponseHeaders().set("Content-Type", "application/json");
    http.sendResponseHeaders(200, body.length);
    http.getResponseBody().write(body);
    http.close();
  }

  private synchronized String outcome(String request) {
    Matcher submission = SUBMISSION.matcher(request);
    if (!submission.find()) {
      return known(request);
    }
    String refused = error.getAndSet(null);
    if (refused != null) {
      return "\"error\":" + refused;
    }
    String transaction = submission.group(1);
    if (accepted.contains(transaction)) {
      return "\"error\":{\"code\":-32000,\"message\":\"already known\"}";
    }
    accepted.add(transaction);
    return "\"result\":\"" + hash(transaction) + "\"";
  }

  private String known(String request) {
    Matcher question = QUESTION.matcher(request);
    if (!question.find()) {
      return "\"error\":{\"code\":-32601,\"message\":\"a stand-in knows no such method\"}";
    }
    String hash = question.group(1);
    return accepted.stream().anyMatch(transaction -> hash(transaction).equals(hash))
        ? "\"result\":{\"hash\":\"" + hash + "\"}"
        : "\"result\":null";
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
