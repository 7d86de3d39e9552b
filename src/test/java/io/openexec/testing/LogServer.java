package io.openexec.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.openexec.ledger.Appender;
import io.openexec.ledger.Checkpoint;
import io.openexec.ledger.Hashing;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.NoteSigner;
import io.openexec.ledger.SignedNote;
import io.openexec.ledger.Tile;
import io.openexec.ledger.TileHashes;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TilePath;
import io.openexec.ledger.TileSource;
import io.openexec.ledger.TreeHead;
import io.openexec.signature.SigningKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A log on a real port that can do what an honest one would not: fork, roll back, damage, stall.
 */
public final class LogServer implements AutoCloseable {
  public static final String ORIGIN = "ledger.example/one";

  /** Answers instead of the log. */
  @FunctionalInterface
  public interface Lie {
    /** Returns whether it has answered. */
    boolean answer(HttpExchange exchange, String path) throws IOException;
  }

  /** A tree of leaves, all different, by branches that begin with the same ones. */
  public static final class Tree implements TileSource {
    private record Place(int level, long index) {}

    private final Map<Place, TileHashes> tiles = new HashMap<>();
    private TreeHead head = TreeHead.EMPTY;

    /** Leaves up to {@code common} are the trunk's, those up to {@code size} the branch's. */
    public static Tree of(String branch, int common, int size) {
      Tree tree = new Tree();
      tree.grow("trunk", Math.min(common, size));
      tree.grow(branch, size);
      return tree;
    }

    public static Tree of(int size) {
      return of("trunk", size, size);
    }

    private void grow(String branch, int size) {
      List<NodeHash> leaves = new ArrayList<>();
      for (long i = head.size(); i < size; i++) {
        leaves.add(Hashing.leaf((branch + " " + i).getBytes(UTF_8)));
      }
      Appender.Appended appended = Appender.append(this, head, leaves);
      for (Tile tile : appended.tiles()) {
        tiles.put(new Place(tile.id().level(), tile.id().index()), tile.hashes());
      }
      head = appended.head();
    }

    public TreeHead head() {
      return head;
    }

    @Override
    public Optional<TileHashes> tile(TileId id) {
      return Optional.ofNullable(tiles.get(new Place(id.level(), id.index())))
          .filter(hashes -> hashes.width() >= id.width());
    }

    Optional<byte[]> bytes(TileId id) {
      return tile(id).map(hashes -> hashes.first(id.width()).bytes());
    }

    private boolean isFull(TileId id) {
      return tile(new TileId(id.level(), id.index(), TilePath.FULL)).isPresent();
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final NoteSigner signer = new NoteSigner(ORIGIN, SigningKey.generate());
  private volatile Tree tree = new Tree();
  private volatile byte[] note;
  private volatile Lie lie = (exchange, path) -> false;

  public LogServer() {
    show(tree);
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    server.createContext("/ledger/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/ledger");
  }

  public NoteSigner signer() {
    return signer;
  }

  /** Shows a tree, and a checkpoint of it. */
  public LogServer show(Tree shown) {
    return show(shown, signer.sign(new Checkpoint(ORIGIN, shown.head()).text()));
  }

  public LogServer show(int size) {
    return show(Tree.of(size));
  }

  public LogServer show(Tree shown, SignedNote signed) {
    return show(shown, signed.encode());
  }

  public LogServer show(Tree shown, byte[] checkpoint) {
    tree = shown;
    note = checkpoint;
    return this;
  }

  /** Lets something answer first. */
  public LogServer lying(Lie first) {
    lie = first;
    return this;
  }

  public LogServer honest() {
    return lying((exchange, path) -> false);
  }

  /** What it was asked for. */
  public List<String> asked() {
    return asked;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath().substring("/ledger/".length());
      asked.add(path);
      if (!lie.answer(exchange, path)) {
        Optional<byte[]> content = content(path);
        answer(exchange, content.isPresent() ? 200 : 404, content.orElse(new byte[0]));
      }
    }
  }

  private Optional<byte[]> content(String path) {
    if (path.equals("checkpoint")) {
      return Optional.of(note);
    }
    // As a log may: a partial tile is gone when the full one is there.
    return TilePath.parse(path)
        .filter(TileId.class::isInstance)
        .map(TileId.class::cast)
        .filter(id -> id.width() == TilePath.FULL || !tree.isFull(id))
        .flatMap(tree::bytes);
  }

  public static void answer(HttpExchange exchange, int status, byte[] content) throws IOException {
    exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
    exchange.getResponseBody().write(content);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
